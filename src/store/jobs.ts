/**
 * Jobs: what was asked of the bridge, kept across restarts and steerable from another process.
 *
 * Only the holder of the lease runs jobs. A run is bound to the epoch of the lease it started under: a runner that
 * lost the lease can no longer change the job (BANYAN_LEASE_LOST), so its successor's figures are never mixed with
 * its own. Figures here are for people; what was copied is what the log says.
 */
import { BanyanError, type ErrorCode } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Row, StoreDatabase } from './database.ts'
import { steer, type JobRequest, type JobState, type PendingRequest, type RunOutcome } from './job-state.ts'
import type { Lease } from './lease.ts'
import { corruptStore } from './sqlite-error.ts'

export type JobKind = 'backfill'

/** Counts of the whole job, over all its runs. */
export interface JobCounts {
  readonly tagsTotal: number
  readonly tagsDone: number
  readonly tagsFailed: number
  readonly samples: number
  readonly requests: number
}

export interface Job extends JobCounts {
  readonly id: number
  readonly kind: JobKind
  /** As it was enqueued, through JSON: validate it before use. */
  readonly params: unknown
  readonly state: JobState
  readonly requested: PendingRequest | undefined
  readonly error: JobError | undefined
  readonly createdAtMs: number
  readonly startedAtMs: number | undefined
  readonly endedAtMs: number | undefined
}

export interface JobError {
  readonly code: string
  readonly message: string
}

export interface TagFailure extends JobError {
  readonly tag: TagId
}

/** A message may quote a foreign answer; a page of text says enough. */
const MESSAGE_LIMIT = 2_000
const LIST_LIMIT = 100

export class JobTable {
  readonly #db: StoreDatabase
  readonly #clock: () => number

  constructor(db: StoreDatabase, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  /** `params` must survive JSON. */
  enqueue(kind: JobKind, params: object): Job {
    return this.#db.write(() => {
      const insert = this.#db.prepare("INSERT INTO jobs (kind, params, state, created_at) VALUES (?, ?, 'queued', ?)")
      const { lastInsertRowid } = insert.run(kind, JSON.stringify(params), this.#clock())
      return this.get(Number(lastInsertRowid))
    })
  }

  /** Throws BANYAN_USAGE when there is no such job. */
  get(id: number): Job {
    const row = this.#db.read(() => this.#db.prepare('SELECT * FROM jobs WHERE id = ?').get(id))
    if (row === undefined) {
      throw new BanyanError('BANYAN_USAGE', `there is no job ${id}`, { hint: 'List them with `banyan jobs`.' })
    }
    return this.#decode(row)
  }

  /** Newest first. */
  list(limit = LIST_LIMIT): Job[] {
    return this.#db.read(() =>
      this.#db
        .prepare('SELECT * FROM jobs ORDER BY id DESC LIMIT ?')
        .all(limit)
        .map((row) => this.#decode(row)),
    )
  }

  /** The jobs that wait to be run, or to be taken up again after an interruption; the one that waits longest first. */
  runnable(): Job[] {
    return this.#db.read(() =>
      this.#db
        .prepare("SELECT * FROM jobs WHERE state IN ('queued', 'interrupted') ORDER BY id LIMIT ?")
        .all(LIST_LIMIT)
        .map((row) => this.#decode(row)),
    )
  }

  /** Whether a job is called running; one whose end could not be stored is, until `interruptOrphans`. */
  hasRunning(): boolean {
    return (
      this.#db.read(() => this.#db.prepare("SELECT 1 FROM jobs WHERE state = 'running' LIMIT 1").get()) !== undefined
    )
  }

  /** The tags a job gave up on, ascending by tag id. */
  failures(id: number): TagFailure[] {
    return this.#db.read(() =>
      this.#db
        .prepare<{ tag: TagId; code: string; message: string }>(
          'SELECT tag, code, message FROM job_failures WHERE job = ? ORDER BY tag',
        )
        .all(id),
    )
  }

  /** Asks a job to pause, resume or cancel; from any process. Throws BANYAN_USAGE where that makes no sense. */
  request(id: number, request: JobRequest): Job {
    return this.#db.write(() => {
      const job = this.get(id)
      const outcome = steer(job.state, request)
      if ('refused' in outcome) {
        throw new BanyanError('BANYAN_USAGE', `job ${id} ${outcome.refused}`, { hint: 'See `banyan jobs`.' })
      }
      if ('pending' in outcome) {
        this.#db.prepare('UPDATE jobs SET requested = ? WHERE id = ?').run(outcome.pending ?? null, id)
      } else if (outcome.state !== job.state) {
        this.#db
          .prepare(
            `UPDATE jobs SET state = ?, requested = NULL, error_code = NULL, error_message = NULL, ended_at = ?
             WHERE id = ?`,
          )
          .run(outcome.state, outcome.state === 'cancelled' ? this.#clock() : null, id)
      }
      return this.get(id)
    })
  }

  /**
   * Starts a run under the lease. A run of an earlier holder that never ended is taken over. Clears the failures:
   * every tag gets a new chance. Throws BANYAN_USAGE for a job that is done, cancelled or already runs.
   */
  start(id: number, lease: Lease): JobRun {
    return this.#db.write(() => {
      lease.assertHeld()
      const { changes } = this.#db
        .prepare(
          `UPDATE jobs SET state = 'running', requested = NULL, lease_epoch = @epoch, tags_done = 0, tags_failed = 0,
             error_code = NULL, error_message = NULL, started_at = coalesce(started_at, @now), ended_at = NULL
           WHERE id = @id AND (state IN ('queued', 'paused', 'interrupted', 'failed')
                               OR (state = 'running' AND lease_epoch <> @epoch))`,
        )
        .run({ id, epoch: lease.epoch, now: this.#clock() })
      if (changes === 0) {
        throw new BanyanError('BANYAN_USAGE', `job ${id} cannot be started: it is ${this.get(id).state}`, {
          hint: 'See `banyan jobs`.',
        })
      }
      this.#db.prepare('DELETE FROM job_failures WHERE job = ?').run(id)
      return new JobRun(this.#db, this.#clock, this.get(id), lease)
    })
  }

  /**
   * Marks as interrupted, or as what was asked of it, every job that is called running though nobody runs it: of an
   * earlier holder of the lease, or one of this holder whose end could not be stored. Answers how many that were. For
   * the holder, while it runs none.
   */
  interruptOrphans(lease: Lease): number {
    return this.#db.write(() => {
      lease.assertHeld()
      return this.#db
        .prepare(
          `UPDATE jobs SET state = CASE requested WHEN 'cancel' THEN 'cancelled' WHEN 'pause' THEN 'paused' ELSE 'interrupted' END,
             ended_at = CASE requested WHEN 'cancel' THEN @now END, requested = NULL
           WHERE state = 'running'`,
        )
        .run({ now: this.#clock() }).changes
    })
  }

  #decode(row: Row): Job {
    return {
      id: Number(row['id']),
      kind: row['kind'] as JobKind,
      params: this.#params(row['params'] as string),
      state: row['state'] as JobState,
      requested: (row['requested'] as PendingRequest | null) ?? undefined,
      tagsTotal: Number(row['tags_total']),
      tagsDone: Number(row['tags_done']),
      tagsFailed: Number(row['tags_failed']),
      samples: Number(row['samples']),
      requests: Number(row['requests']),
      error:
        row['error_code'] === null
          ? undefined
          : { code: row['error_code'] as string, message: row['error_message'] as string },
      createdAtMs: Number(row['created_at']),
      startedAtMs: row['started_at'] === null ? undefined : Number(row['started_at']),
      endedAtMs: row['ended_at'] === null ? undefined : Number(row['ended_at']),
    }
  }

  #params(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch (error) {
      throw corruptStore(this.#db.file, 'the parameters of a job are not JSON', error)
    }
  }
}

/** One run of a job. All methods throw BANYAN_LEASE_LOST once another holder of the lease took the job over. */
export class JobRun {
  /** As it was when the run started; its counts are those of earlier runs. */
  readonly job: Job
  readonly #db: StoreDatabase
  readonly #clock: () => number
  readonly #lease: Lease

  constructor(db: StoreDatabase, clock: () => number, job: Job, lease: Lease) {
    this.#db = db
    this.#clock = clock
    this.job = job
    this.#lease = lease
  }

  /** What the job was asked to do meanwhile. Cheap: ask at every page. */
  requested(): PendingRequest | undefined {
    const row = this.#db.read(() =>
      this.#db
        .prepare<{ requested: PendingRequest | null; lease_epoch: bigint }>(
          'SELECT requested, lease_epoch FROM jobs WHERE id = ?',
        )
        .get(this.job.id),
    )
    if (row?.lease_epoch !== BigInt(this.#lease.epoch)) throw this.#takenOver()
    return row.requested ?? undefined
  }

  /** Replaces the counts; they are those of the whole job, so start from `job`'s samples and requests. */
  progress(counts: JobCounts): void {
    const { tagsTotal, tagsDone, tagsFailed, samples, requests } = counts
    this.#update('tags_total = ?, tags_done = ?, tags_failed = ?, samples = ?, requests = ?', [
      tagsTotal,
      tagsDone,
      tagsFailed,
      samples,
      requests,
    ])
  }

  /** Notes that the job gave up on a tag; the last reason per tag is kept. */
  tagFailed(tag: TagId, code: ErrorCode, message: string): void {
    this.#db.write(() => {
      this.#update('state = state', [])
      this.#db
        .prepare('INSERT OR REPLACE INTO job_failures (job, tag, code, message) VALUES (?, ?, ?, ?)')
        .run(this.job.id, tag, code, message.slice(0, MESSAGE_LIMIT))
    })
  }

  /**
   * Ends the run. `error` says why the job as a whole could not go on. A run that was cut short ends as it was asked to
   * meanwhile, if it was: nobody is left to ask for it later.
   */
  end(outcome: RunOutcome, error?: JobError): void {
    this.#db.write(() => {
      const state = outcome === 'interrupted' || outcome === 'failed' ? this.#asRequested(outcome) : outcome
      const isFinal = state === 'done' || state === 'failed' || state === 'cancelled'
      this.#update('state = ?, requested = NULL, ended_at = ?, error_code = ?, error_message = ?', [
        state,
        isFinal ? this.#clock() : null,
        error?.code ?? null,
        error?.message.slice(0, MESSAGE_LIMIT) ?? null,
      ])
    })
  }

  #asRequested(outcome: 'interrupted' | 'failed'): RunOutcome {
    const requested = this.requested()
    if (requested === 'cancel') return 'cancelled'
    return requested === 'pause' && outcome === 'interrupted' ? 'paused' : outcome
  }

  #update(assignments: string, values: readonly (string | number | null)[]): void {
    this.#db.write(() => {
      const { changes } = this.#db
        .prepare(`UPDATE jobs SET ${assignments} WHERE id = ? AND lease_epoch = ? AND state = 'running'`)
        .run(...values, this.job.id, this.#lease.epoch)
      if (changes === 0) throw this.#takenOver()
    })
  }

  #takenOver(): BanyanError {
    return new BanyanError('BANYAN_LEASE_LOST', `job ${this.job.id} is no longer run by this process`, {
      hint: 'Stop this process; `banyan jobs` shows who goes on.',
      context: { job: this.job.id, epoch: this.#lease.epoch },
    })
  }
}
