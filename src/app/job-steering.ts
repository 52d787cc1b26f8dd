/**
 * JobSteering: lets `banyan jobs pause|resume|cancel` in one process steer a run in another, through the store.
 *
 * In the foreground a paused run sends nothing more to the historian and waits, keeping the lease; in the daemon it
 * makes way for the next job. Cancelled, it stops where it is and what it copied stays.
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

/** The run ends here, to be taken up again when the job is resumed. */
export class JobPaused extends Error {
  override readonly name = 'JobPaused'
}

export class JobSteering {
  readonly #run: JobRun
  readonly #governors: readonly Governor[]
  readonly #pausing: 'wait' | 'end'
  readonly #logger: Logger
  readonly #stop = new AbortController()
  readonly #timer: NodeJS.Timeout
  #paused = false

  constructor(run: JobRun, governors: readonly Governor[], pausing: 'wait' | 'end', logger: Logger) {
    this.#run = run
    this.#governors = governors
    this.#pausing = pausing
    this.#logger = logger
    this.#timer = setInterval(() => {
      this.#ask()
    }, ASK_EVERY_MS)
  }

  /** Aborts with JobCancelled, with JobPaused where pausing ends the run, or with BANYAN_LEASE_LOST when the job was taken over. */
  get signal(): AbortSignal {
    return this.#stop.signal
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
    else if (requested === 'pause' && this.#pausing === 'end')
      this.#stop.abort(new JobPaused(`job ${this.#run.job.id} was paused`))
    else if (requested === 'pause' && !this.#paused) this.#setPaused(true)
    else if (requested === undefined && this.#paused) this.#setPaused(false)
  }

  #setPaused(paused: boolean): void {
    this.#paused = paused
    for (const governor of this.#governors) {
      if (paused) governor.pause('backfill')
      else governor.resume('backfill')
    }
    this.#logger.info({ component: 'jobs', job: this.#run.job.id }, paused ? 'job paused' : 'job resumed')
  }
}
