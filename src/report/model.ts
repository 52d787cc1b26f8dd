/**
 * ParityReport: everything a parity report says, as one JSON value, version 1. Table, CSV and HTML are drawn from it and
 * from nothing else, so what a manager reads and what a program checks cannot differ. Additive changes only; readers
 * ignore fields they do not know.
 *
 * Times are RFC 3339, UTC, seven fraction digits. Counts of verdicts are counts of cells and always add up. Texts that
 * came from a historian (names, states, units) are hostile: whoever shows them escapes them.
 */
import type { ClassCounts, InconclusiveReason, PendingReason, Verdict, VerdictCounts } from '../domain/verdict.ts'

export const REPORT_SCHEMA_VERSION = 1

export interface ParityReport {
  readonly schemaVersion: typeof REPORT_SCHEMA_VERSION
  readonly kind: 'parity'
  readonly bridge: string
  /** Version of Banyan that made it. */
  readonly version: string
  readonly generatedAt: string
  /** When the cells called match, explained, waived or mismatch were compared; undefined: none was. */
  readonly compared: { readonly earliest: string; readonly latest: string } | undefined
  readonly scope: ReportScope
  /** What was drawn and what that says; undefined for a census. */
  readonly sample: SampleEvidence | undefined
  readonly totals: ReportTotals
  /** Samples by class, over all cells called mismatch. */
  readonly classes: ClassCounts
  /** Probable causes of the mismatches, most cells first. */
  readonly causes: readonly CauseSummary[]
  /** What was explained, by rule, most cells first. */
  readonly explained: readonly ExplainedSummary[]
  /** Cells by reason; reasons without any are left out. */
  readonly inconclusive: Readonly<Partial<Record<InconclusiveReason, number>>>
  readonly pending: Readonly<Partial<Record<PendingReason, number>>>
  readonly waterfall: readonly WaterfallStep[]
  readonly spend: Spend
  readonly tiers: readonly TierCapability[]
  /** Columns of the heat map; the rows are in `tags`. */
  readonly heat: HeatScale
  /** Ascending by id. */
  readonly tags: readonly TagParity[]
  /** Cells called mismatch or inconclusive with samples of both sides, worst first; bounded, see `doubtfulLeftOut`. */
  readonly doubtful: readonly DoubtfulCell[]
  readonly doubtfulLeftOut: number
  readonly repairPlan: RepairPlan
  /** What could still be wrong although everything looked at is green: plain sentences for the manager. */
  readonly limits: readonly string[]
}

export interface ReportScope {
  readonly workload: string | undefined
  /** Masks or names asked for; empty: all tags. */
  readonly tags: readonly string[]
  readonly from: string
  /** Exclusive. */
  readonly until: string
  readonly cellSeconds: number
  readonly policy: 'census' | 'sample'
  /** Changes when the rules of comparison change, which voids earlier verdicts. */
  readonly rules: string
}

/** Counts of cells. `drawn` is the sum of `equal`, `different` and `open`. */
export interface SampleEvidence {
  /** One cell of so many neighbours of a tag is drawn. */
  readonly every: number
  /** With it anybody draws the same cells again. */
  readonly seed: number
  /** Copied and settled: those the sample speaks for. */
  readonly windows: number
  readonly drawn: number
  readonly equal: number
  /** Different or waived now, or found different by this sample before they were mended. */
  readonly different: number
  /** Not looked at, or without a result; they count as different. */
  readonly open: number
  /** With which `rate` holds, e.g. 0.95. */
  readonly certainty: number
  /** Upper bound of the share of `windows` that differ, 0 to 1 exclusive; undefined: too little was looked at to tell. */
  readonly rate: number | undefined
  /** The bound that was asked for. */
  readonly maxRate: number
}

export interface ReportTotals {
  readonly tags: number
  readonly cells: number
  readonly verdicts: VerdictCounts
  /** Tags by their worst verdict. */
  readonly tagsByWorst: VerdictCounts
  /** Samples in the cells called match or explained. */
  readonly samplesProven: number
  /** Samples the log has in scope. */
  readonly samplesInLog: number
}

export interface CauseSummary {
  /** Stable name, e.g. `whole-hour-shift`. */
  readonly cause: string
  /** What it means and what to do, one or two sentences. */
  readonly text: string
  readonly cells: number
  readonly tags: number
}

export interface ExplainedSummary {
  /** Stable name of the rule, e.g. `compression`. */
  readonly rule: string
  readonly text: string
  readonly cells: number
  readonly samples: number
}

/** Expected, copied, settled, compared, proven: each a subset of the one before. */
export interface WaterfallStep {
  readonly step: 'expected' | 'copied' | 'settled' | 'compared' | 'proven'
  readonly cells: number
}

/** What looking cost the historian. */
export interface Spend {
  readonly requests: number
  readonly rows: number
  readonly seconds: number
  /** The ceiling it was held to. */
  readonly requestsPerSecondCap: number | undefined
}

/** Which faults a tier sees; generated by the mutation suite. */
export interface TierCapability {
  readonly tier: string
  readonly text: string
  readonly sees: readonly string[]
  readonly cannotSee: readonly string[]
}

export interface HeatScale {
  readonly from: string
  readonly columnSeconds: number
  readonly columns: number
}

export interface TagParity {
  readonly id: string
  readonly name: string
  readonly units: string
  readonly type: string
  readonly verdicts: VerdictCounts
  readonly worst: Verdict | undefined
  readonly classes: ClassCounts
  /** Probable cause of its mismatches; undefined when there are none, or they look like nothing known. */
  readonly cause: string | undefined
  /**
   * One letter per column of the heat map, the worst verdict in it: m match, e explained, w waived, x mismatch,
   * i inconclusive, p pending, a dot where the tag has no cell. Runs are written as `<count><letter>`, e.g. `24m1x3m`.
   */
  readonly heat: string
}

export interface DoubtfulCell {
  readonly tag: string
  readonly name: string
  readonly from: string
  readonly until: string
  readonly verdict: Verdict
  readonly reason: InconclusiveReason | undefined
  readonly classes: ClassCounts
  /** Time of the first and the last sample that differs. */
  readonly first: string | undefined
  readonly last: string | undefined
  /** Largest difference of two values of one time, in the tag's units; undefined when none differs in number. */
  readonly maxDeviation: number | undefined
  readonly cause: string | undefined
  /** Differences, ascending by time; bounded. */
  readonly differences: readonly ReportedDifference[]
  readonly differencesLeftOut: number
  /** Samples around the differences for the trend; bounded; `null` values are gaps. */
  readonly historian: TrendSeries
  readonly log: TrendSeries
}

export interface ReportedDifference {
  readonly class: keyof ClassCounts
  readonly historian: ReportedSample | undefined
  readonly log: ReportedSample | undefined
}

export interface ReportedSample {
  readonly ts: string
  readonly ord: number
  readonly type: string
  /** As in a record's `value`. */
  readonly value: unknown
  readonly status: number
  readonly flags: readonly string[]
}

export interface TrendSeries {
  /** Seconds since 1970, ascending. */
  readonly at: readonly number[]
  readonly values: readonly (number | null)[]
  readonly leftOut: number
}

/** Windows to replay, as `banyan repair --plan` takes them. */
export interface RepairPlan {
  readonly schemaVersion: 1
  readonly bridge: string
  readonly windows: readonly {
    readonly tag: string
    readonly from: string
    readonly until: string
  }[]
}
