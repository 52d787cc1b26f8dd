/**
 * Repeated samples: how many of the samples in the log, among the cells a repair is going to look at, are copies of
 * others, because a stretch of the log was written again. A log that holds more than it acknowledged is repaired only
 * where the copies account for that: anything else that made it grow would be there afterwards as well.
 */
import { isBanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { SampleLog } from '../log/log.ts'
import type { Cell } from '../store/cells.ts'
import type { Store } from '../store/store.ts'
import { readCells, type CellRows } from '../verify/doubtful-rows.ts'
import type { RepairWindows } from './repair-plan.ts'

/** Records of cells in memory at once; a single larger cell is taken alone. */
const BATCH_RECORDS = 100_000

export interface RepeatedParts {
  readonly log: Pick<SampleLog, 'read'>
  readonly store: Store
  /** In ticks. */
  readonly cellWidth: bigint
}

/** By tag, over the cells its windows touch, as far as the log is folded; tags without copies are left out. */
export async function repeatedSamples(
  windows: RepairWindows,
  { log, store, cellWidth }: RepeatedParts,
  signal: AbortSignal,
): Promise<Map<TagId, number>> {
  const repeated = new Map<TagId, number>()
  for (const batch of batchesOf(cellsOf(windows, store))) {
    const rows = await readCells(log, batch, cellWidth, signal)
    for (const cell of batch) {
      const copies = copiesIn(cell, rows)
      if (copies > 0) repeated.set(cell.tag, (repeated.get(cell.tag) ?? 0) + copies)
    }
  }
  return repeated
}

function* cellsOf(windows: RepairWindows, store: Store): Generator<Cell> {
  for (const [tag, ofTag] of windows) {
    // Two windows may lie in one cell.
    let next = ofTag[0]?.from
    for (const window of ofTag) {
      for (const cell of store.cells.read(tag, window)) {
        if (next !== undefined && cell.window.until <= next) continue
        yield cell
        next = cell.window.until
      }
    }
  }
}

function* batchesOf(cells: Iterable<Cell>): Generator<Cell[]> {
  let batch: Cell[] = []
  let records = 0
  for (const cell of cells) {
    if (batch.length > 0 && records + cell.epoch > BATCH_RECORDS) {
      yield batch
      batch = []
      records = 0
    }
    batch.push(cell)
    records += cell.epoch
  }
  if (batch.length > 0) yield batch
}

/** None in a cell whose records contradict each other: nothing can be told from them, and nothing will be written there. */
function copiesIn(cell: Cell, rows: CellRows): number {
  try {
    const samples = rows.get(cell)?.within([cell.window], cell.epoch) ?? new Map<never, never>()
    return [...samples.values()].flat().reduce((sum, { repetition }) => sum + (repetition?.copies ?? 1) - 1, 0)
  } catch (error) {
    if (isBanyanError(error, 'BANYAN_LOG_CORRUPT')) return 0
    throw error
  }
}
