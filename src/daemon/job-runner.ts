/**
 * JobRunner: runs what was enqueued, one job at a time, oldest first, in the lowest lane.
 *
 * A job that ends because historian or log were away is interrupted and goes on a minute later where it stopped. One
 * that could not even begin is tried again too, ever more seldom: while a server is being updated or a secret file
 * replaced, even an answer that sounds final passes. A job that a stop interrupts is taken up by the next start.
 */
import { BackfillJob } from '../app/backfill-job.ts'
import { scopeOf } from '../app/backfill-scope.ts'
import type { Bridge } from '../app/bridge.ts'
import type { GovernedSource } from '../app/historian-connections.ts'
import type { LogSession } from '../app/log-session.ts'
import { narrow, type Selection } from '../app/selection.ts'
import { isBanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Job } from '../store/jobs.ts'
import type { Lease } from '../store/lease.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { isAbort, sleep } from '../util/abort.ts'
import { isFatal, KeepGoing } from './keep-going.ts'

/** A person who enqueued a job waits no longer than this. */
const LOOK_EVERY_MS = 500
/** Historian or log were away: they have been waited for already. */
const AGAIN_AFTER_MS = 60_000
/** What keeps a job from beginning may need a person. */
const LONGEST_PAUSE_MS = 15 * 60_000

export interface JobRunnerParts {
  readonly bridge: Bridge
  readonly store: Store
  readonly lease: Lease
  readonly session: LogSession
  /** Asks the historians anew for what the rules select; only the one named, if one is. */
  readonly catalogue: (historian: string | undefined, signal: AbortSignal) => Promise<Selection>
  /** Where the live tail of a tag begins. */
  readonly liveFrom: (tag: TagId) => Ticks | undefined
}

export class JobRunner {
  readonly #parts: JobRunnerParts
  readonly #logger: Logger
  /** Jobs that are tried again, by id. */
  readonly #pauses = new Map<number, Pause>()
  /** Nothing runs, and yet the store may call the last job running: its end could not be stored. */
  #mayBeStranded = false

  constructor(parts: JobRunnerParts) {
    this.#parts = parts
    this.#logger = parts.bridge.logger.child({ component: 'jobs' })
  }

  /** Until the signal aborts. Rejects with what concerns more than the job. */
  async run(signal: AbortSignal): Promise<void> {
    const sources = await this.#parts.bridge.selectedSources()
    const keepGoing = new KeepGoing('running jobs', this.#logger)
    while (!signal.aborted) {
      await keepGoing.attempt(async () => {
        this.#freeStranded()
        const job = this.#next()
        if (job === undefined) await sleep(LOOK_EVERY_MS, signal)
        else await this.#runJob(job, sources, signal)
      }, signal)
    }
  }

  #freeStranded(): void {
    if (!this.#mayBeStranded) return
    const { store, lease } = this.#parts
    if (store.jobs.interruptOrphans(lease) > 0) this.#logger.info({}, 'a job whose end could not be stored goes on')
    this.#mayBeStranded = false
  }

  /** What a person puts back into the queue does not wait for the end of its pause. */
  #next(): Job | undefined {
    return this.#parts.store.jobs
      .runnable()
      .find(({ id, state }) => state === 'queued' || (this.#pauses.get(id)?.untilMs ?? 0) <= Date.now())
  }

  async #runJob(job: Job, sources: readonly GovernedSource[], signal: AbortSignal): Promise<void> {
    const { bridge, store, lease, session, catalogue, liveFrom } = this.#parts
    const run = store.jobs.start(job.id, lease)
    this.#mayBeStranded = true
    this.#logger.info({ job: job.id }, 'job started')
    const backfill = new BackfillJob({
      bridge,
      store,
      sources,
      run,
      select: async (scope, selecting) =>
        narrow(await catalogue(scope.historian, selecting), scope, bridge.config.tags),
      openLog: () => Promise.resolve(session),
      liveFrom,
      pausing: 'end',
      endsAs: (error, hasBegun) => (isPassing(error, hasBegun) ? 'interrupted' : 'failed'),
      onProgress: () => undefined,
    })
    try {
      const { state, samples, failures } = await backfill.run(scopeOf(job), signal)
      this.#logger.info({ job: job.id, state, samples, tagsFailed: failures.length }, 'job ended')
      this.#pauses.delete(job.id)
    } catch (error) {
      if (isAbort(error, signal)) throw error
      this.#afterFailure(job, error, backfill.hasBegun)
    }
  }

  /** The job says itself that it failed; what is worse than that goes on to end the daemon. */
  #afterFailure({ id }: Job, error: unknown, hasBegun: boolean): void {
    // The log may be unsafe for what this job would copy, and safe for what the daemon copies.
    const isOfJob = isBanyanError(error, 'BANYAN_LOG_UNSAFE')
    if (!isBanyanError(error) || (isFatal(error) && !isOfJob)) throw error
    const fields = { job: id, code: error.code, error: error.message, hint: error.hint }
    if (!isPassing(error, hasBegun)) {
      this.#pauses.delete(id)
      this.#logger.warn(fields, 'job failed')
      return
    }
    const lastMs = hasBegun ? undefined : this.#pauses.get(id)?.pauseMs
    const pauseMs = lastMs === undefined ? AGAIN_AFTER_MS : Math.min(2 * lastMs, LONGEST_PAUSE_MS)
    this.#pauses.set(id, { pauseMs, untilMs: Date.now() + pauseMs })
    this.#logger.warn({ ...fields, retryMs: pauseMs }, 'job interrupted; it is tried again')
  }
}

interface Pause {
  readonly pauseMs: number
  /** By our clock. */
  readonly untilMs: number
}

/** Whether trying again may help, be it by this process or, when the right to write is lost, by the next one. */
function isPassing(error: unknown, hasBegun: boolean): boolean {
  if (isBanyanError(error, 'BANYAN_LEASE_LOST', 'BANYAN_LOG_FENCED')) return true
  if (!isBanyanError(error) || isFatal(error) || error.code === 'BANYAN_USAGE') return false
  return !hasBegun || error.retryable || isBanyanError(error, 'BANYAN_SOURCE_DOWN', 'BANYAN_SOURCE_UNAUTHORIZED')
}
