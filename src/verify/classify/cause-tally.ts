/**
 * CauseTally: causes by tag and over all tags, from differing cells that stream by. Keeps a bounded number of cells of
 * each tag, and no rows.
 *
 * Three causes show only across cells: `tag-swap`, `whole-hour-shift` where the cells are no longer than the shift, and
 * `truncated-history`. A tag that has one of them has it as a whole; otherwise each cell counts with its own cause.
 */
import type { TagId } from '../../domain/tag-id.ts'
import type { Ticks } from '../../domain/ticks.ts'
import { describeCause, type Cause, type CauseName } from './cause-names.ts'
import type { CellEvidence } from './cell-evidence.ts'
import { findShift, findSwaps } from './cause-patterns.ts'

/** Cells kept of each tag: enough to see a pattern, and 5,000 tags stay below 100 MB. */
const CELLS_KEPT = 64
/** A single cell without its oldest samples may have lost them anyhow. */
const LEAST_TRUNCATED = 2

/** Cells and tags by cause, most cells first. */
export interface TalliedCause {
  readonly cause: CauseName
  readonly text: string
  readonly cells: number
  readonly tags: number
}

interface TagEvidence {
  cells: number
  /** Cells that lack nothing but their oldest samples. */
  lackingOldest: number
  /** Start of the newest cell. */
  newest: Ticks
  /** Cells by cause; with a detail while all have the same. */
  readonly byCause: Map<CauseName, { cause: Cause; cells: number }>
  /** The first ones, by start. */
  readonly kept: Map<Ticks, CellEvidence>
}

export class CauseTally {
  readonly #tags = new Map<TagId, TagEvidence>()
  readonly #oldestInLog: (tag: TagId) => Ticks | undefined
  #patterns: ReadonlyMap<TagId, Cause> | undefined

  /** `oldestInLog`: time of the oldest sample the log has of the tag, or the start of its cell; undefined: none. */
  constructor(oldestInLog: (tag: TagId) => Ticks | undefined) {
    this.#oldestInLog = oldestInLog
  }

  /** Each differing cell once. */
  add(evidence: CellEvidence): void {
    const { tag, from, cause } = evidence
    const known: TagEvidence = this.#tags.get(tag) ?? {
      cells: 0,
      lackingOldest: 0,
      newest: from,
      byCause: new Map(),
      kept: new Map(),
    }
    this.#tags.set(tag, known)
    this.#patterns = undefined
    known.cells += 1
    if (evidence.lacksOldest) known.lackingOldest += 1
    if (from > known.newest) known.newest = from
    if (cause !== undefined) {
      const ofCause = known.byCause.get(cause.cause)
      if (ofCause === undefined) known.byCause.set(cause.cause, { cause, cells: 1 })
      else {
        ofCause.cells += 1
        if (ofCause.cause.detail !== cause.detail) ofCause.cause = { cause: cause.cause }
      }
    }
    if (known.kept.size < CELLS_KEPT) known.kept.set(from, evidence)
  }

  /** What made most of the tag's differing cells; undefined when nothing known did. */
  causeOf(tag: TagId): Cause | undefined {
    const known = this.#tags.get(tag)
    const pattern = this.#allPatterns().get(tag)
    if (known === undefined || pattern !== undefined) return pattern
    return [...known.byCause.values()].find(({ cells }) => cells * 2 > known.cells)?.cause
  }

  causes(): TalliedCause[] {
    const tallied = new Map<CauseName, { text: string; cells: number; tags: number }>()
    const count = (cause: Cause, cells: number): void => {
      const one = tallied.get(cause.cause)
      if (one === undefined) tallied.set(cause.cause, { text: describeCause(cause), cells, tags: 1 })
      else {
        one.cells += cells
        one.tags += 1
        // A detail that is not everybody's is nobody's.
        if (one.text !== describeCause(cause)) one.text = describeCause({ cause: cause.cause })
      }
    }
    const patterns = this.#allPatterns()
    for (const [tag, { cells, byCause }] of this.#tags) {
      const pattern = patterns.get(tag)
      if (pattern !== undefined) count(pattern, cells)
      else for (const one of byCause.values()) count(one.cause, one.cells)
    }
    return [...tallied].map(([cause, one]) => ({ cause, ...one })).sort((a, b) => b.cells - a.cells)
  }

  #allPatterns(): ReadonlyMap<TagId, Cause> {
    if (this.#patterns !== undefined) return this.#patterns
    const patterns = findSwaps(new Map([...this.#tags].map(([tag, { kept }]) => [tag, kept])))
    for (const [tag, known] of this.#tags) {
      const cause = patterns.get(tag) ?? findShift(known.kept) ?? this.#truncationOf(tag, known)
      if (cause !== undefined) patterns.set(tag, cause)
    }
    this.#patterns = patterns
    return patterns
  }

  /** Two cells or more, all of them at or before the oldest sample of the log, and lacking nothing newer than it. */
  #truncationOf(tag: TagId, { cells, lackingOldest, newest }: TagEvidence): Cause | undefined {
    const oldest = this.#oldestInLog(tag)
    const isTruncated = cells >= LEAST_TRUNCATED && lackingOldest === cells && oldest !== undefined && newest <= oldest
    return isTruncated ? { cause: 'truncated-history' } : undefined
  }
}
