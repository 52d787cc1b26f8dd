/**
 * Count first: asks the historian how many samples some cells hold, by its own cheap summary, to know where to look
 * first. What was inserted into a dense tag is then corrected minutes into a sweep that takes hours. What was removed is
 * left to the sweep itself: whether a deletion is to be believed shows only beside everything else compared.
 *
 * A count clears nothing: every cell is read again, whatever its count. Counts cannot see an edit, a value moved within
 * its cell, or a sample removed while another was inserted; and how a historian counts samples on the edge of an
 * interval or with a bad status is its own affair. A tag whose counts are higher where its samples are equal is therefore
 * not asked for counts again.
 */
import { wholeCells } from '../domain/cell.ts'
import type { Coverage } from '../domain/coverage.ts'
import { isBanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { HistorianSource } from '../source/source.ts'
import type { CellTable } from '../store/cells.ts'
import type { Noted } from './compare.ts'

/** Fewer samples than a page are read as quickly as they are counted. */
export const COUNTED_FROM_ROWS = 10_000
/** Two months of hourly cells; what is longer is no look-back, and its counts would be many requests. */
const COUNTED_CELLS = 1_500

/** Which tags the historian counts as we do; for the life of the process. */
export class CountTrust {
  readonly #distrusted = new Set<TagId>()

  has(tag: TagId): boolean {
    return !this.#distrusted.has(tag)
  }

  withdraw(tag: TagId): void {
    this.#distrusted.add(tag)
  }
}

export interface CountParts {
  readonly source: HistorianSource
  readonly cells: CellTable
  /** In ticks. */
  readonly cellWidth: bigint
}

/** The whole cells of which the historian counts more than the log has; none when it cannot tell. */
export async function cellsCountedHigher(
  { tag, windows }: Noted,
  { source, cells, cellWidth }: CountParts,
  signal: AbortSignal,
): Promise<Coverage> {
  const asked = wholeCells(windows, cellWidth)
  if (asked.length === 0 || asked.length > COUNTED_CELLS) return []
  const logged = new Map(
    windows.flatMap((window) => cells.read(tag.id, window)).map(({ window, digest }) => [window.from, digest.count]),
  )
  try {
    const counts = await source.count(tag, asked, signal)
    return asked.filter((cell, i) => {
      const count = counts[i]
      return count !== undefined && count > (logged.get(cell.from) ?? 0)
    })
  } catch (error) {
    // The read that follows anyway says what is wrong.
    if (isBanyanError(error) && !signal.aborted) return []
    throw error
  }
}
