/**
 * Dirty windows: stretches of a tag's history that something made doubtful (a hint, a change of the catalogue, a step
 * of the historian's clock), to be compared again whatever the look-back of a sweep says.
 *
 * A mark is only cleared by a comparison that began after it was made: whoever compares reads the marks first, and
 * clears up to the id read, window by window; what was not compared of a mark stays marked. Marking again what is marked
 * already therefore gives a new id; only marks that lie wholly inside the new one give way to it, because extending an
 * old mark would renew doubts a comparison is about to settle, and a tag that never rests would never be done.
 *
 * Bounded: a tag with more than MARKS_PER_TAG marks keeps half as many wider ones that cover them all, from the next
 * mark on.
 */
import { coverageFrom, gapsWithin, type Coverage } from '../domain/coverage.ts'
import { parseTagId, type TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import { groupBy } from '../util/group-by.ts'
import type { StoreDatabase } from './database.ts'
import { coarsen, union, type Interval } from './intervals.ts'
import { ofHistorian } from './of-historian.ts'
import { corruptStore } from './sqlite-error.ts'

/** A month of hourly cells; more scattered than that, reading a little in between costs less than the bookkeeping. */
export const MARKS_PER_TAG = 1_000

export type DirtyReason =
  /** The historian said that a sample behind the newest was added, changed or removed, or lost count of it. */
  | 'hint'
  /** The catalogue changed what the tag's samples mean. */
  | 'catalogue'
  /** The historian's clock stepped back: new samples fall where samples were read already. */
  | 'clock'
  /** OPC UA stood in for PI there. */
  | 'seam'
  /** The historian's own summary of a cell is not what it was. */
  | 'summary'

export interface DirtyMark {
  readonly tag: TagId
  readonly window: Window
}

/** All marks of a tag. */
export interface DirtyTag {
  readonly tag: TagId
  /** What is marked, ascending and disjoint. */
  readonly windows: Coverage
  /** The newest of the marks: `clear` up to this one once the windows are compared. */
  readonly upToId: number
}

interface MarkRow {
  readonly id: bigint
  readonly tag: string
  readonly from_ticks: bigint
  readonly until_ticks: bigint
}

export class DirtyTable {
  readonly #db: StoreDatabase
  readonly #clock: () => number

  constructor(db: StoreDatabase, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  mark(tag: TagId, window: Window, reason: DirtyReason): void {
    this.markAll([{ tag, window }], reason)
  }

  /** All or nothing. */
  markAll(marks: Iterable<DirtyMark>, reason: DirtyReason): void {
    const byTag = groupBy(marks, ({ tag }) => tag)
    this.#db.write(() => {
      const absorb = this.#db.prepare(
        'DELETE FROM dirty_windows WHERE tag = ? AND from_ticks >= ? AND until_ticks <= ?',
      )
      for (const [tag, ofTag] of byTag) {
        const windows = ofTag.map(({ window }): Interval => [window.from, window.until])
        for (const added of coarsen(union(windows), MARKS_PER_TAG)) {
          absorb.run(tag, ...added)
          this.#insert(tag, added, reason)
        }
        this.#bound(tag, reason)
      }
    })
  }

  /** The tags of a historian that have marks. */
  tags(historian: string): Set<TagId> {
    const rows = this.#db.read(() =>
      this.#db
        .prepare<{ tag: TagId }>(`SELECT DISTINCT tag FROM dirty_windows WHERE ${ofHistorian('tag')}`)
        .all({ historian }),
    )
    return new Set(rows.map(({ tag }) => tag))
  }

  /** Undefined when the tag has no marks. */
  get(tag: TagId): DirtyTag | undefined {
    const marks = this.#db.read(() =>
      this.#db.prepare<MarkRow>('SELECT id, tag, from_ticks, until_ticks FROM dirty_windows WHERE tag = ?').all(tag),
    )
    return marks.length === 0 ? undefined : this.#decode(tag, marks)
  }

  /** The marks of a tag, each with its id: greater for whatever was marked later. */
  marks(tag: TagId): { readonly id: number; readonly window: Window }[] {
    return this.#db
      .read(() =>
        this.#db.prepare<MarkRow>('SELECT id, tag, from_ticks, until_ticks FROM dirty_windows WHERE tag = ?').all(tag),
      )
      .map(({ id, from_ticks, until_ticks }) => ({
        id: Number(id),
        window: { from: from_ticks as Ticks, until: until_ticks as Ticks },
      }))
  }

  /**
   * Cuts the windows out of the tag's marks up to an id; answers whether there was anything to cut. Of a mark in more
   * than one piece all but the first are marked anew: a later comparison settles them, as it would have anyway.
   */
  clear(tag: TagId, upToId: number, windows: Coverage): boolean {
    const [first] = windows
    const last = windows.at(-1)
    if (first === undefined || last === undefined) return false
    return this.#db.write(() => {
      const touched = this.#db
        .prepare<MarkRow & { readonly reason: DirtyReason }>(
          `SELECT id, tag, from_ticks, until_ticks, reason FROM dirty_windows
           WHERE tag = ? AND id <= ? AND from_ticks < ? AND until_ticks > ?`,
        )
        .all(tag, upToId, last.until, first.from)
      return touched.reduce((isCut, mark) => this.#cut(mark, windows) || isCut, false)
    })
  }

  /** Marks of a historian's tags. */
  count(historian: string): number {
    return this.#db.read(() =>
      Number(
        this.#db
          .prepare<{ n: bigint }>(`SELECT count(*) AS n FROM dirty_windows WHERE ${ofHistorian('tag')}`)
          .get({ historian })?.n ?? 0,
      ),
    )
  }

  #cut(
    { id, tag, from_ticks, until_ticks, reason }: MarkRow & { readonly reason: DirtyReason },
    windows: Coverage,
  ): boolean {
    const [first, ...others] = gapsWithin(windows, { from: from_ticks as Ticks, until: until_ticks as Ticks })
    if (first?.from === from_ticks && first.until === until_ticks) return false
    if (first === undefined) this.#db.prepare('DELETE FROM dirty_windows WHERE id = ?').run(id)
    else {
      this.#db
        .prepare('UPDATE dirty_windows SET from_ticks = ?, until_ticks = ? WHERE id = ?')
        .run(first.from, first.until, id)
    }
    for (const { from, until } of others) this.#insert(tag, [from, until], reason)
    return true
  }

  #insert(tag: string, [from, until]: Interval, reason: DirtyReason): void {
    this.#db
      .prepare('INSERT INTO dirty_windows (tag, from_ticks, until_ticks, reason, marked_at) VALUES (?, ?, ?, ?, ?)')
      .run(tag, from, until, reason, this.#clock())
  }

  /** What becomes wider is doubtful anew, so all of it gets new ids. Halved, so that this is not due at every mark. */
  #bound(tag: TagId, reason: DirtyReason): void {
    const count = this.#db.prepare<{ n: bigint }>('SELECT count(*) AS n FROM dirty_windows WHERE tag = ?').get(tag)
    if (Number(count?.n ?? 0) <= MARKS_PER_TAG) return
    const rows = this.#db
      .prepare<MarkRow>('SELECT id, tag, from_ticks, until_ticks FROM dirty_windows WHERE tag = ?')
      .all(tag)
    this.#db.prepare('DELETE FROM dirty_windows WHERE tag = ?').run(tag)
    for (const wider of coarsen(union(rows.map(intervalOf)), MARKS_PER_TAG / 2)) this.#insert(tag, wider, reason)
  }

  #decode(tag: string, marks: readonly MarkRow[]): DirtyTag {
    try {
      return {
        tag: parseTagId(tag),
        windows: coverageFrom(
          union(marks.map(intervalOf)).map(([from, until]) => ({ from: from as Ticks, until: until as Ticks })),
        ),
        upToId: Number(marks.reduce((newest, { id }) => (id > newest ? id : newest), 0n)),
      }
    } catch (error) {
      throw corruptStore(this.#db.file, 'the dirty windows cannot be read', error)
    }
  }
}

function intervalOf({ from_ticks, until_ticks }: MarkRow): Interval {
  return [from_ticks, until_ticks]
}
