/**
 * Findings: differences between historian and log that a sweep has found and left alone, cell by cell.
 *
 * A finding stays until its cell is compared again, also once it is older than every look-back: a difference that was
 * seen is not forgotten because time went by. Cells are named by their windows, so findings of cells of another width
 * give way as soon as what begins in them is compared.
 */
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { StoreDatabase } from './database.ts'
import { ofHistorian } from './of-historian.ts'

/** At least one of them is above 0. */
export interface FindingCounts {
  /** Samples the historian has and the log has not. */
  readonly late: number
  /** Samples whose content differs. */
  readonly edited: number
  /** Samples the log has and the historian has not. */
  readonly deleted: number
}

export interface Finding extends FindingCounts {
  readonly tag: TagId
  /** The cell. */
  readonly window: Window
  /** When a difference was first found there. */
  readonly foundAtMs: number
}

export interface FindingTotals extends FindingCounts {
  readonly cells: number
}

interface FindingRow {
  readonly tag: TagId
  readonly from_ticks: bigint
  readonly until_ticks: bigint
  readonly late: bigint
  readonly edited: bigint
  readonly deleted: bigint
  readonly found_at: bigint
}

interface TotalsRow {
  readonly cells: bigint
  readonly late: bigint
  readonly edited: bigint
  readonly deleted: bigint
}

const BEGINS_IN_WINDOW = 'tag = @tag AND from_ticks >= @from AND from_ticks < @until'

export class FindingTable {
  readonly #db: StoreDatabase
  readonly #clock: () => number

  constructor(db: StoreDatabase, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  /** The cell differs by these counts; since when is kept. */
  replace(tag: TagId, cell: Window, { late, edited, deleted }: FindingCounts): void {
    const { from, until } = cell
    this.#db.write(() => {
      const first = this.#db
        .prepare<{ at: bigint | null }>(`SELECT min(found_at) AS at FROM findings WHERE ${BEGINS_IN_WINDOW}`)
        .get({ tag, from, until })
      this.clear(tag, cell)
      this.#db
        .prepare('INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?)')
        .run(tag, from, until, late, edited, deleted, first?.at ?? this.#clock())
    })
  }

  /** Every cell of the tag that begins in the window is equal, or was repaired. */
  clear(tag: TagId, { from, until }: Window): void {
    this.#db.write(() => this.#db.prepare(`DELETE FROM findings WHERE ${BEGINS_IN_WINDOW}`).run({ tag, from, until }))
  }

  /** Ascending by tag id and time. */
  list(limit: number): Finding[] {
    return this.#db
      .read(() => this.#db.prepare<FindingRow>('SELECT * FROM findings ORDER BY tag, from_ticks LIMIT ?').all(limit))
      .map((row) => ({
        tag: row.tag,
        window: { from: row.from_ticks as Ticks, until: row.until_ticks as Ticks },
        late: Number(row.late),
        edited: Number(row.edited),
        deleted: Number(row.deleted),
        foundAtMs: Number(row.found_at),
      }))
  }

  /** Of a historian, or of all. */
  totals(historian?: string): FindingTotals {
    const row = this.#db.read(() =>
      this.#db
        .prepare<TotalsRow>(
          `SELECT count(*) AS cells, coalesce(sum(late), 0) AS late, coalesce(sum(edited), 0) AS edited,
             coalesce(sum(deleted), 0) AS deleted
           FROM findings WHERE @historian IS NULL OR ${ofHistorian('tag')}`,
        )
        .get({ historian: historian ?? null }),
    )
    return {
      cells: Number(row?.cells ?? 0),
      late: Number(row?.late ?? 0),
      edited: Number(row?.edited ?? 0),
      deleted: Number(row?.deleted ?? 0),
    }
  }
}
