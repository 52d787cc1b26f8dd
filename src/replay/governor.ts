/**
 * Governor: the historian is never hurt. One per historian; every request passes through `run`, which holds it back
 * for concurrency, requests per second, rows in flight, quiet hours, an operator's pause and the historian's own
 * `Retry-After`.
 */
import PQueue from 'p-queue'
import { isBanyanError } from '../domain/errors.ts'
import type { RequestGate } from '../source/source.ts'
import { reasonOf } from '../util/abort.ts'
import { AdaptiveConcurrency } from './concurrency.ts'
import { quietForMs, type QuietHours } from './quiet-hours.ts'

export interface GovernorLimits {
  /** Requests at once, at most. */
  readonly concurrency: number
  /** In any sliding second. */
  readonly requestsPerSecond: number
  /** Samples the answers under way may carry together. */
  readonly rowsInFlight: number
  readonly quietHours: QuietHours | undefined
}

export interface GovernorState {
  readonly concurrency: number
  readonly concurrencyCap: number
  readonly inFlight: number
  readonly waiting: number
  readonly rowsInFlight: number
  readonly requests: number
  readonly throttled: number
  readonly failed: number
  /** Why nothing is sent right now. */
  readonly heldBy: readonly HoldReason[]
}

export type HoldReason = 'pause' | 'quiet-hours' | 'retry-after'

/** A 429 that does not say how long: long enough to matter to a limiter that counts per second. */
const THROTTLED_HOLD_MS = 1000
/** A historian that asks for more than this is asked again all the same. */
const LONGEST_HOLD_MS = 15 * 60_000
const QUIET_CHECK_MS = 1000
/** The historian counts when requests arrive, not when they leave: a second, and what the way may shorten it by. */
const RATE_INTERVAL_MS = 1_050

export class Governor implements RequestGate {
  readonly #limits: GovernorLimits
  readonly #queue: PQueue
  readonly #concurrency: AdaptiveConcurrency
  readonly #now: () => number
  readonly #held = new Map<HoldReason, { readonly untilMs: number; readonly timer?: NodeJS.Timeout }>()
  readonly #waitingForRows: { rows: number; start: () => void }[] = []
  #rows = 0
  #inFlight = 0
  #requests = 0
  #throttled = 0
  #failed = 0
  #quietCheckedMs = -Infinity

  constructor(limits: GovernorLimits, now: () => number = Date.now) {
    this.#limits = limits
    this.#now = now
    this.#concurrency = new AdaptiveConcurrency(limits.concurrency)
    this.#queue = new PQueue({
      concurrency: this.#concurrency.allowed,
      interval: RATE_INTERVAL_MS,
      intervalCap: limits.requestsPerSecond,
      strict: true,
    })
  }

  async run<T>(rows: number, request: () => Promise<T>, signal: AbortSignal): Promise<T> {
    // A request larger than the whole allowance runs alone rather than never.
    const weight = Math.min(rows, this.#limits.rowsInFlight)
    this.#holdIfQuiet()
    await this.#takeRows(weight, signal)
    try {
      return await this.#queue.add(() => this.#send(rows, request), { signal })
    } finally {
      this.#giveRows(weight)
    }
  }

  /** Holds everything that has not been sent yet, until `resume`. */
  pause(): void {
    this.#held.set('pause', { untilMs: Infinity })
    this.#queue.pause()
  }

  resume(): void {
    this.#held.delete('pause')
    this.#startUnlessHeld()
  }

  /** Lets go of timers; requests still waiting stay waiting until their signals abort. */
  close(): void {
    for (const { timer } of this.#held.values()) clearTimeout(timer)
  }

  state(): GovernorState {
    return {
      concurrency: this.#concurrency.allowed,
      concurrencyCap: this.#limits.concurrency,
      inFlight: this.#inFlight,
      waiting: this.#queue.size + this.#waitingForRows.length,
      rowsInFlight: this.#rows,
      requests: this.#requests,
      throttled: this.#throttled,
      failed: this.#failed,
      heldBy: [...this.#held.keys()],
    }
  }

  async #send<T>(rows: number, request: () => Promise<T>): Promise<T> {
    const startedMs = this.#now()
    this.#requests += 1
    this.#inFlight += 1
    try {
      const answer = await request()
      this.#concurrency.answered(rows, this.#now() - startedMs, this.#now())
      return answer
    } catch (error) {
      this.#learnFrom(error)
      throw error
    } finally {
      this.#inFlight -= 1
      this.#holdIfQuiet()
      this.#queue.concurrency = this.#concurrency.allowed
    }
  }

  #learnFrom(error: unknown): void {
    if (!isBanyanError(error, 'BANYAN_SOURCE_THROTTLED', 'BANYAN_SOURCE_UNAVAILABLE')) return
    this.#concurrency.refused(this.#now())
    const asked = error.context['retryAfterMs']
    if (error.code === 'BANYAN_SOURCE_THROTTLED') this.#throttled += 1
    else this.#failed += 1
    if (typeof asked === 'number') this.#holdFor('retry-after', asked)
    else if (error.code === 'BANYAN_SOURCE_THROTTLED') this.#holdFor('retry-after', THROTTLED_HOLD_MS)
  }

  #holdIfQuiet(): void {
    const quiet = this.#limits.quietHours
    if (quiet === undefined || this.#now() - this.#quietCheckedMs < QUIET_CHECK_MS) return
    this.#quietCheckedMs = this.#now()
    const quietMs = quietForMs(quiet, this.#now())
    if (quietMs > 0) this.#holdFor('quiet-hours', quietMs)
  }

  #holdFor(reason: HoldReason, askedMs: number): void {
    const ms = Math.min(askedMs, LONGEST_HOLD_MS)
    const untilMs = this.#now() + ms
    const held = this.#held.get(reason)
    if (held !== undefined && untilMs <= held.untilMs) return
    clearTimeout(held?.timer)
    const timer = setTimeout(() => {
      this.#held.delete(reason)
      this.#quietCheckedMs = -Infinity
      this.#holdIfQuiet()
      this.#startUnlessHeld()
    }, ms)
    this.#held.set(reason, { untilMs, timer })
    this.#queue.pause()
  }

  #startUnlessHeld(): void {
    if (this.#held.size === 0) this.#queue.start()
  }

  #takeRows(rows: number, signal: AbortSignal): Promise<void> {
    if (this.#waitingForRows.length === 0 && this.#rows + rows <= this.#limits.rowsInFlight) {
      this.#rows += rows
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const waiter = {
        rows,
        start: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      const onAbort = (): void => {
        const index = this.#waitingForRows.indexOf(waiter)
        if (index >= 0) this.#waitingForRows.splice(index, 1)
        reject(reasonOf(signal))
      }
      if (signal.aborted) {
        reject(reasonOf(signal))
        return
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waitingForRows.push(waiter)
    })
  }

  #giveRows(rows: number): void {
    this.#rows -= rows
    for (;;) {
      const next = this.#waitingForRows[0]
      if (next === undefined || this.#rows + next.rows > this.#limits.rowsInFlight) return
      this.#waitingForRows.shift()
      this.#rows += next.rows
      next.start()
    }
  }
}
