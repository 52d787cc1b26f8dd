/**
 * Live status: the last words of the running daemon about itself, for commands in other processes. One row, replaced
 * every few seconds; a convenience, so a row that cannot be used is as good as none.
 */
import type { LiveStatus } from '../telemetry/live-status.ts'
import type { StoreDatabase } from './database.ts'
import { isLiveStatus } from './live-shape.ts'

/** In characters of JSON. The lists of a report are capped, so a real one is some tens of thousands. */
const REPORT_LIMIT = 4_000_000

export interface StoredLiveStatus {
  /** Of the lease it was written under; compare it with the lease's. */
  readonly epoch: number
  /** When it was written, by the local clock. */
  readonly atMs: number
  readonly report: LiveStatus
}

export class LiveTable {
  readonly #db: StoreDatabase
  readonly #clock: () => number

  constructor(db: StoreDatabase, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  /** Does nothing when a later holder of the lease has written. */
  write(epoch: number, report: LiveStatus): void {
    this.#db.write(() =>
      this.#db
        .prepare(
          `INSERT INTO live_status (id, epoch, at, report) VALUES (1, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, at = excluded.at, report = excluded.report
           WHERE excluded.epoch >= epoch`,
        )
        .run(epoch, this.#clock(), JSON.stringify(report)),
    )
  }

  /** Undefined when nothing was written yet, or what was written is damaged or of another shape (another version). */
  read(): StoredLiveStatus | undefined {
    const row = this.#db.read(() =>
      this.#db
        .prepare<{ epoch: bigint; at: bigint; report: string }>(
          'SELECT epoch, at, report FROM live_status WHERE length(report) <= ?',
        )
        .get(REPORT_LIMIT),
    )
    const report = row === undefined ? undefined : parseReport(row.report)
    return row === undefined || report === undefined
      ? undefined
      : { epoch: Number(row.epoch), atMs: Number(row.at), report }
  }
}

function parseReport(text: string): LiveStatus | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return isLiveStatus(value) ? value : undefined
}
