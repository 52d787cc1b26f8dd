/**
 * Mismatch watch: which tags a person is to be told of, once each. Where sweeps repair, most differences are corrections
 * that are about to be written: such a tag is told only when it has differed for a while.
 */
import type { TagId } from '../domain/tag-id.ts'

/** A few runs of a frequent sweep. */
export const REPAIR_GRACE_MS = 60 * 60_000

export class MismatchWatch {
  readonly #graceMs: number
  /** Since when each tag has differed, and whether that was told. */
  readonly #differing = new Map<TagId, { readonly sinceMs: number; isTold: boolean }>()

  /** `graceMs`: how long a difference may stand untold. */
  constructor(graceMs: number) {
    this.#graceMs = graceMs
  }

  /**
   * Given all tags that differ as of now, those to be told. One that is equal again and differs anew is told anew; of the
   * `doubtful` it is not known whether they are equal again.
   */
  toTell<T extends { readonly tag: TagId }>(differing: readonly T[], doubtful: ReadonlySet<TagId>, nowMs: number): T[] {
    const tags = new Set(differing.map(({ tag }) => tag))
    for (const tag of this.#differing.keys()) {
      if (!tags.has(tag) && !doubtful.has(tag)) this.#differing.delete(tag)
    }
    return differing.filter(({ tag }) => {
      const known = this.#differing.get(tag) ?? { sinceMs: nowMs, isTold: false }
      this.#differing.set(tag, known)
      if (known.isTold || nowMs - known.sinceMs < this.#graceMs) return false
      known.isTold = true
      return true
    })
  }
}
