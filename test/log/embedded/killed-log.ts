/** What the process of `append-until-killed` appends, for itself and for the test that looks at what is left. */
import type { TagId } from '../../../src/domain/tag-id.ts'
import type { AmendEntry, AppendEntry } from '../../../src/log/log.ts'
import { amendEntry, edited, secondsEntry, tagNamed } from '../build-samples.ts'

export const WINDOW_SECONDS = 200
export const KILLED_TAGS = [1, 2, 3, 4, 5].map(tagNamed)

/** The amendment that follows the n-th window of a tag. */
export function amendmentOf(tag: TagId, n: number): AmendEntry {
  return amendEntry(tag, n, [edited(n * WINDOW_SECONDS), edited(n * WINDOW_SECONDS + 1)])
}

/** Everything a tag's log holds after so many windows and amendments, in order. */
export function entriesOf(tag: TagId, windows: number, amendments: number): AppendEntry[] {
  const entries: AppendEntry[] = []
  for (let n = 0; n < windows; n++) {
    entries.push(secondsEntry(tag, n * WINDOW_SECONDS, (n + 1) * WINDOW_SECONDS))
    if (n < amendments) entries.push(amendmentOf(tag, n))
  }
  return entries
}
