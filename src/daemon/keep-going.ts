/**
 * KeepGoing: what a service of the daemon does about a failure. Most are the world's (a historian away, a log
 * restarting, a full disk): they are told once, waited out with growing pauses, and forgotten at the first success.
 * Those that waiting cannot mend, or that make going on dangerous, end the daemon.
 */
import { BanyanError, isBanyanError, messageOf, type ErrorCode } from '../domain/errors.ts'
import type { Logger } from '../telemetry/logger.ts'
import { isAbort, sleep } from '../util/abort.ts'

const FIRST_PAUSE_MS = 1_000
/** A historian that comes back after a night is read again within this time. */
const LONGEST_PAUSE_MS = 60_000

const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'BANYAN_LOG_UNSAFE',
  'BANYAN_LOG_CORRUPT',
  'BANYAN_LOG_FENCED',
  'BANYAN_STORE_NEWER',
  'BANYAN_STORE_CORRUPT',
  'BANYAN_LEASE_HELD',
  'BANYAN_LEASE_LOST',
  'BANYAN_INTERNAL',
])

/** What is wrong with a service right now. */
export interface Trouble {
  readonly code: string
  readonly message: string
  /** When it last failed, in milliseconds since 1970. */
  readonly atMs: number
}

export interface KeepGoingOptions {
  /** What ends the daemon. A service that the others must not fail with has nothing that does. */
  readonly isFatal: (error: unknown) => boolean
  /** Pauses grow up to this, milliseconds. */
  readonly longestPauseMs: number
}

export class KeepGoing {
  readonly #logger: Logger
  readonly #what: string
  readonly #options: KeepGoingOptions
  #trouble: Trouble | undefined
  #pauseMs = FIRST_PAUSE_MS

  /** `what` completes "… failed". */
  constructor(what: string, logger: Logger, options: Partial<KeepGoingOptions> = {}) {
    this.#what = what
    this.#logger = logger
    this.#options = { isFatal, longestPauseMs: LONGEST_PAUSE_MS, ...options }
  }

  /** Undefined when the last attempt succeeded, or none was made. */
  get trouble(): Trouble | undefined {
    return this.#trouble
  }

  /**
   * Runs `body` once. True when it succeeded; false when it failed in a way that may pass, after a pause. Rejects with
   * what is fatal, and with the signal's reason.
   */
  async attempt(body: () => Promise<void>, signal: AbortSignal): Promise<boolean> {
    try {
      await body()
      if (this.#trouble !== undefined) this.#logger.info({}, `${this.#what} works again`)
      this.#trouble = undefined
      this.#pauseMs = FIRST_PAUSE_MS
      return true
    } catch (error) {
      if (isAbort(error, signal) || this.#options.isFatal(error)) throw error
      this.#note(error)
      await sleep(this.#pauseMs, signal)
      this.#pauseMs = Math.min(2 * this.#pauseMs, this.#options.longestPauseMs)
      return false
    }
  }

  /** One line per trouble, not per attempt. */
  #note(error: unknown): void {
    const code = error instanceof BanyanError ? error.code : 'BANYAN_INTERNAL'
    const hint = error instanceof BanyanError ? error.hint : undefined
    const message = messageOf(error)
    const fields = { code, error: message, hint, retryMs: this.#pauseMs }
    if (this.#trouble?.code === code) this.#logger.debug(fields, `${this.#what} failed again`)
    else this.#logger.warn(fields, `${this.#what} failed; trying again`)
    this.#trouble = { code, message, atMs: Date.now() }
  }
}

export function isFatal(error: unknown): boolean {
  // What is no BanyanError is a defect of ours: crash, and let the supervisor start afresh.
  return !isBanyanError(error) || FATAL.has(error.code)
}
