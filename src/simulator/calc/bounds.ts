/** Index searches every calculation starts with. */
import type { Series } from '../series.ts'

/** Index of the last event before `at`; -1 when there is none. */
export function lastBefore(series: Series, at: bigint): number {
  return series.lowerBound(at) - 1
}

/** Index of the last event at or before `at` (of several at one tick the last); -1 when there is none. */
export function lastAtOrBefore(series: Series, at: bigint): number {
  return series.lowerBound(at + 1n) - 1
}

/** Index of the first event after `at`; `length` when there is none. */
export function firstAfter(series: Series, at: bigint): number {
  return series.lowerBound(at + 1n)
}
