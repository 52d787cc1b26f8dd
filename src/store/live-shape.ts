/**
 * The shape of a LiveStatus read back from JSON: every member is there and of its kind, so that whoever renders one
 * needs no doubts. The compiler keeps the lists below complete and right: a member added to the type is missing here.
 */
import type { VerdictCounts } from '../domain/verdict.ts'
import { PHASES, type Phase, type Side } from '../domain/workload.ts'
import {
  DEGRADATIONS,
  READINESS_REASONS,
  type Degradation,
  type DegradationReason,
  type LagSummary,
  type LiveDifferences,
  type LiveFailure,
  type LiveFallback,
  type LiveGovernor,
  type LiveHistorian,
  type LiveMismatch,
  type LiveParity,
  type LiveSchedule,
  type LiveStatus,
  type LiveTag,
  type LiveVerified,
  type LiveWorkload,
  type ReadinessProblem,
  type ReadinessReason,
  type Revisions,
} from '../telemetry/live-status.ts'

type Check<T> = (value: unknown) => value is T

const text: Check<string> = (value) => typeof value === 'string'
const flag: Check<boolean> = (value) => typeof value === 'boolean'
const number: Check<number> = (value) => typeof value === 'number'
const reason: Check<ReadinessReason> = (value): value is ReadinessReason =>
  READINESS_REASONS.some((known) => known === value)

/** JSON leaves out what is undefined. */
function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value) => value === undefined || check(value)
}

function list<T>(check: Check<T>): Check<readonly T[]> {
  return (value) => Array.isArray(value) && value.every((item) => check(item))
}

function record<T extends object>(members: { readonly [K in keyof T]-?: Check<T[K]> }): Check<T> {
  const checks = Object.entries<Check<unknown>>(members)
  return (value): value is T =>
    typeof value === 'object' &&
    value !== null &&
    checks.every(([name, check]) => check((value as Readonly<Record<string, unknown>>)[name]))
}

const degradation: Check<DegradationReason> = (value): value is DegradationReason =>
  DEGRADATIONS.some((known) => known === value)
const phase: Check<Phase> = (value): value is Phase => PHASES.some((known) => known === value)
const side: Check<Side> = (value) => value === 'historian' || value === 'log'
const source: Check<LiveHistorian['source']> = (value) => value === 'pi-web-api' || value === 'opcua'

const problem = record<ReadinessProblem>({ reason, subject: text, detail: text })

const failure = record<LiveFailure>({
  tag: text,
  name: text,
  code: text,
  message: text,
  sinceMs: number,
  retryAtMs: number,
})

const parity = record<LiveParity>({
  atMs: number,
  tags: number,
  verdicts: record<VerdictCounts>({
    match: number,
    explained: number,
    waived: number,
    mismatch: number,
    inconclusive: number,
    pending: number,
  }),
  mismatchedCount: number,
  mismatched: list(record<LiveMismatch>({ tag: text, name: text, cells: number })),
  oldestMs: optional(number),
})

const governor = record<LiveGovernor>({
  concurrency: number,
  concurrencyCap: number,
  inFlight: number,
  waiting: number,
  requests: number,
  throttled: number,
  failed: number,
  heldBy: list(text),
})

const fallback = record<LiveFallback>({
  tags: number,
  seams: number,
  differences: record<LiveDifferences>({
    windows: number,
    onlyPrimary: number,
    onlyFallback: number,
    value: number,
    quality: number,
    unread: number,
  }),
  governor,
})

const historian = record<LiveHistorian>({
  name: text,
  source,
  fallback: optional(fallback),
  up: flag,
  serverTime: optional(text),
  clockOffsetMs: optional(number),
  tags: number,
  failingCount: number,
  failing: list(failure),
  catchingUp: number,
  rounds: number,
  lastRoundMs: optional(number),
  samples: number,
  lag: optional(record<LagSummary>({ medianMs: number, p99Ms: number, maxMs: number })),
  worst: list(record<LiveTag>({ tag: text, name: text, lagMs: number, freshnessMs: optional(number) })),
  revisions: record<Revisions>({ late: number, edited: number, deleted: number }),
  sweptCells: number,
  parity: optional(parity),
  verified: record<LiveVerified>({
    cells: number,
    samples: number,
    requests: number,
    auditedCells: number,
    shortCells: number,
    summarisedCells: number,
    summaryNotices: number,
  }),
  governor,
  hints: optional(number),
  lastError: optional(record<NonNullable<LiveHistorian['lastError']>>({ code: text, message: text, atMs: number })),
})

const schedule = record<LiveSchedule>({
  name: text,
  running: flag,
  nextAtMs: optional(number),
  lastEndedAtMs: optional(number),
  lastOutcome: optional(text),
  skipped: number,
  failed: number,
})

const workload = record<LiveWorkload>({
  name: text,
  phase,
  serve: side,
  percent: number,
  frozen: flag,
  quarantined: flag,
  unpublished: number,
})

export const isLiveStatus: Check<LiveStatus> = record<LiveStatus>({
  bridge: text,
  version: text,
  epoch: number,
  pid: number,
  startedAtMs: number,
  atMs: number,
  problems: list(problem),
  degraded: list(record<Degradation>({ reason: degradation, subject: text, detail: text })),
  historians: list(historian),
  sweeps: list(schedule),
  workloads: list(workload),
  lastReload: optional(record<NonNullable<LiveStatus['lastReload']>>({ atMs: number, outcome: text })),
})
