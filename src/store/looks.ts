/**
 * Looks: the passes of comparison, numbered. A verdict names the look it comes from; whatever happened after that look
 * began (a mark of doubt, another look) can be told by number, whichever way the clocks went.
 */
import type { StoreDatabase } from './database.ts'

/** A look is minutes of reading; quiet hours may hold it up for a night. */
const LONGEST_LOOK_MS = 24 * 3_600_000

export class LookTable {
  readonly #db: StoreDatabase
  readonly #clock: () => number

  constructor(db: StoreDatabase, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  /** Begins a look, before anything it sees is read. `rules`: version of the rules it compares under. */
  begin(rules: string): number {
    const row = this.#db.write(() =>
      this.#db
        .prepare<{ id: bigint }>(
          `INSERT INTO looks (marks, rules, at)
           VALUES (coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'dirty_windows'), 0), ?, ?) RETURNING id`,
        )
        .get(rules, this.#clock()),
    )
    return Number(row?.id ?? 0n)
  }

  /** The latest look begun; 0 when there is none. */
  latest(): number {
    return this.#db.read(() =>
      Number(this.#db.prepare<{ id: bigint | null }>('SELECT max(id) AS id FROM looks').get()?.id ?? 0n),
    )
  }

  /** The first look that may still be under way and have something to record; those before it are over. */
  firstInFlight(): number {
    const row = this.#db.read(() =>
      this.#db
        .prepare<{ id: bigint | null }>('SELECT max(id) AS id FROM looks WHERE at < ?')
        .get(this.#clock() - LONGEST_LOOK_MS),
    )
    return Number(row?.id ?? 0n) + 1
  }

  /** Forgets looks that are over and that nothing names any more. */
  prune(): void {
    const inFlight = this.firstInFlight()
    this.#db.write(() =>
      this.#db.prepare('DELETE FROM looks WHERE id < ? AND id NOT IN (SELECT look FROM checked_windows)').run(inFlight),
    )
  }
}
