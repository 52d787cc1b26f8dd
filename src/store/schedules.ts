/**
 * Schedule runs: when each schedule ran and how that ended, so that a restart knows what is due, and people see what
 * was skipped. A record for people and for timing: what a run has achieved is in the log and in its own progress.
 */
import type { StoreDatabase } from './database.ts'

/** Kept per schedule: the last runs, and as many skipped ones beside them, so that skips never push a run out. */
export const RUNS_KEPT = 100
/** A detail may quote a foreign answer; a page of text says enough. */
const DETAIL_LIMIT = 2_000

/** How a run that was started ended; `interrupted` when the process was stopped or died. */
export type ScheduleOutcome = 'done' | 'failed' | 'interrupted'

export interface ScheduleRun {
  readonly id: number
  readonly schedule: string
  /** For `skipped`: when it was due. */
  readonly startedAtMs: number
  /** Undefined while it runs, when it was skipped, and when the process died in the middle. */
  readonly endedAtMs: number | undefined
  readonly outcome: ScheduleOutcome | 'running' | 'skipped'
  readonly detail: string
}

interface RunRow {
  readonly id: bigint
  readonly schedule: string
  readonly started_at: bigint
  readonly ended_at: bigint | null
  readonly outcome: ScheduleRun['outcome']
  readonly detail: string
}

export class ScheduleTable {
  readonly #db: StoreDatabase
  readonly #clock: () => number

  constructor(db: StoreDatabase, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  /** Answers the id of the run, for `end`. */
  start(schedule: string): number {
    return this.#add(schedule, 'running', '')
  }

  /** Does nothing for a run that has ended already. */
  end(id: number, outcome: ScheduleOutcome, detail: string): void {
    this.#db.write(() =>
      this.#db
        .prepare("UPDATE schedule_runs SET outcome = ?, ended_at = ?, detail = ? WHERE id = ? AND outcome = 'running'")
        .run(outcome, this.#clock(), detail.slice(0, DETAIL_LIMIT), id),
    )
  }

  /** The schedule was due and did not start. */
  skipped(schedule: string, detail: string): void {
    this.#add(schedule, 'skipped', detail)
  }

  /** Marks as interrupted what a process that is gone left running, and answers how many. For the holder of the lease. */
  interruptOrphans(): number {
    return this.#db.write(
      () =>
        this.#db
          .prepare(
            "UPDATE schedule_runs SET outcome = 'interrupted', detail = 'the process ended in the middle' WHERE outcome = 'running'",
          )
          .run().changes,
    )
  }

  /** The last run that was started, whatever became of it; never a skipped one. */
  last(schedule: string): ScheduleRun | undefined {
    const row = this.#db.read(() =>
      this.#db
        .prepare<RunRow>(
          "SELECT * FROM schedule_runs WHERE schedule = ? AND outcome <> 'skipped' ORDER BY id DESC LIMIT 1",
        )
        .get(schedule),
    )
    return row === undefined ? undefined : decodeRun(row)
  }

  /** Newest first, skipped ones among them. */
  recent(schedule: string, limit: number): ScheduleRun[] {
    return this.#db
      .read(() =>
        this.#db
          .prepare<RunRow>('SELECT * FROM schedule_runs WHERE schedule = ? ORDER BY id DESC LIMIT ?')
          .all(schedule, limit),
      )
      .map(decodeRun)
  }

  #add(schedule: string, outcome: 'running' | 'skipped', detail: string): number {
    return this.#db.write(() => {
      const { lastInsertRowid } = this.#db
        .prepare('INSERT INTO schedule_runs (schedule, started_at, outcome, detail) VALUES (?, ?, ?, ?)')
        .run(schedule, this.#clock(), outcome, detail.slice(0, DETAIL_LIMIT))
      const alike = `schedule = @schedule AND (outcome = 'skipped') = (@outcome = 'skipped')`
      this.#db
        .prepare(
          `DELETE FROM schedule_runs WHERE ${alike} AND id <=
             (SELECT id FROM schedule_runs WHERE ${alike} ORDER BY id DESC LIMIT 1 OFFSET ${RUNS_KEPT})`,
        )
        .run({ schedule, outcome })
      return Number(lastInsertRowid)
    })
  }
}

function decodeRun(row: RunRow): ScheduleRun {
  return {
    id: Number(row.id),
    schedule: row.schedule,
    startedAtMs: Number(row.started_at),
    endedAtMs: row.ended_at === null ? undefined : Number(row.ended_at),
    outcome: row.outcome,
    detail: row.detail,
  }
}
