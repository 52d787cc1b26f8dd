/**
 * Kept cell: what is remembered of a cell that is no match, so that a report shows both sides without asking the
 * historian again. Bounded by whoever makes it; as JSON in the store.
 */
import type { DifferenceClass } from '../domain/verdict.ts'

export interface KeptCell {
  /** Time of the first and the last sample that differs, RFC 3339. */
  readonly first?: string
  readonly last?: string
  /** Largest difference of two values of one time, in the tag's units. */
  readonly maxDeviation?: number
  /** Ascending by time. */
  readonly differences: readonly KeptDifference[]
  readonly differencesLeftOut: number
  readonly historian: KeptTrend
  readonly log: KeptTrend
}

export interface KeptDifference {
  readonly class: DifferenceClass
  readonly historian?: KeptSample
  readonly log?: KeptSample
}

export interface KeptSample {
  readonly ts: string
  readonly ord: number
  readonly type: string
  /** As in a record's `value`; hostile text. */
  readonly value: unknown
  readonly status: number
  readonly flags: readonly string[]
}

/** Numbers over time, of one side. */
export interface KeptTrend {
  /** Seconds since 1970, ascending. */
  readonly at: readonly number[]
  /** `null`: no number at that time. */
  readonly values: readonly (number | null)[]
  readonly leftOut: number
}
