/**
 * PageTiers: how large the tail's pages are, and how many of a size are read at once.
 *
 * Most tags bring a handful of samples or none: thousands of them are asked for at once with small pages, which the
 * adapter packs into few calls. A tag that does not fit goes on in the next tier, with larger pages and fewer lanes. So
 * whatever the mix, what is in memory stays below `TIER_ROWS` samples in the small tiers, and a few full pages.
 */
import PQueue from 'p-queue'

/** Samples in memory per tier when all its pages come back full; as many as a historian may have in flight. */
const TIER_ROWS = 200_000
const SMALL_PAGES = [100, 1_000]

export interface Tier {
  /** Samples per page. */
  readonly pageSize: number
  readonly lanes: PQueue
  /** Undefined in the last, in which a tag stays until its window is read. */
  readonly next: Tier | undefined
}

export class PageTiers {
  readonly #first: Tier

  /** `pageSize`: samples per full page; `lanes`: of them at once. */
  constructor(pageSize: number, lanes: number) {
    const full: Tier = { pageSize, lanes: new PQueue({ concurrency: lanes }), next: undefined }
    this.#first = SMALL_PAGES.filter((rows) => rows < pageSize).reduceRight<Tier>(
      (next, rows) => ({ pageSize: rows, lanes: new PQueue({ concurrency: TIER_ROWS / rows }), next }),
      full,
    )
  }

  /** The smallest pages that are likely to hold twice as much as is expected. */
  startFor(expectedSamples: number): Tier {
    let tier = this.#first
    while (tier.next !== undefined && tier.pageSize < 2 * expectedSamples) tier = tier.next
    return tier
  }
}
