/** Cell: a tag's samples of one aligned UTC window, the unit of comparison. All cells of a bridge have one width. */
import type { Ticks } from './ticks.ts'

/** Start of the aligned window of `width` ticks that holds `at`. */
export function cellStart(at: Ticks, width: bigint): Ticks {
  const rest = at % width
  return (rest < 0n ? at - rest - width : at - rest) as Ticks
}
