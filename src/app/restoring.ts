/**
 * Restoring: how a repair writes where the log has lost samples. A sample brought back was acknowledged when it was
 * first written; counted a second time, the log would hold fewer samples than are acknowledged for ever, and would be
 * refused by everything that writes. So late samples count as restored until the loss of their tag is made up for:
 * which of them were lost does not matter to the count. Beside that it counts what the repair settles of a log that was
 * written twice.
 */
import type { TagId } from '../domain/tag-id.ts'
import type { AmendEntry, TagProgress } from '../log/log.ts'
import type { Amender } from '../verify/amender.ts'

export class Restoring implements Amender {
  readonly #amender: Amender
  /** Samples acknowledged and not in the log, by tag. */
  readonly #lost: Map<TagId, number>
  #restored = 0
  #settled = 0

  constructor(amender: Amender, lost: ReadonlyMap<TagId, number>) {
    this.#amender = amender
    this.#lost = new Map(lost)
  }

  /** Samples brought back. */
  get restored(): number {
    return this.#restored
  }

  /** Samples that stood in the log more than once, and count once again. */
  get settled(): number {
    return this.#settled
  }

  progressOf(tag: TagId): TagProgress | undefined {
    return this.#amender.progressOf(tag)
  }

  async amend(entry: AmendEntry, signal: AbortSignal): Promise<void> {
    const late = entry.corrections.filter(({ rev }) => rev === 0).length
    const restored = Math.min(late, this.#lost.get(entry.tag) ?? 0)
    await this.#amender.amend(restored === 0 ? entry : { ...entry, restored }, signal)
    this.#lost.set(entry.tag, (this.#lost.get(entry.tag) ?? 0) - restored)
    this.#restored += restored
    this.#settled += entry.corrections.filter(({ copies }) => copies !== undefined).length
  }
}

/** By tag, how many of the samples that were acknowledged the log was not found to hold. */
export function lostSamples(
  folded: ReadonlyMap<TagId, number>,
  tags: readonly TagId[],
  acknowledged: (tag: TagId) => number,
): Map<TagId, number> {
  return new Map(
    tags.flatMap((tag) => {
      const lost = acknowledged(tag) - (folded.get(tag) ?? 0)
      return lost > 0 ? [[tag, lost] as const] : []
    }),
  )
}
