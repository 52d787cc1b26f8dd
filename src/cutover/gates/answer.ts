/** What a gate is asked with, and how it answers. */
import { plural } from '../../util/format.ts'
import type { Target } from '../events.ts'
import type { GateName, GateResult } from '../gate.ts'
import type { EvidenceManifest } from '../manifest.ts'
import type { GatePolicy } from '../policy.ts'

export interface GateQuestion {
  readonly target: Target
  readonly policy: GatePolicy
  readonly manifest: EvidenceManifest
  /** When it is asked: UTC text, and milliseconds since 1970. */
  readonly now: string
  readonly nowMs: number
}

export type Gate = (question: GateQuestion) => GateResult

interface Findings {
  /** What speaks against the move. */
  readonly against?: Iterable<string>
  /** What was not measured, or cannot be told. */
  readonly unknown?: Iterable<string>
  /** What a pass rests on. */
  readonly basis: string
}

/** Reasons end up in the chain: a gate that has something to say of every consumer says it of a few. */
const REASONS_MAX = 10
/** Names in it may be long; what is recorded must be readable again. */
const REASON_LENGTH_MAX = 500

/** One finding against it fails a gate, whatever else is unknown. Everything that does not pass is told. */
export function answer(gate: GateName, { against = [], unknown = [], basis }: Findings): GateResult {
  const failures = [...against]
  const open = [...unknown]
  if (failures.length + open.length === 0) return { gate, outcome: 'pass', reasons: [basis] }
  return { gate, outcome: failures.length > 0 ? 'fail' : 'unknown', reasons: few([...failures, ...open]) }
}

function few(reasons: readonly string[]): readonly string[] {
  const rest = reasons.length - REASONS_MAX
  const told = reasons.slice(0, REASONS_MAX).map((reason) => reason.slice(0, REASON_LENGTH_MAX))
  return rest > 0 ? [...told, `and ${plural(rest, 'more reason')}`] : told
}

const SECOND_MS = 1_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** `7 days`, `23.5 hours`, `90 seconds`: one number, rounded against the move. */
export function formatAge(ms: number): string {
  if (ms >= 2 * DAY_MS) return `${tenths(ms / DAY_MS)} days`
  if (ms >= 2 * HOUR_MS) return `${tenths(ms / HOUR_MS)} hours`
  return `${tenths(ms / SECOND_MS)} seconds`
}

function tenths(value: number): number {
  return Math.floor(value * 10) / 10
}
