/** One line on what came of comparing the two sources of a historian where one had stood in for the other. */
import type { DifferenceTotals } from '../store/source-differences.ts'
import { formatCount, plural } from '../util/format.ts'

/** The log is not what differs: it was corrected by PI. */
export function describeDifferenceTotals(totals: DifferenceTotals): string {
  const { windows, unread, onlyPrimary, onlyFallback, value, quality } = totals
  const counts = [
    `${formatCount(onlyPrimary)} only in PI`,
    `${formatCount(onlyFallback)} only in OPC UA`,
    `${formatCount(value)} with another value`,
    `${formatCount(quality)} with another quality`,
  ]
  const differing = windows - unread
  const parts = [
    ...(differing === 0 ? [] : [`PI and OPC UA differ: ${counts.join(', ')}, in ${plural(differing, 'window')}`]),
    ...(unread === 0 ? [] : [`${plural(unread, 'window')} could not be compared any more`]),
  ]
  return `Where OPC UA stood in for PI: ${parts.length === 0 ? 'the same times, values and severities' : parts.join('; ')}`
}
