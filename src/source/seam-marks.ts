/**
 * SeamMarks: sees to it that everything the fallback serves is remembered before it is passed on, until it was compared
 * with the primary.
 *
 * What is remembered is wider than what was served: an overlap on both sides, rounded outwards, so that a tag that is
 * followed is written down every few minutes and not with every page. Comparing more than was served costs a little
 * reading; comparing less would leave a seam unseen.
 */
import { addWindow, covers, NOTHING_COVERED, type Coverage } from '../domain/coverage.ts'
import type { TagId } from '../domain/tag-id.ts'
import { parseTicks, ticks, TICKS_PER_MS, TICKS_PER_SECOND } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'

/** Writes per tag stay a few an hour; what is compared in vain stays below the look-back of any sweep. */
const GRAIN = 600n * TICKS_PER_SECOND
/** More scattered than that, what is recorded of a tag is forgotten here but for the last, and recorded again. */
const WINDOWS_PER_TAG = 8
/** Below all history; a multiple of the grain. */
const BEGINNING = parseTicks('0001-01-01T00:00:00Z')

/** Durable when it resolves; rejects when it cannot be made so. */
export type SeamRecord = (tag: TagId, window: Window) => Promise<void>

export class SeamMarks {
  readonly #record: SeamRecord
  readonly #overlap: bigint
  /** What was recorded and not forgotten: need not be recorded again. */
  readonly #recorded = new Map<TagId, Coverage>()
  /** How often something was. */
  #forgotten = 0

  /** `overlapMs`: how far beyond what was served, on both sides. */
  constructor(record: SeamRecord, overlapMs: number) {
    this.#record = record
    this.#overlap = BigInt(overlapMs) * TICKS_PER_MS
  }

  /** To be awaited before anything of the window is passed on. */
  async served(tag: TagId, window: Window): Promise<void> {
    const from = window.from - this.#overlap
    const widened = {
      from: ticks(from > BEGINNING ? from : BEGINNING),
      until: ticks(window.until + this.#overlap),
    }
    if (covers(this.#recorded.get(tag) ?? NOTHING_COVERED, widened)) return
    const seam = { from: ticks(down(widened.from)), until: ticks(down(widened.until) + GRAIN) }
    const forgotten = this.#forgotten
    await this.#record(tag, seam)
    // Forgotten meanwhile: it may be what is compared now.
    if (forgotten !== this.#forgotten) return
    const recorded = addWindow(this.#recorded.get(tag) ?? NOTHING_COVERED, seam)
    this.#recorded.set(tag, recorded.length > WINDOWS_PER_TAG ? [seam] : recorded)
  }

  /** From now on everything served of the tag is recorded anew: what was recorded is about to be compared. */
  forget(tag: TagId): void {
    this.#forgotten += 1
    this.#recorded.delete(tag)
  }
}

function down(at: bigint): bigint {
  const rest = at % GRAIN
  return rest < 0n ? at - rest - GRAIN : at - rest
}
