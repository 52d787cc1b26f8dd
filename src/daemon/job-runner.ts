/**
 * JobRunner: runs what was enqueued, one job at a time, oldest first, in the lowest lane.
 *
 * A job that ends because historian or log were away is queued again and waits; it goes on where it stopped. A job
 * that a stop interrupts is taken up by the next start.
 */
import { BackfillJob } from '../app/backfill-job.ts'
import { scopeOf } from '../app/backfill-scope.ts'
import type { Bridge, GovernedSource } from '../app/bridge.ts'
import type { LogSession } from '../app/log-session.ts'
import { narrow, type Selection } from '../app/selection.ts'
import { BanyanError, isBanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Job } from '../store/jobs.ts'
import type { Lease } from '../store/lease.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { isAbort, sleep } from '../util/abort.ts'
import { KeepGoing } from './keep-going.ts'

/** A person who enqueued a job waits no longer than this. */
const LOOK_EVERY_MS = 500
/** Historian or log were away: they have been waited for already. */
const AGAIN_AFTER_MS = 60_000

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
  readonly #notBeforeMs = new Map<number, number>()

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
        const job = this.#next()
        if (job === undefined) await sleep(LOOK_EVERY_MS, signal)
        else await this.#runJob(job, sources, signal)
      }, signal)
    }
  }

  #next(): Job | undefined {
    return this.#parts.store.jobs.runnable().find(({ id }) => (this.#notBeforeMs.get(id) ?? 0) <= Date.now())
  }

  async #runJob(job: Job, sources: readonly GovernedSource[], signal: AbortSignal): Promise<void> {
    const { bridge, store, lease, session, catalogue, liveFrom } = this.#parts
    const run = store.jobs.start(job.id, lease)
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
      onProgress: () => undefined,
    })
    try {
      const { state, samples, failures } = await backfill.run(scopeOf(job), signal)
      this.#logger.info({ job: job.id, state, samples, tagsFailed: failures.length }, 'job ended')
    } catch (error) {
      if (isAbort(error, signal)) throw error
      this.#afterFailure(job, error)
    }
  }

  /** The job says itself that it failed; what is worse than that goes on to end the daemon. */
  #afterFailure(job: Job, error: unknown): void {
    if (!isBanyanError(error) || isWorse(error)) throw error
    const passes = error.retryable || isBanyanError(error, 'BANYAN_SOURCE_DOWN', 'BANYAN_SOURCE_UNAUTHORIZED')
    const fields = { job: job.id, code: error.code, error: error.message, hint: error.hint }
    if (!passes) {
      this.#logger.warn(fields, 'job failed')
      return
    }
    this.#logger.warn({ ...fields, retryMs: AGAIN_AFTER_MS }, 'job is queued again')
    this.#notBeforeMs.set(job.id, Date.now() + AGAIN_AFTER_MS)
    this.#parts.store.jobs.request(job.id, 'resume')
  }
}

function isWorse(error: BanyanError): boolean {
  return isBanyanError(
    error,
    'BANYAN_LEASE_LOST',
    'BANYAN_LOG_FENCED',
    'BANYAN_LOG_CORRUPT',
    'BANYAN_INTERNAL',
    'BANYAN_STORE_CORRUPT',
  )
}
