/**
 * isReadModified: the rows a raw read of a strict server keeps back, those that are not the newest at their time.
 *
 * The historian's model keeps no replaced or deleted values, so these are all there is to tell.
 */
import { UNSPECIFIED_TIME, type RawRead } from './history-page.ts'
import type { UaRow, UaSeries } from './row.ts'

/** Newest first when `end` is before `start`; at most `count` (0: all) and without continuation point. */
export function supersededRows(series: UaSeries, { start, end, count }: RawRead): UaRow[] {
  const reverse = end < start && end !== UNSPECIFIED_TIME
  const low = series.lowerBound(reverse ? end + 1n : start)
  const high = end === UNSPECIFIED_TIME ? series.length : series.lowerBound(reverse ? start + 1n : end)
  const rows: UaRow[] = []
  for (let index = low; index < high; index++) {
    const hasNewer = index + 1 < series.length && series.ticksAt(index + 1) === series.ticksAt(index)
    if (hasNewer) rows.push(series.rowAt(index))
  }
  if (reverse) rows.reverse()
  return count === 0 ? rows : rows.slice(0, count)
}
