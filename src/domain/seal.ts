/**
 * Seal: which cells of a tag's expected window may be judged at all. A cell is judged as far as it is expected; it is
 * sealed once all of that is copied and settled. The part of an edge cell outside the expected window asks for nothing.
 */
import { cellsTouched, outwards } from './cell.ts'
import { gapsWithin, without, type Coverage } from './coverage.ts'
import type { Ticks } from './ticks.ts'
import type { Window } from './window.ts'

/** Whole cells, each list ascending and disjoint; `sealed`, `unsettled` and `uncovered` tile `cells`. */
export interface Seal {
  /** The cells the expected window touches. */
  readonly cells: Window
  readonly sealed: Coverage
  /** Samples may still arrive by normal means. */
  readonly unsettled: Coverage
  /** Settled, and not all copied. */
  readonly uncovered: Coverage
  /** Not all copied, settled or not. */
  readonly incomplete: Coverage
}

/** `settled`: exclusive end of what is settled; undefined for a tag with future data, which never settles otherwise. */
export function sealOf(expected: Window, covered: Coverage, settled: Ticks | undefined, width: bigint): Seal {
  const cells = outwards(expected, width)
  const { from, until } = expected
  const open = settled === undefined || settled >= until ? [] : [{ from: settled < from ? from : settled, until }]
  const unsettled = cellsTouched(open, width)
  const incomplete = cellsTouched(gapsWithin(covered, expected), width)
  const uncovered = without(incomplete, unsettled)
  return { cells, sealed: without(without([cells], unsettled), uncovered), unsettled, uncovered, incomplete }
}
