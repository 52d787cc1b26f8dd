/** What is marked as doubtful: of each tag of a historian that has marks. */
import type { DirtyTag } from '../../src/store/dirty.ts'
import type { Store } from '../../src/store/store.ts'

export function markedTags({ dirty }: Store, historian: string): DirtyTag[] {
  return [...dirty.tags(historian)].map((tag) => dirty.get(tag)!)
}
