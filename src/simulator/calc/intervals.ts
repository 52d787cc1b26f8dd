/** The intervals a summary is calculated over, and which events at their edges belong to them. */
import type { Series } from '../series.ts'
import { addTimeSpan, isEmptySpan, isNegativeSpan, type TimeSpan } from '../time-span.ts'
import { firstAfter } from './bounds.ts'
import { CalculationRefused } from './calculated.ts'

export interface Interval {
  readonly from: bigint
  readonly until: bigint
}

export type EventBasis =
  | 'EventWeighted'
  | 'EventWeightedExcludeMostRecentEvent'
  | 'EventWeightedExcludeEarliestEvent'
  | 'EventWeightedIncludeBothEnds'

/** Ascending; the last is cut at the latest time. Without a duration the whole range. */
export function splitRange(
  earliest: bigint,
  latest: bigint,
  duration: TimeSpan | undefined,
  timeZone: string | undefined,
  maxIntervals: number,
): Interval[] {
  if (duration === undefined) return [{ from: earliest, until: latest }]
  if (isEmptySpan(duration) || isNegativeSpan(duration)) {
    throw new CalculationRefused(400, "Parameter 'summaryDuration' must be a positive time interval.")
  }
  const intervals: Interval[] = []
  let from = earliest
  for (let count = 1; from < latest; count++) {
    if (count > maxIntervals) {
      throw new CalculationRefused(
        400,
        `The number of summary intervals is greater than the maximum allowed (${maxIntervals}).`,
      )
    }
    const next = addTimeSpan(earliest, duration, timeZone, count)
    intervals.push({ from, until: next < latest ? next : latest })
    from = next
  }
  return intervals
}

/**
 * Indices `[first, stop)` of the events that belong to an interval. Plain EventWeighted takes both edges of a single
 * interval, the start of each of several ascending ones, and the end of each of several descending ones.
 */
export function eventsOf(
  series: Series,
  { from, until }: Interval,
  basis: EventBasis,
  several: boolean,
  descending: boolean,
): { first: number; stop: number } {
  const both = basis === 'EventWeightedIncludeBothEnds' || (basis === 'EventWeighted' && !several)
  const withStart =
    both || basis === 'EventWeightedExcludeMostRecentEvent' || (basis === 'EventWeighted' && !descending)
  const withEnd = both || !withStart
  const first = withStart ? series.lowerBound(from) : firstAfter(series, from)
  const stop = withEnd ? firstAfter(series, until) : series.lowerBound(until)
  return { first, stop: Math.max(first, stop) }
}
