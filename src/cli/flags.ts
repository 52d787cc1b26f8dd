/** What flags become: their types, and how their texts are parsed. A text that makes no sense is a usage error. */
import { InvalidArgumentError } from 'commander'
import type { BackfillOrder } from '../config/config.ts'
import { parseDuration, parseTime, TIME_FORMS } from '../config/scalars.ts'
import { BRIDGE_ACTOR } from '../cutover/events.ts'
import { personOf } from '../cutover/person.ts'
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

/** What `verify` and `report` have in common. */
export interface ParityFlags {
  readonly tag?: readonly string[]
  readonly historian?: string
  readonly from?: Ticks
  readonly until?: Ticks
}

export interface VerifyFlags extends ParityFlags {
  readonly depth?: 'projection' | 'log'
}

export const REPORT_FORMATS = ['table', 'json', 'csv', 'html', 'plan'] as const
export type ReportFormat = (typeof REPORT_FORMATS)[number]

export interface ReportFlags extends ParityFlags {
  readonly format?: ReportFormat
  readonly differences?: boolean
  /** File to write. */
  readonly output?: string
}

export interface RepairFlags {
  /** File with the plan. */
  readonly plan: string
  readonly dryRun?: boolean
  readonly acceptDeletions?: boolean
}

/** Who decides, and why. */
export interface DecisionFlags {
  /** Default: the system's name of the user. */
  readonly actor?: string
  readonly reason?: string
}

/** Of a decision that moves consumers. */
export interface MoveFlags extends DecisionFlags {
  /** The name of the workload once more. */
  readonly confirm?: string
  readonly dryRun?: boolean
}

/** Of a decision about one workload, or about all. */
export interface OverlayFlags extends DecisionFlags {
  readonly all?: boolean
}

export interface ApproveFlags extends DecisionFlags {
  readonly manifest: string
}

export interface WaiveFlags extends DecisionFlags {
  readonly reason: string
  readonly tag: string
  readonly from: Ticks
  readonly until: Ticks
  readonly expires: Ticks
}

export interface LiftFlags extends DecisionFlags {
  readonly reason: string
}

export interface ExportFlags {
  /** Number of the event. */
  readonly event?: number
  /** Folder to write. */
  readonly output: string
}

/** A place in an audit chain. */
export interface LinkFlag {
  readonly seq: number
  readonly hash: string
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

export function parseEventNumber(text: string): number {
  return parseWhole(text, 1, Number.MAX_SAFE_INTEGER)
}

/** The bridge signs what it does by itself; nobody else does in its name. */
export function parseActor(text: string): string {
  const person = personOf(text)
  if (person === '' || person === BRIDGE_ACTOR) throw new InvalidArgumentError('It must be the name of a person.')
  return text.trim()
}

export function parseReason(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must say why.')
  return text.trim()
}

const SHA256 = /^[0-9a-f]{64}$/

export function parseHash(text: string): string {
  const hash = text.toLowerCase()
  if (!SHA256.test(hash)) throw new InvalidArgumentError('It must be a whole hash: 64 hex digits.')
  return hash
}

/** `<number>:<hash>`. */
export function parseLink(text: string): LinkFlag {
  const [seq = '', hash = '', ...more] = text.split(':')
  if (more.length > 0) throw new InvalidArgumentError('It must be the number of an event, a colon, and its hash.')
  return { seq: parseEventNumber(seq), hash: parseHash(hash) }
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
