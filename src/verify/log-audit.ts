/**
 * Log audit: reads the records of cells again and folds them anew, to see whether the log still shows what the cells
 * were folded from. The comparison by digests cannot: cells keep what a record added although the record is gone.
 *
 * What is short is noted as such in the store, and stays doubtful in every later comparison, sweeps included, until a
 * verification has read its records and judged them. Reads the log only, front to back, in as few passes as memory
 * allows; the historian is not asked.
 */
import { hashSample } from '../domain/digest.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { LoggedRecord, SampleLog } from '../log/log.ts'
import type { Cell } from '../store/cells.ts'
import type { Store } from '../store/store.ts'
import { areEqual } from './cell-digests.ts'
import { streamCells } from './doubtful-rows.ts'
import { seenOf } from './look-recorder.ts'

/** Cells folded at once: some tens of megabytes. Every batch may read a partition from its beginning. */
const BATCH_CELLS = 100_000

export interface AuditParts {
  readonly log: Pick<SampleLog, 'read' | 'begin'>
  readonly store: Store
  /** In ticks. */
  readonly cellWidth: bigint
  readonly rules: string
}

export interface AuditOutcome {
  readonly cells: number
  /** Cells of which the log does not show what was folded. */
  readonly short: number
}

/** Audits the cells of the tags that overlap their windows, as far as the log is folded. */
export async function auditLog(
  scope: readonly { readonly tag: TagId; readonly window: Window }[],
  parts: AuditParts,
  signal: AbortSignal,
): Promise<AuditOutcome> {
  const { store, log } = parts
  const partitions = store.cells.partitions()
  const byPartition = scope.toSorted((a, b) => (partitions.get(a.tag) ?? -1) - (partitions.get(b.tag) ?? -1))
  let [audited, short] = [0, 0]
  const settle = async (batch: readonly Cell[]): Promise<void> => {
    const look = store.looks.begin(parts.rules)
    const lost = await shortCells(log, batch, parts.cellWidth, signal)
    noteShort(look, lost, parts)
    audited += batch.length
    short += lost.size
  }
  let batch: Cell[] = []
  for (const { tag, window } of byPartition) {
    for (const cell of store.cells.read(tag, window)) {
      batch.push(cell)
      if (batch.length < BATCH_CELLS) continue
      await settle(batch)
      batch = []
    }
  }
  if (batch.length > 0) await settle(batch)
  return { cells: audited, short }
}

/** Those of the cells whose records, read again, do not add up to what was folded. */
export async function shortCells(
  log: AuditParts['log'],
  cells: readonly Cell[],
  cellWidth: bigint,
  signal: AbortSignal,
): Promise<Set<Cell>> {
  if (cells.length === 0) return new Set()
  const folds = new Map(cells.map((cell) => [cell, new CellFold()]))
  const add = (cell: Cell, logged: LoggedRecord): void => folds.get(cell)?.add(logged)
  await streamCells(log, cells, { cellWidth, begin: await log.begin(signal) }, add, signal)
  return new Set(cells.filter((cell) => folds.get(cell)?.isOf(cell) !== true))
}

function noteShort(look: number, lost: ReadonlySet<Cell>, { store, cellWidth }: AuditParts): void {
  const findings = [...lost].map((cell) => ({
    tag: cell.tag,
    windows: [cell.window],
    outcome: 'compared' as const,
    cells: [{ start: cell.window.from, verdict: 'pending' as const, seen: seenOf(cell), isLogShort: true }],
  }))
  store.verdicts.record(look, findings, cellWidth)
}

/** Records to count and digest, by the contract alone: minus what a revision says it supersedes, plus what it says. */
class CellFold {
  #records = 0
  #count = 0
  #sum = 0n
  /** Samples whose latest record is a delete: what it superseded is subtracted already. */
  readonly #deleted = new Set<string>()

  add({ record: { sample, rev, op, before, copies = 1 } }: LoggedRecord): void {
    this.#records += 1
    const key = (): string => keyOf(sample.ticks, sample.ord)
    if (rev > 0 && before !== undefined) {
      const counted = this.#deleted.delete(key()) ? copies - 1 : copies
      this.#count -= counted
      this.#sum -= BigInt(counted) * hashSample({ ...before, ticks: sample.ticks })
    }
    if (op === 'delete') this.#deleted.add(key())
    else {
      this.#count += 1
      this.#sum += hashSample(sample)
    }
  }

  isOf({ epoch, digest }: Cell): boolean {
    const now = { count: this.#count, sum: BigInt.asUintN(128, this.#sum) }
    return this.#records === epoch && areEqual(now, digest)
  }
}

function keyOf(at: Ticks, ord: number): string {
  return `${at.toString()}/${ord}`
}
