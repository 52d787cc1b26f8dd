/**
 * Seams: the stretches of a tag's history that OPC UA served in the place of PI and that were not compared with PI yet.
 *
 * A seam is written before what was served is passed on, so a kill leaves a seam too many, never one too few. It is
 * closed by a comparison that began after it was written: whoever compares lists the seams first, and closes up to the id
 * listed. What is served meanwhile gets a new id, also inside an old seam.
 *
 * Bounded: a tag with more than SEAMS_PER_TAG seams keeps half as many wider ones that cover them all.
 */
import { coverageFrom, type Coverage } from '../domain/coverage.ts'
import { parseTagId, type TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { StoreDatabase } from './database.ts'
import { coarsen, union, type Interval } from './intervals.ts'
import { ofHistorian } from './of-historian.ts'
import { corruptStore } from './sqlite-error.ts'

/** A fallback that changed sides every hour of six weeks. */
export const SEAMS_PER_TAG = 1_000

/** All seams of a tag. */
export interface TagSeams {
  readonly tag: TagId
  /** Ascending and disjoint. */
  readonly windows: Coverage
  /** What was settled when the last of it was marked as dirty; undefined while some of it is not. */
  readonly doubted: Ticks | undefined
  /** The newest of the seams: `doubt` and `close` up to this one. */
  readonly upToId: number
}

interface SeamRow {
  readonly id: bigint
  readonly tag: string
  readonly from_ticks: bigint
  readonly until_ticks: bigint
  readonly doubted_ticks: bigint | null
}

export class SeamTable {
  readonly #db: StoreDatabase
  readonly #clock: () => number

  constructor(db: StoreDatabase, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  add(tag: TagId, { from, until }: Window): void {
    this.#db.write(() => {
      this.#db.prepare('DELETE FROM seams WHERE tag = ? AND from_ticks >= ? AND until_ticks <= ?').run(tag, from, until)
      this.#insert(tag, [from, until])
      this.#bound(tag)
    })
  }

  /** The tags of a historian that have seams, ascending by tag id. */
  list(historian: string): TagSeams[] {
    const rows = this.#db.read(() =>
      this.#db
        .prepare<SeamRow>(
          `SELECT id, tag, from_ticks, until_ticks, doubted_ticks FROM seams WHERE ${ofHistorian('tag')} ORDER BY tag`,
        )
        .all({ historian }),
    )
    const byTag = new Map<string, SeamRow[]>()
    for (const row of rows) {
      const known = byTag.get(row.tag)
      if (known === undefined) byTag.set(row.tag, [row])
      else known.push(row)
    }
    return [...byTag].map(([tag, seams]) => this.#decode(tag, seams))
  }

  /** Undefined when the tag has no seams. */
  get(tag: TagId): TagSeams | undefined {
    const seams = this.#rowsOf(tag)
    return seams.length === 0 ? undefined : this.#decode(tag, seams)
  }

  /** Tags of a historian that have seams. */
  count(historian: string): number {
    const row = this.#db.read(() =>
      this.#db
        .prepare<{ n: bigint }>(`SELECT count(DISTINCT tag) AS n FROM seams WHERE ${ofHistorian('tag')}`)
        .get({ historian }),
    )
    return Number(row?.n ?? 0)
  }

  /** All of it is marked as dirty: to be written together with the marks. */
  doubt({ tag, upToId }: Pick<TagSeams, 'tag' | 'upToId'>, settled: Ticks): void {
    this.#db.write(() =>
      this.#db
        .prepare('UPDATE seams SET doubted_ticks = ? WHERE tag = ? AND id <= ? AND doubted_ticks IS NULL')
        .run(settled, tag, upToId),
    )
  }

  close({ tag, upToId }: Pick<TagSeams, 'tag' | 'upToId'>): void {
    this.#db.write(() => this.#db.prepare('DELETE FROM seams WHERE tag = ? AND id <= ?').run(tag, upToId))
  }

  #rowsOf(tag: TagId): SeamRow[] {
    return this.#db.read(() =>
      this.#db
        .prepare<SeamRow>('SELECT id, tag, from_ticks, until_ticks, doubted_ticks FROM seams WHERE tag = ?')
        .all(tag),
    )
  }

  #insert(tag: TagId, [from, until]: Interval): void {
    this.#db
      .prepare('INSERT INTO seams (tag, from_ticks, until_ticks, served_at) VALUES (?, ?, ?, ?)')
      .run(tag, from, until, this.#clock())
  }

  /** What becomes wider is a seam anew. */
  #bound(tag: TagId): void {
    const rows = this.#rowsOf(tag)
    if (rows.length <= SEAMS_PER_TAG) return
    this.#db.prepare('DELETE FROM seams WHERE tag = ?').run(tag)
    for (const wider of coarsen(union(rows.map(intervalOf)), SEAMS_PER_TAG / 2)) this.#insert(tag, wider)
  }

  #decode(tag: string, seams: readonly SeamRow[]): TagSeams {
    try {
      return {
        tag: parseTagId(tag),
        windows: coverageFrom(
          union(seams.map(intervalOf)).map(([from, until]) => ({ from: from as Ticks, until: until as Ticks })),
        ),
        doubted: doubtedOf(seams),
        upToId: Number(seams.reduce((newest, { id }) => (id > newest ? id : newest), 0n)),
      }
    } catch (error) {
      throw corruptStore(this.#db.file, 'the seams cannot be read', error)
    }
  }
}

function doubtedOf(seams: readonly SeamRow[]): Ticks | undefined {
  let last: bigint | undefined
  for (const { doubted_ticks: at } of seams) {
    if (at === null) return undefined
    if (last === undefined || at > last) last = at
  }
  return last as Ticks | undefined
}

function intervalOf({ from_ticks, until_ticks }: SeamRow): Interval {
  return [from_ticks, until_ticks]
}
