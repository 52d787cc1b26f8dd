/**
 * Doubtful rows: fetches from the log every record of some cells, with few reads and nothing else kept.
 *
 * A cell knows in which stretches of its partition its records are; stretches of cells that lie close together are read
 * as one, because the records of neighbouring tags and times are. What was appended to a cell after it was folded lies
 * behind its last stretch and does not count: the comparison has not seen it.
 */
import { cellStart } from '../domain/cell.ts'
import type { LoggedRecord, LogPosition, SampleLog } from '../log/log.ts'
import type { Cell } from '../store/cells.ts'
import { RUN_GAP, type OffsetRun } from '../store/offset-runs.ts'
import { groupBy } from '../util/group-by.ts'
import { LoggedSamples } from './logged-samples.ts'

export type CellRows = ReadonlyMap<Cell, LoggedSamples>

/** The cells' records, folded. */
export async function readCells(
  log: Pick<SampleLog, 'read'>,
  cells: readonly Cell[],
  cellWidth: bigint,
  signal: AbortSignal,
): Promise<CellRows> {
  const samples = new Map(cells.map((cell) => [cell, new LoggedSamples()]))
  const add = (cell: Cell, { record }: LoggedRecord): void => samples.get(cell)?.add(record)
  await streamCells(log, cells, { cellWidth, begin: new Map() }, add, signal)
  return samples
}

export interface StreamOptions {
  /** In ticks. */
  readonly cellWidth: bigint
  /** First offset the log still holds, per partition: what was below is not asked for. */
  readonly begin: LogPosition
}

/** Every record of the cells the log holds, in the order of the offsets; none that was appended after they were folded. */
export async function streamCells(
  log: Pick<SampleLog, 'read'>,
  cells: readonly Cell[],
  { cellWidth, begin }: StreamOptions,
  onRecord: (cell: Cell, logged: LoggedRecord) => void,
  signal: AbortSignal,
): Promise<void> {
  const byTag = new Map(
    [...groupBy(cells, ({ tag }) => tag)].map(([tag, ofTag]) => [
      tag,
      new Map(ofTag.map((cell) => [cell.window.from, cell])),
    ]),
  )
  for (const [partition, runs] of runsToRead(cells)) {
    const oldest = begin.get(partition) ?? 0n
    for (const { first, last } of runs) {
      if (last < oldest) continue
      const from = new Map([[partition, first < oldest ? oldest : first]])
      for await (const { records } of log.read(from, new Map([[partition, last + 1n]]), signal)) {
        for (const logged of records) {
          const { tag, sample } = logged.record
          const cell = byTag.get(tag)?.get(cellStart(sample.ticks, cellWidth))
          if (cell !== undefined && logged.offset <= lastOffset(cell)) onRecord(cell, logged)
        }
      }
    }
  }
}

function lastOffset({ runs }: Cell): bigint {
  return runs.at(-1)?.last ?? -1n
}

/** By partition, ascending and disjoint: every record of a cell is met once, in the order of offsets. */
export function runsToRead(cells: readonly Pick<Cell, 'partition' | 'runs'>[]): Map<number, OffsetRun[]> {
  const byPartition = groupBy(cells, ({ partition }) => partition)
  return new Map([...byPartition].map(([partition, among]) => [partition, merged(among.flatMap(({ runs }) => runs))]))
}

function merged(runs: readonly OffsetRun[]): OffsetRun[] {
  const result: OffsetRun[] = []
  for (const run of runs.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const before = result.at(-1)
    if (before === undefined || run.first - before.last > RUN_GAP) result.push(run)
    else if (run.last > before.last) result[result.length - 1] = { first: before.first, last: run.last }
  }
  return result
}
