/** Positions: how far each partition of the log is folded into the cells. Written only together with the cells. */
import type { StoreDatabase } from './database.ts'

export class PositionTable {
  readonly #db: StoreDatabase

  constructor(db: StoreDatabase) {
    this.#db = db
  }

  /** Next offset to fold, per partition; a partition never folded is absent. */
  load(): Map<number, bigint> {
    const rows = this.#db.read(() =>
      this.#db.prepare<{ partition: bigint; next_offset: bigint }>('SELECT * FROM positions').all(),
    )
    return new Map(rows.map((row) => [Number(row.partition), row.next_offset]))
  }

  /**
   * Moves partitions forward, inside a `write`. False, and nothing moved, when one of them is not where this fold
   * began: another process has folded meanwhile.
   */
  advance(from: ReadonlyMap<number, bigint>, next: ReadonlyMap<number, bigint>): boolean {
    const stored = this.load()
    for (const partition of next.keys()) if (stored.get(partition) !== from.get(partition)) return false
    const upsert = this.#db.prepare('INSERT OR REPLACE INTO positions (partition, next_offset) VALUES (?, ?)')
    for (const [partition, offset] of next) upsert.run(partition, offset)
    return true
  }

  /** Nothing is folded. Inside the `write` that empties the cells. */
  clear(): void {
    this.#db.prepare('DELETE FROM positions').run()
  }
}
