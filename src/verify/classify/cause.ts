/**
 * Cause: what probably made the samples of one cell differ, told from the pattern of all its differences. A hint for
 * whoever looks, never part of a verdict; undefined where no rule fits. Each rule asks that its pattern covers the whole
 * cell, so that two causes in one cell are none.
 */
import type { Cause, CauseName } from './cause-names.ts'
import type { CellFacts } from './cell-facts.ts'
import { areLate, areStatesLost, isEdited, isPageEdge, isSegmentDoubled } from './run-causes.ts'
import { isHourShift, isMillisecondTruncation, isTimeGrid } from './time-causes.ts'
import { isFloatWidening, isStale, unitRelation } from './value-causes.ts'

/** Those that rest on a proof first, then by how much of a coincidence it would take. */
const RULES: readonly (readonly [CauseName, (facts: CellFacts) => boolean])[] = [
  ['edited-in-historian', isEdited],
  ['whole-hour-shift', isHourShift],
  ['millisecond-truncation', isMillisecondTruncation],
  ['time-grid', isTimeGrid],
  ['float-widening', isFloatWidening],
  ['lost-states', areStatesLost],
  ['duplicated-segment', isSegmentDoubled],
  ['page-edge', isPageEdge],
  ['stale-series', isStale],
  ['late-samples', areLate],
]

export function causeOfCell(facts: CellFacts): Cause | undefined {
  if (facts.found.length === 0) return undefined
  const named = RULES.find(([, fits]) => fits(facts))
  if (named !== undefined) return { cause: named[0] }
  const relation = unitRelation(facts)
  return relation === undefined ? undefined : { cause: 'unit-factor', detail: relation }
}
