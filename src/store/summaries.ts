/**
 * Summaries: what the historian's own summary of each cell was when it was asked last, to be held against what it is the
 * next time; and how far the round of asking has come.
 *
 * Bounded: one row per cell at most, of a bounded length. Neighbours of which the same is known share a row, so that the
 * years in which a tag holds nothing are one.
 */
import { gapsWithin } from '../domain/coverage.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { StoreDatabase } from './database.ts'
import { union } from './intervals.ts'

/** What is remembered of a cell. */
export interface Remembered {
  /** Undefined: the historian answers differently although nothing changes. */
  readonly summary: string | undefined
  /** Epoch of the cell when the answer was last found to be another; undefined: never. */
  readonly noticedEpoch: number | undefined
}

export interface RememberedCell extends Remembered {
  readonly start: Ticks
}

/** Where the round goes on. */
export interface SummaryPlace {
  readonly tag: TagId
  /** Inclusive. */
  readonly from: Ticks
}

interface Stretch extends Window, Remembered {}

interface StretchRow {
  readonly from_ticks: Ticks
  readonly until_ticks: Ticks
  readonly width: bigint
  readonly summary: string | null
  readonly noticed: bigint | null
}

export class SummaryTable {
  readonly #db: StoreDatabase

  constructor(db: StoreDatabase) {
    this.#db = db
  }

  /** What is remembered of the cells in a window of whole cells, by their starts. `width` of a cell, in ticks. */
  read(tag: TagId, window: Window, width: bigint): Map<Ticks, Remembered> {
    const cells = new Map<Ticks, Remembered>()
    for (const stretch of this.#db.read(() => this.#stretches(this.#key(tag), window, width))) {
      const until = stretch.until < window.until ? stretch.until : window.until
      let start = stretch.from > window.from ? stretch.from : window.from
      for (; start < until; start = (start + width) as Ticks) cells.set(start, stretch)
    }
    return cells
  }

  /** Replaces what is remembered of these cells, ascending; what is known of others stays. */
  save(tag: TagId, cells: readonly RememberedCell[], width: bigint): void {
    const [first] = cells
    const last = cells.at(-1)
    if (first === undefined || last === undefined) return
    const range = { from: first.start, until: (last.start + width) as Ticks }
    const saved = cells.map(({ start, ...rest }) => ({ ...rest, from: start, until: (start + width) as Ticks }))
    const over = union(saved.map(({ from, until }) => [from, until])).map(([from, until]) => ({
      from: from as Ticks,
      until: until as Ticks,
    }))
    this.#db.write(() => {
      this.#db.prepare('INSERT OR IGNORE INTO parity_tags (tag) VALUES (?)').run(tag)
      const key = this.#key(tag)
      const known = this.#stretches(key, range, width)
      const kept = known.flatMap((one) => gapsWithin(over, one).map((rest) => ({ ...one, ...rest })))
      for (const { from_ticks } of this.#rows(key, range)) {
        this.#db.prepare('DELETE FROM summaries WHERE tag_key = ? AND from_ticks = ?').run(key, from_ticks)
      }
      const insert = this.#db.prepare('INSERT INTO summaries VALUES (?, ?, ?, ?, ?, ?)')
      for (const { from, until, summary, noticedEpoch } of joined([...kept, ...saved])) {
        insert.run(key, from, until, width, summary ?? null, noticedEpoch ?? null)
      }
    })
  }

  /** Undefined before the first turn of the round. */
  place(historian: string): SummaryPlace | undefined {
    const row = this.#db.read(() =>
      this.#db
        .prepare<{ tag: TagId; from_ticks: Ticks }>('SELECT tag, from_ticks FROM summary_places WHERE historian = ?')
        .get(historian),
    )
    return row && { tag: row.tag, from: row.from_ticks }
  }

  setPlace(historian: string, { tag, from }: SummaryPlace): void {
    this.#db.write(() =>
      this.#db.prepare('INSERT OR REPLACE INTO summary_places VALUES (?, ?, ?)').run(historian, tag, from),
    )
  }

  /** Those of this width that overlap or touch the window; cells of another width are not the ones asked about. */
  #stretches(key: bigint, window: Window, width: bigint): Stretch[] {
    return this.#rows(key, window)
      .filter((row) => row.width === width)
      .map(({ from_ticks, until_ticks, summary, noticed }) => ({
        from: from_ticks,
        until: until_ticks,
        summary: summary ?? undefined,
        noticedEpoch: noticed === null ? undefined : Number(noticed),
      }))
  }

  #rows(key: bigint, { from, until }: Window): StretchRow[] {
    return this.#db
      .prepare<StretchRow>(
        // Rows are disjoint: of those that begin before the window, only the last one can reach it.
        `SELECT * FROM summaries WHERE tag_key = @key AND from_ticks <= @until AND until_ticks >= @from
           AND from_ticks >= coalesce(
             (SELECT max(from_ticks) FROM summaries WHERE tag_key = @key AND from_ticks < @from), @from)
         ORDER BY from_ticks`,
      )
      .all({ key, from, until })
  }

  /** 0, which no tag has, for one that nothing is known of. */
  #key(tag: TagId): bigint {
    return this.#db.prepare<{ key: bigint }>('SELECT key FROM parity_tags WHERE tag = ?').get(tag)?.key ?? 0n
  }
}

/** Ascending; neighbours of which the same is known are one. */
function joined(stretches: Stretch[]): Stretch[] {
  const result: Stretch[] = []
  for (const one of stretches.sort((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = result.at(-1)
    if (last?.until === one.from && areAlike(last, one)) result[result.length - 1] = { ...last, until: one.until }
    else result.push(one)
  }
  return result
}

function areAlike(a: Remembered, b: Remembered): boolean {
  return a.summary === b.summary && a.noticedEpoch === b.noticedEpoch
}
