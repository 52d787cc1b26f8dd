/**
 * Cells: what the log says, tag by tag and window by window, folded to a count and a digest.
 *
 * Written only by the fold (`apply`), in one transaction with the position it has reached. The epoch of a cell is the
 * number of records ever folded into it: it grows with every change, does not depend on how the fold was batched, and
 * is the same again after a rebuild, so a verdict that names an epoch never fits other contents than it saw.
 */
import type { Digest } from '../domain/digest.ts'
import { BanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { StoreDatabase } from './database.ts'
import { decodeSum, encodeSum } from './digest-blob.ts'
import { addRun, decodeRuns, encodeRuns, type OffsetRun } from './offset-runs.ts'
import { corruptStore } from './sqlite-error.ts'

export interface Cell {
  readonly tag: TagId
  /** The aligned window; its length is the cell width. */
  readonly window: Window
  /** Of the samples as they are now, after revisions. */
  readonly digest: Digest
  /** Grows with every record folded into the cell. */
  readonly epoch: number
  readonly partition: number
  /** Every record of the cell is in one of these stretches of the partition; ascending, disjoint, at most a few. */
  readonly runs: readonly OffsetRun[]
  /** Earliest and latest time among those records, deleted samples included. */
  readonly minTicks: Ticks
  readonly maxTicks: Ticks
}

/** What a batch of records adds to a cell. */
export interface CellDelta {
  readonly start: Ticks
  /** May be negative. */
  readonly count: number
  /** Any integer; taken modulo 2^128 when applied. */
  readonly sum: bigint
  /** At least 1. */
  readonly records: number
  /** Where in the partition they are: behind all that was applied to the cell before. */
  readonly offsets: OffsetRun
  readonly minTicks: Ticks
  readonly maxTicks: Ticks
}

/** What a batch of records adds to a tag. */
export interface TagDelta {
  readonly tag: TagId
  readonly partition: number
  /** Samples written for the first time (put, rev 0), less the copies that were superseded; may be negative. */
  readonly puts: number
  readonly cells: Iterable<CellDelta>
  /** Identities whose latest record in the batch is a delete (true) or a put that undoes one (false). */
  readonly deletions: Iterable<{ readonly ticks: Ticks; readonly ord: number; readonly deleted: boolean }>
}

interface CellRow {
  readonly start_ticks: bigint
  readonly count: bigint
  readonly digest: Uint8Array
  readonly records: bigint
  readonly runs: string
  readonly min_ticks: bigint
  readonly max_ticks: bigint
}

export class CellTable {
  readonly #db: StoreDatabase

  constructor(db: StoreDatabase) {
    this.#db = db
  }

  /** Width of every cell in ticks; undefined until something was folded. */
  width(): bigint | undefined {
    return this.#db.read(() => this.#db.prepare<{ w: bigint }>('SELECT cell_width_ticks AS w FROM projection').get()?.w)
  }

  /** The cells of a tag that overlap the window and ever had a record, ascending. */
  read(tag: TagId, window: Window): Cell[] {
    return this.#db.read(() => {
      const width = this.width()
      const { key, partition } = this.#tag(tag) ?? {}
      if (width === undefined || key === undefined) return []
      return this.#db
        .prepare<CellRow>(
          'SELECT * FROM cells WHERE tag_key = ? AND start_ticks > ? AND start_ticks < ? ORDER BY start_ticks',
        )
        .all(key, window.from - width, window.until)
        .map((row) => this.#decode(tag, Number(partition), width, row))
    })
  }

  /** Samples in the cells of a tag that overlap the window, as they are now. */
  countSamples(tag: TagId, window: Window): number {
    return this.#db.read(() => {
      const width = this.width()
      const key = this.#tag(tag)?.key
      if (width === undefined || key === undefined) return 0
      const row = this.#db
        .prepare<{ n: bigint | null }>(
          'SELECT sum(count) AS n FROM cells WHERE tag_key = ? AND start_ticks > ? AND start_ticks < ?',
        )
        .get(key, window.from - width, window.until)
      return Number(row?.n ?? 0)
    })
  }

  /** The partition each tag's records are in. */
  partitions(): Map<TagId, number> {
    const rows = this.#db.read(() =>
      this.#db.prepare<{ tag: TagId; partition: bigint }>('SELECT tag, partition FROM projected_tags').all(),
    )
    return new Map(rows.map(({ tag, partition }) => [tag, Number(partition)]))
  }

  /** Cells in all. */
  count(): number {
    return this.#db.read(() => Number(this.#db.prepare<{ n: bigint }>('SELECT count(*) AS n FROM cells').get()?.n ?? 0))
  }

  /** Samples folded per tag (put, rev 0; superseded copies left out): to be compared with what the log acknowledged (TagProgress.samples). */
  foldedSamples(): Map<TagId, number> {
    const rows = this.#db.read(() =>
      this.#db.prepare<{ tag: TagId; puts: bigint }>('SELECT tag, puts FROM projected_tags').all(),
    )
    return new Map(rows.map(({ tag, puts }) => [tag, Number(puts)]))
  }

  /** Whether the latest folded record of this sample is a delete. */
  isDeleted(tag: TagId, ticks: Ticks, ord: number): boolean {
    return this.#db.read(
      () =>
        this.#db
          .prepare(
            `SELECT 1 FROM deleted_samples JOIN projected_tags ON key = tag_key WHERE tag = ? AND ticks = ? AND ord = ?`,
          )
          .get(tag, ticks, ord) !== undefined,
    )
  }

  /** Adds a batch, inside the `write` that also advances the positions. */
  apply(deltas: Iterable<TagDelta>): void {
    const find = this.#db.prepare<CellRow>('SELECT * FROM cells WHERE tag_key = ? AND start_ticks = ?')
    const put = this.#db.prepare('INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
    const mark = this.#db.prepare('INSERT OR IGNORE INTO deleted_samples VALUES (?, ?, ?)')
    const unmark = this.#db.prepare('DELETE FROM deleted_samples WHERE tag_key = ? AND ticks = ? AND ord = ?')
    for (const delta of deltas) {
      const key = this.#keyFor(delta)
      for (const cell of delta.cells) {
        const old = find.get(key, cell.start)
        put.run(
          key,
          cell.start,
          (old?.count ?? 0n) + BigInt(cell.count),
          encodeSum((old === undefined ? 0n : decodeSum(old.digest)) + cell.sum),
          (old?.records ?? 0n) + BigInt(cell.records),
          encodeRuns(addRun(old === undefined ? [] : this.#runs(old), cell.offsets)),
          lower(old?.min_ticks, cell.minTicks),
          higher(old?.max_ticks, cell.maxTicks),
        )
      }
      for (const { ticks, ord, deleted } of delta.deletions) (deleted ? mark : unmark).run(key, ticks, ord)
    }
  }

  /** Forgets everything folded; from now on cells are `width` wide. Inside the `write` that clears the positions. */
  reset(width: bigint): void {
    for (const table of ['cells', 'deleted_samples', 'projected_tags', 'projection']) {
      this.#db.prepare(`DELETE FROM ${table}`).run()
    }
    this.#db.prepare('INSERT INTO projection (id, cell_width_ticks) VALUES (1, ?)').run(width)
  }

  #decode(tag: TagId, partition: number, width: bigint, row: CellRow): Cell {
    return {
      tag,
      window: { from: row.start_ticks as Ticks, until: (row.start_ticks + width) as Ticks },
      digest: { count: Number(row.count), sum: decodeSum(row.digest) },
      epoch: Number(row.records),
      partition,
      runs: this.#runs(row),
      minTicks: row.min_ticks as Ticks,
      maxTicks: row.max_ticks as Ticks,
    }
  }

  #runs({ runs }: CellRow): OffsetRun[] {
    try {
      return decodeRuns(runs)
    } catch (error) {
      throw corruptStore(this.#db.file, 'the offsets of a cell cannot be read', error)
    }
  }

  #tag(tag: TagId): { key: bigint; partition: bigint } | undefined {
    return this.#db
      .prepare<{ key: bigint; partition: bigint }>('SELECT key, partition FROM projected_tags WHERE tag = ?')
      .get(tag)
  }

  #keyFor({ tag, partition, puts }: TagDelta): bigint {
    const row = this.#db
      .prepare<{ key: bigint; partition: bigint }>(
        `INSERT INTO projected_tags (tag, partition, puts) VALUES (?, ?, ?)
         ON CONFLICT (tag) DO UPDATE SET puts = puts + excluded.puts RETURNING key, partition`,
      )
      .get(tag, partition, puts)
    if (row?.partition !== BigInt(partition)) {
      throw tagInTwoPartitions(tag, Number(row?.partition), partition)
    }
    return row.key
  }
}

export function tagInTwoPartitions(tag: TagId, known: number, other: number): BanyanError {
  return new BanyanError('BANYAN_LOG_CORRUPT', `records of ${tag} are in partition ${known} and in ${other}`, {
    hint: 'A tag lives in one partition. Was the number of partitions changed, or does something else write there?',
    context: { tag, partition: other },
  })
}

function lower(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || b < a ? b : a
}

function higher(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || b > a ? b : a
}
