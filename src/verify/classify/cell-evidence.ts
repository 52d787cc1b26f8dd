/** CellEvidence: what is kept of a differing cell, without its rows, to find causes that show across cells and tags. */
import { addDigests, EMPTY_DIGEST, hashSample, type Digest } from '../../domain/digest.ts'
import type { Sample } from '../../domain/sample.ts'
import type { TagId } from '../../domain/tag-id.ts'
import type { Ticks } from '../../domain/ticks.ts'
import type { CellFacts } from './cell-facts.ts'
import type { Cause } from './cause-names.ts'

export interface CellEvidence {
  readonly tag: TagId
  /** Start of the cell. */
  readonly from: Ticks
  readonly cause: Cause | undefined
  /** Digests with times counted from the cell's start: equal for the same samples in another cell or of another tag. */
  readonly historian: Digest
  readonly log: Digest
  /** True when the log lacks nothing but the oldest samples of the cell, or all of them. */
  readonly lacksOldest: boolean
}

export function evidenceOf(tag: TagId, from: Ticks, facts: CellFacts, cause: Cause | undefined): CellEvidence {
  return {
    tag,
    from,
    cause,
    historian: digestFrom(from, facts.historian),
    log: digestFrom(from, facts.log),
    lacksOldest: lacksOldest(facts),
  }
}

function digestFrom(start: Ticks, samples: readonly Sample[]): Digest {
  return samples.reduce(
    (sum, sample) =>
      addDigests(sum, { count: 1, sum: hashSample({ ...sample, ticks: (sample.ticks - start) as Ticks }) }),
    EMPTY_DIGEST,
  )
}

function lacksOldest({ found, log }: CellFacts): boolean {
  const newest = found.at(-1)?.historian?.ticks
  const oldest = log[0]?.ticks
  if (newest === undefined || found.some((one) => one.class !== 'MISSING')) return false
  return oldest === undefined || newest <= oldest
}
