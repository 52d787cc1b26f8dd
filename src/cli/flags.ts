/** What flags become: their types, and how their texts are parsed. A text that makes no sense is a usage error. */
import { InvalidArgumentError } from 'commander'
import type { BackfillOrder } from '../config/config.ts'
import { parseDuration, parseTime, TIME_FORMS } from '../config/scalars.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { ScenarioName } from '../simulator/scenarios/named.ts'

/** What `plan` and `backfill` have in common. */
export interface RangeFlags {
  readonly tag?: readonly string[]
  readonly from?: Ticks
  readonly until?: Ticks
  readonly order?: BackfillOrder
}

export interface BackfillFlags extends RangeFlags {
  readonly job?: number
  readonly detach?: boolean
}

export interface SyncFlags {
  readonly once?: boolean
  readonly lookBack?: number
  readonly acceptDeletions?: boolean
}

export interface LogReadFlags {
  readonly tag?: string
  readonly from?: Ticks
  readonly until?: Ticks
  readonly records?: boolean
}

export interface SimulateFlags {
  readonly port: number
  readonly scenario: ScenarioName
  readonly opcua?: boolean
}

export function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value]
}

export function parseTimeFlag(text: string): Ticks {
  const at = parseTime(text)
  if (at === undefined) throw new InvalidArgumentError(`It must be a time such as ${TIME_FORMS}.`)
  return at
}

/** In milliseconds. */
export function parseDurationFlag(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined || ms <= 0) throw new InvalidArgumentError('It must be a duration such as 15m, 24h or 30d.')
  return ms
}

export function parseJobId(text: string): number {
  return parseWhole(text, 1, Number.MAX_SAFE_INTEGER)
}

const MAX_PORT = 65_535

export function parsePort(text: string): number {
  return parseWhole(text, 0, MAX_PORT)
}

function parseWhole(text: string, min: number, max: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN
  if (value >= min && value <= max) return value
  throw new InvalidArgumentError(`It must be a whole number from ${String(min)} to ${String(max)}.`)
}
