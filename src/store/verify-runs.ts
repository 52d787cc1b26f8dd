/**
 * Verify runs: verifications by name, so that one that was interrupted goes on. What was looked at since its first look
 * is done; nothing else has to be remembered.
 */
import type { StoreDatabase } from './database.ts'

export interface VerifyRun {
  /** What it has seen itself, or others meanwhile: looks from this one on. */
  readonly firstLook: number
  readonly startedAtMs: number
  readonly endedAtMs: number | undefined
  readonly spent: Spent
}

export interface Spent {
  /** Samples read from the historian. */
  readonly rows: number
  /** Requests made to it. */
  readonly requests: number
  readonly busyMs: number
}

interface RunRow {
  readonly first_look: bigint
  readonly params: string
  readonly started_at: bigint
  readonly ended_at: bigint | null
  readonly rows: bigint
  readonly requests: bigint
  readonly busy_ms: bigint
}

export class VerifyRunTable {
  readonly #db: StoreDatabase
  readonly #clock: () => number

  constructor(db: StoreDatabase, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  /** Goes on with the run of this name if it has not ended and was asked for the same; else begins it anew. */
  begin(name: string, params: unknown): VerifyRun {
    const text = JSON.stringify(params)
    return this.#db.write(() => {
      const row = this.#row(name)
      if (row === undefined || row.ended_at !== null || row.params !== text) {
        this.#db
          .prepare(
            `INSERT OR REPLACE INTO verify_runs (name, first_look, params, started_at)
             VALUES (?, (SELECT coalesce(max(id), 0) + 1 FROM looks), ?, ?)`,
          )
          .run(name, text, this.#clock())
      }
      return this.get(name) as VerifyRun
    })
  }

  get(name: string): VerifyRun | undefined {
    const row = this.#db.read(() => this.#row(name))
    return row === undefined
      ? undefined
      : {
          firstLook: Number(row.first_look),
          startedAtMs: Number(row.started_at),
          endedAtMs: row.ended_at === null ? undefined : Number(row.ended_at),
          spent: { rows: Number(row.rows), requests: Number(row.requests), busyMs: Number(row.busy_ms) },
        }
  }

  /** Adds what was spent since the last time. */
  spend(name: string, { rows, requests, busyMs }: Spent): void {
    this.#db.write(() =>
      this.#db
        .prepare(
          'UPDATE verify_runs SET rows = rows + ?, requests = requests + ?, busy_ms = busy_ms + ? WHERE name = ?',
        )
        .run(rows, requests, Math.round(busyMs), name),
    )
  }

  end(name: string): void {
    this.#db.write(() =>
      this.#db.prepare('UPDATE verify_runs SET ended_at = ? WHERE name = ?').run(this.#clock(), name),
    )
  }

  #row(name: string): RunRow | undefined {
    return this.#db.prepare<RunRow>('SELECT * FROM verify_runs WHERE name = ?').get(name)
  }
}
