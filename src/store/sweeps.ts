/**
 * Sweep progress: where a sweep that has begun goes on after a restart. A cache of effort, not of truth: without it the
 * sweep begins again, and what it has repaired already is found equal.
 */
import { parseTagId, type TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import { window, type Window } from '../domain/window.ts'
import type { StoreDatabase } from './database.ts'
import { corruptStore } from './sqlite-error.ts'

export interface SweepProgress {
  /** What the sweep compares, fixed when it began. */
  readonly window: Window
  /** The last tag compared, in tag id order; undefined before the first. */
  readonly afterTag: TagId | undefined
}

interface ProgressRow {
  readonly from_ticks: bigint
  readonly until_ticks: bigint
  readonly after_tag: string | null
}

export class SweepTable {
  readonly #db: StoreDatabase

  constructor(db: StoreDatabase) {
    this.#db = db
  }

  /** Undefined when no sweep of this schedule and historian has begun. */
  get(schedule: string, historian: string): SweepProgress | undefined {
    const row = this.#db.read(() =>
      this.#db
        .prepare<ProgressRow>('SELECT * FROM sweep_progress WHERE schedule = ? AND historian = ?')
        .get(schedule, historian),
    )
    if (row === undefined) return undefined
    try {
      return {
        window: window(row.from_ticks as Ticks, row.until_ticks as Ticks),
        afterTag: row.after_tag === null ? undefined : parseTagId(row.after_tag),
      }
    } catch (error) {
      throw corruptStore(this.#db.file, `the progress of the sweep ${JSON.stringify(schedule)} cannot be read`, error)
    }
  }

  save(schedule: string, historian: string, { window: { from, until }, afterTag }: SweepProgress): void {
    this.#db.write(() =>
      this.#db
        .prepare('INSERT OR REPLACE INTO sweep_progress VALUES (?, ?, ?, ?, ?)')
        .run(schedule, historian, from, until, afterTag ?? null),
    )
  }

  /** The sweep has ended, or is given up: the next one begins anew. */
  finish(schedule: string, historian: string): void {
    this.#db.write(() =>
      this.#db.prepare('DELETE FROM sweep_progress WHERE schedule = ? AND historian = ?').run(schedule, historian),
    )
  }
}
