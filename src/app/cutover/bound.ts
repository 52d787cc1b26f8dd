/** Bound: what is known of the rate of wrong cells. Pure. */
import type { CellSum } from '../../cutover/cell-tally.ts'
import type { BoundEvidence } from '../../cutover/manifest.ts'

/**
 * Every cell is compared, none is drawn: where each has a verdict that rests on both sides, the rate of the wrong ones
 * is known, and there is nothing left to be unsure of. Where one has not, which ones are left is no accident, and no
 * bound holds for them: null.
 */
export function boundOf({ cells, verdicts: { mismatch, pending, inconclusive } }: CellSum): BoundEvidence | null {
  if (cells === 0 || pending + inconclusive > 0) return null
  return { upperRate: mismatch / cells, cells, confidence: 1 }
}
