/** CellFacts: what the causes of a cell's differences are judged by. */
import type { Digest } from '../../domain/digest.ts'
import type { Sample } from '../../domain/sample.ts'
import type { Ticks } from '../../domain/ticks.ts'
import type { DifferenceClass } from '../../domain/verdict.ts'
import type { Difference } from './differences.ts'

export interface CellFacts {
  /** What the historian holds: ascending, within a tick in archive order. */
  readonly historian: readonly Sample[]
  /** The log's current samples, in the same order. */
  readonly log: readonly Sample[]
  /** All differences between the two. */
  readonly found: readonly Difference[]
  /** Rows per page of the reads that may have lost some, as configured and as the server is known to cap them. */
  readonly pageSizes: readonly number[]
  /** End of what was compared of the tag; undefined when it is not near the historian's present. */
  readonly edge: Ticks | undefined
  /** What the historian held when the cell was last found equal; undefined: it never was. */
  readonly lastEqual: Digest | undefined
}

/** True when there are at least `least` differences, all of these classes. */
export function areAll({ found }: CellFacts, classes: readonly DifferenceClass[], least: number): boolean {
  return found.length >= least && found.every((one) => classes.includes(one.class))
}

/** A difference with a sample on both sides. */
export interface SamplePair {
  readonly historian: Sample
  readonly log: Sample
}

export function pairsOf({ found }: CellFacts): SamplePair[] {
  return found.flatMap(({ historian, log }) => (historian && log ? [{ historian, log }] : []))
}
