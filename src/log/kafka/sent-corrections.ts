/**
 * SentCorrections: what this process sent as amendments without transactions, and was not told is durable.
 *
 * A sample whose checkpoint is missing shows by lying outside the coverage. A correction always lies inside, so the log
 * alone cannot tell whether one belongs to an append that is going to be repeated; the process that sent it can. After
 * a restart nobody repeats it: corrections are then computed anew, from what the log holds.
 */
import type { TagId } from '../../domain/tag-id.ts'
import type { AmendEntry, TagProgress } from '../log.ts'

export class SentCorrections {
  /** By record text: the entry it belongs to. */
  readonly #open = new Map<string, Pick<AmendEntry, 'tag' | 'after'>>()

  /** To be called before the record is sent. */
  sending(text: string, { tag, after }: AmendEntry): void {
    this.#open.set(text, { tag, after })
  }

  /** May the record be in the log without the checkpoint of its amendment? */
  has(text: string): boolean {
    return this.#open.has(text)
  }

  /** Forgets what the durable progress of the tags includes. */
  settle(tags: ReadonlyMap<TagId, TagProgress>): void {
    for (const [text, { tag, after }] of this.#open) {
      if ((tags.get(tag)?.amendments ?? 0) > after) this.#open.delete(text)
    }
  }
}
