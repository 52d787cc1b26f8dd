/**
 * Count: the historian's own count of the events in windows.
 *
 * What nobody could confirm, so that a count is a hint and never proof: whether bad events are counted, whether a real
 * server applies the basis to each interval as it does to one, and whether a boundary that is not a whole second finds
 * its place among events on the historian's time grid.
 */
import type { Tag } from '../../domain/tag.ts'
import type { Window } from '../../domain/window.ts'
import { summariseIntervals, type SummaryParts, type SummaryValue } from './interval-summary.ts'

/** In the order of `windows`; undefined where the historian cannot tell. */
export async function countWindows(
  parts: SummaryParts,
  tag: Tag,
  windows: readonly Window[],
  signal: AbortSignal,
): Promise<(number | undefined)[]> {
  const summaries = await summariseIntervals(parts, tag, windows, ['Count'], signal)
  return summaries.map((summary) => countOf(summary.get('Count')))
}

/** Undefined for whatever is no number of events. */
export function countOf(summary: SummaryValue | undefined): number | undefined {
  const count = summary?.Good === true ? summary.Value : undefined
  return Number.isSafeInteger(count) && (count as number) >= 0 ? (count as number) : undefined
}
