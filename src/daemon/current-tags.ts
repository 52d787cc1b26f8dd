/**
 * Current tags: what is selected of one historian, as it is now. A tag about which nothing changed stays the same object,
 * so whoever works on one tells by that whether it still means what it did.
 */
import { isDeepStrictEqual } from 'node:util'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'

export class CurrentTags {
  #tags: ReadonlyMap<TagId, Tag> = new Map()

  set(tags: readonly Tag[]): void {
    const known = this.#tags
    this.#tags = new Map(
      tags.map((tag) => {
        const before = known.get(tag.id)
        return [tag.id, isDeepStrictEqual(before, tag) && before !== undefined ? before : tag]
      }),
    )
  }

  /** Undefined: it is selected no more. */
  get(id: TagId): Tag | undefined {
    return this.#tags.get(id)
  }

  all(): Tag[] {
    return [...this.#tags.values()]
  }
}
