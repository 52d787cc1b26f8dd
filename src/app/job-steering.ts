/**
 * JobSteering: lets `banyan jobs pause|resume|cancel` in one process steer a run in another, through the store.
 *
 * A paused run sends nothing more to the historian and waits, keeping the lease; cancelled, it stops where it is and
 * what it copied stays.
 */
import { isBanyanError, messageOf } from '../domain/errors.ts'
import type { Governor } from '../replay/governor.ts'
import type { JobRun } from '../store/jobs.ts'
import type { Logger } from '../telemetry/logger.ts'

/** A person who asked waits no longer than this. */
const ASK_EVERY_MS = 500

export class JobCancelled extends Error {
  override readonly name = 'JobCancelled'
}

export class JobSteering {
  readonly #run: JobRun
  readonly #governors: readonly Governor[]
  readonly #logger: Logger
  readonly #stop = new AbortController()
  readonly #timer: NodeJS.Timeout
  #paused = false

  constructor(run: JobRun, governors: readonly Governor[], logger: Logger) {
    this.#run = run
    this.#governors = governors
    this.#logger = logger
    this.#timer = setInterval(() => {
      this.#ask()
    }, ASK_EVERY_MS)
  }

  /** Aborts with JobCancelled, or with BANYAN_LEASE_LOST when the job was taken over. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  get isPaused(): boolean {
    return this.#paused
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #ask(): void {
    let requested
    try {
      requested = this.#run.requested()
    } catch (error) {
      if (isBanyanError(error, 'BANYAN_LEASE_LOST')) this.#stop.abort(error)
      this.#logger.warn({ component: 'jobs', error: messageOf(error) }, 'could not ask what the job should do')
      return
    }
    if (requested === 'cancel') this.#stop.abort(new JobCancelled(`job ${this.#run.job.id} was cancelled`))
    else if (requested === 'pause' && !this.#paused) this.#setPaused(true)
    else if (requested === undefined && this.#paused) this.#setPaused(false)
  }

  #setPaused(paused: boolean): void {
    this.#paused = paused
    for (const governor of this.#governors) {
      if (paused) governor.pause()
      else governor.resume()
    }
    this.#logger.info({ component: 'jobs', job: this.#run.job.id }, paused ? 'job paused' : 'job resumed')
  }
}
