/**
 * Chunks: takes the tags of a comparison in the order of their ids, as many at a time as are read together and are about
 * a minute of reading. The order within a chunk is what makes a comparison sound, whether it ends in a correction or in
 * a verdict:
 *
 *   note what is known of each tag; fold the log, which then holds all of that; compare what was covered with the
 *   historian; act only on what is still as it was noted.
 */
import type { TagId } from '../domain/tag-id.ts'
import type { CellTable } from '../store/cells.ts'
import type { Noted } from './compare.ts'

/** Tags of a chunk: enough to fill coalesced calls. */
export const CHUNK_TAGS = 200
/** Samples of a chunk, about a minute of reading: what an interrupted run reads again at most, but for one tag. */
const CHUNK_ROWS = 2_000_000

export interface ChunkParts {
  readonly cells: CellTable
  /** What there is to compare of the tags; resolves once the log is folded that far. Tags with nothing are left out. */
  readonly note: (tags: readonly TagId[]) => Promise<readonly Noted[]>
  /** Asked before each chunk; undefined: to the end. */
  readonly goesOn?: () => boolean
  readonly settle: (noted: readonly Noted[]) => Promise<void>
  /** All tags up to and including this one are settled. */
  readonly onDone: (throughTag: TagId) => void
}

/** `tags` ascending. */
export async function inChunks(tags: readonly TagId[], parts: ChunkParts): Promise<void> {
  const { cells, goesOn, note, settle, onDone } = parts
  for (let at = 0; at < tags.length && goesOn?.() !== false;) {
    const asked = tags.slice(at, at + CHUNK_TAGS)
    const noted = await note(asked)
    const taken = prefixOf(noted, cells)
    await settle(taken)
    const next = noted[taken.length]
    at += next === undefined ? asked.length : asked.indexOf(next.tag.id)
    const last = tags[at - 1]
    if (last !== undefined) onDone(last)
  }
}

/** Samples the log has in the windows, or a few more. */
export function countExpected({ tag, windows }: Noted, cells: CellTable): number {
  return windows.reduce((sum, window) => sum + cells.countSamples(tag.id, window), 0)
}

export function ascending(tags: Iterable<TagId>): TagId[] {
  return [...tags].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

/** At least one; those after it while they are one chunk. */
function prefixOf(noted: readonly Noted[], cells: CellTable): readonly Noted[] {
  let rows = 0
  const end = noted.findIndex((one, i) => {
    rows += countExpected(one, cells)
    return i > 0 && rows > CHUNK_ROWS
  })
  return end === -1 ? noted : noted.slice(0, end)
}
