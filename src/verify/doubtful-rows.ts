/**
 * Doubtful rows: fetches from the log every record of some cells, with few reads and nothing else kept.
 *
 * A cell knows in which stretches of its partition its records are; stretches of cells that lie close together are read
 * as one, because the records of neighbouring tags and times are. What was appended to a cell after it was folded lies
 * behind its last stretch and does not count: the comparison has not seen it.
 */
import { cellStart } from '../domain/cell.ts'
import type { SampleLog } from '../log/log.ts'
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
  const byTag = new Map(
    [...groupBy(cells, ({ tag }) => tag)].map(([tag, ofTag]) => [
      tag,
      new Map(ofTag.map((cell) => [cell.window.from, cell])),
    ]),
  )
  for (const [partition, runs] of runsToRead(cells)) {
    for (const { first, last } of runs) {
      const until = new Map([[partition, last + 1n]])
      for await (const { records } of log.read(new Map([[partition, first]]), until, signal)) {
        for (const { offset, record } of records) {
          const cell = byTag.get(record.tag)?.get(cellStart(record.sample.ticks, cellWidth))
          if (cell !== undefined && offset <= lastOffset(cell)) samples.get(cell)?.add(record)
        }
      }
    }
  }
  return samples
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
