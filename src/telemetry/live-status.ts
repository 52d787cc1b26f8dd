/**
 * LiveStatus: what a running daemon knows about itself, as one value. `status`, `/api/status`, `/readyz` and the metrics
 * are all drawn from it, so they cannot contradict each other. Plain JSON: times in milliseconds since 1970 where the
 * name ends in `Ms`, source times as UTC text with seven fraction digits.
 */
import type { VerdictCounts } from '../domain/verdict.ts'
import type { Phase, Side } from '../domain/workload.ts'

/** Why the bridge is not ready, each documented in docs/operating.md. */
export const READINESS_REASONS = [
  /** The first round of a historian has not ended yet. */
  'starting',
  /** A historian does not answer, or refuses the credentials. */
  'historian-down',
  /** A historian's clock jumped; its tail waits until the new time has proved steady. */
  'historian-clock',
  /** Most tags of a historian cannot be read, although it answers. */
  'tags-failing',
  /** The log takes no appends. */
  'log-down',
  /** The store cannot be written. */
  'store-down',
  /** A signal asked the daemon to stop. */
  'draining',
] as const
export type ReadinessReason = (typeof READINESS_REASONS)[number]

/** What is not as it should be although everything works: the bridge is ready, and somebody should look. */
export const DEGRADATIONS = [
  /** A historian, or some of its tags, is read through its fallback. */
  'on-fallback',
  /** The kill switch is on: every consumer is told to read the historian. */
  'kill-switch',
  /** Decisions of cutover cannot be made, told or judged right now. */
  'cutover-failing',
] as const
export type DegradationReason = (typeof DEGRADATIONS)[number]

export interface Degradation {
  readonly reason: DegradationReason
  /** What it concerns, e.g. the historian's name. */
  readonly subject: string
  readonly detail: string
}

export interface ReadinessProblem {
  readonly reason: ReadinessReason
  /** What it concerns, e.g. the historian's name; empty for the bridge as a whole. */
  readonly subject: string
  readonly detail: string
}

export interface LiveStatus {
  readonly bridge: string
  readonly version: string
  /** Epoch of the lease it runs under. */
  readonly epoch: number
  readonly pid: number
  readonly startedAtMs: number
  /** When this was written. */
  readonly atMs: number
  /** Empty: ready. */
  readonly problems: readonly ReadinessProblem[]
  readonly degraded: readonly Degradation[]
  readonly historians: readonly LiveHistorian[]
  readonly sweeps: readonly LiveSchedule[]
  /** As the chain of decisions says, some hundred milliseconds old; empty while it cannot be read. */
  readonly workloads: readonly LiveWorkload[]
  /** Refused or applied by the last SIGHUP; undefined when there was none. */
  readonly lastReload: { readonly atMs: number; readonly outcome: string } | undefined
}

export interface LiveHistorian {
  readonly name: string
  /** Which of its sources is read now; single tags may be read through the other. */
  readonly source: 'pi-web-api' | 'opcua'
  /** Undefined where nothing stands in for the one it is read through. */
  readonly fallback: LiveFallback | undefined
  /** Answered its last probe. */
  readonly up: boolean
  /** The historian's clock at the last probe; undefined before it. */
  readonly serverTime: string | undefined
  readonly clockOffsetMs: number | undefined
  readonly tags: number
  /** Tags read for nothing since their last success; the first of them are named. */
  readonly failingCount: number
  readonly failing: readonly LiveFailure[]
  /** Tags with gaps still to be caught up. */
  readonly catchingUp: number
  readonly rounds: number
  /** How long the last one took; undefined before it ended. */
  readonly lastRoundMs: number | undefined
  /** Appended by the tail since the start. */
  readonly samples: number
  /** Historian's clock minus what is covered, over all tags; undefined before the first round. */
  readonly lag: LagSummary | undefined
  /** The tags furthest behind, worst first. */
  readonly worst: readonly LiveTag[]
  readonly revisions: Revisions
  readonly sweptCells: number
  /** What is known of the equality of historian and log; undefined before the first survey. */
  readonly parity: LiveParity | undefined
  readonly verified: LiveVerified
  readonly governor: LiveGovernor
  /** Hints received since the start; undefined where the historian offers none. */
  readonly hints: number | undefined
  readonly lastError: { readonly code: string; readonly message: string; readonly atMs: number } | undefined
}

export interface LiveFallback {
  /** Tags read through it now. */
  readonly tags: number
  /** Tags with stretches that it served and that were not compared with PI yet. */
  readonly seams: number
  readonly differences: LiveDifferences
  readonly governor: LiveGovernor
}

/** What came of comparing the two sources where one had stood in for the other: samples, but for the first and the last. */
export interface LiveDifferences {
  /** Stretches that differ. */
  readonly windows: number
  readonly onlyPrimary: number
  readonly onlyFallback: number
  /** In both, with other values. */
  readonly value: number
  /** In both, with another severity. */
  readonly quality: number
  /** Stretches that could not be compared any more. */
  readonly unread: number
}

export interface LagSummary {
  readonly medianMs: number
  readonly p99Ms: number
  readonly maxMs: number
}

export interface LiveFailure {
  readonly tag: string
  readonly name: string
  readonly code: string
  readonly message: string
  readonly sinceMs: number
  readonly retryAtMs: number
}

export interface LiveTag {
  readonly tag: string
  readonly name: string
  readonly lagMs: number
  /** Historian's clock minus the newest sample seen; undefined when none was seen. */
  readonly freshnessMs: number | undefined
}

export interface Revisions {
  readonly late: number
  readonly edited: number
  readonly deleted: number
}

/** As of one survey of all that is expected. */
export interface LiveParity {
  readonly atMs: number
  /** Tags of which something is expected. */
  readonly tags: number
  /** Cells; they add up to those expected. */
  readonly verdicts: VerdictCounts
  /** Tags with a mismatch; the first of them are named. */
  readonly mismatchedCount: number
  readonly mismatched: readonly LiveMismatch[]
  /** When the oldest comparison that still stands was made; undefined: none stands. */
  readonly oldestMs: number | undefined
}

export interface LiveMismatch {
  readonly tag: string
  readonly name: string
  /** Called mismatch. */
  readonly cells: number
}

/** By the continuous verification, since the start. */
export interface LiveVerified {
  /** Compared with the historian; looking again counts again. */
  readonly cells: number
  /** Read from the historian for that. */
  readonly samples: number
  readonly requests: number
  /** Cells whose records were read again from the log. */
  readonly auditedCells: number
  /** Of them, those of which the log did not show what was folded from it. */
  readonly shortCells: number
  /** Cells the historian gave its own summary of; asking again counts again. */
  readonly summarisedCells: number
  /** Of them, those with another summary than before, which are compared again. */
  readonly summaryNotices: number
}

export interface LiveGovernor {
  readonly concurrency: number
  readonly concurrencyCap: number
  readonly inFlight: number
  readonly waiting: number
  readonly requests: number
  readonly throttled: number
  readonly failed: number
  readonly heldBy: readonly string[]
}

export interface LiveWorkload {
  readonly name: string
  readonly phase: Phase
  readonly serve: Side
  /** Share of the consumers served from the log. */
  readonly percent: number
  readonly frozen: boolean
  readonly quarantined: boolean
  /** Decisions the log was not told of yet. */
  readonly unpublished: number
}

export interface LiveSchedule {
  readonly name: string
  readonly running: boolean
  readonly nextAtMs: number | undefined
  readonly lastEndedAtMs: number | undefined
  readonly lastOutcome: string | undefined
  /** Due times it did not start at. */
  readonly skipped: number
  /** Runs that ended with an error. */
  readonly failed: number
}
