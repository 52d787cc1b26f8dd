/**
 * Governor: the historian is never hurt. One per historian; every request passes through one of its lanes, which hold
 * it back for concurrency, requests per second, rows in flight, quiet hours, an operator's pause and the historian's
 * own `Retry-After`.
 *
 * Of what waits, the highest lane goes first, and within a lane what came first. A request that may not start yet for
 * the rows it asks for lets nothing below it pass: small requests of a lower lane could keep it waiting for ever. No
 * lane is promised a share, so what the tail leaves is what the others get.
 */
import { isBanyanError } from '../domain/errors.ts'
import type { RequestGate } from '../source/source.ts'
import { reasonOf } from '../util/abort.ts'
import { AdaptiveConcurrency } from './concurrency.ts'
import { quietForMs, type QuietHours } from './quiet-hours.ts'
import { SlidingRate } from './sliding-rate.ts'

/** Whose request it is; highest priority first. */
export const LANES = ['tail', 'catch-up', 'sweep', 'verify', 'backfill'] as const
export type Lane = (typeof LANES)[number]

export interface GovernorLimits {
  /** Requests at once, at most. */
  readonly concurrency: number
  /** In any sliding second; below 1 it is one request every so many seconds. */
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
  /** Why nothing is sent right now, whatever the lane. */
  readonly heldBy: readonly HoldOfAll[]
  /** Lanes in which an operator has paused everything, highest first. */
  readonly pausedLanes: readonly Lane[]
}

/** What holds every lane. */
type HoldOfAll = 'quiet-hours' | 'retry-after'
/** `pause` holds one lane. */
export type HoldReason = 'pause' | HoldOfAll

/** Milliseconds: `wall` since 1970, for the time of day; `monotonic` since whenever, for how long something took. */
export interface GovernorClock {
  readonly wall: () => number
  readonly monotonic: () => number
}

/** A 429 that does not say how long: long enough to matter to a limiter that counts per second. */
const THROTTLED_HOLD_MS = 1000
/** A historian that asks for more than this is asked again all the same. */
const LONGEST_HOLD_MS = 15 * 60_000
const QUIET_CHECK_MS = 1000
/** The historian counts when requests arrive, not when they leave: a second, and what the way may shorten it by. */
const RATE_INTERVAL_MS = 1_050

interface Waiter {
  readonly rows: number
  readonly start: () => void
}

export class Governor {
  readonly #limits: GovernorLimits
  readonly #concurrency: AdaptiveConcurrency
  readonly #rate: SlidingRate
  readonly #clock: GovernorClock
  readonly #held = new Map<HoldOfAll, { readonly untilMs: number; readonly timer: NodeJS.Timeout }>()
  readonly #paused = new Set<Lane>()
  readonly #waiting = new Map<Lane, Waiter[]>(LANES.map((lane) => [lane, []]))
  #rateTimer: NodeJS.Timeout | undefined
  #rows = 0
  #inFlight = 0
  #requests = 0
  readonly #requestsByLane = new Map<Lane, number>()
  #throttled = 0
  #failed = 0
  #quietCheckedMs = -Infinity

  constructor(
    limits: GovernorLimits,
    clock: GovernorClock = { wall: () => Date.now(), monotonic: () => performance.now() },
  ) {
    this.#limits = limits
    this.#clock = clock
    this.#concurrency = new AdaptiveConcurrency(limits.concurrency)
    const perSecond = limits.requestsPerSecond
    this.#rate = new SlidingRate(Math.max(1, Math.floor(perSecond)), RATE_INTERVAL_MS / Math.min(1, perSecond))
  }

  /** The gate of one lane, for a source adapter of its own. */
  lane(lane: Lane): RequestGate {
    return { run: (rows, request, signal) => this.#run(lane, rows, request, signal) }
  }

  /** Holds everything of the lane that has not been sent yet, until `resume`. */
  pause(lane: Lane): void {
    this.#paused.add(lane)
  }

  resume(lane: Lane): void {
    this.#paused.delete(lane)
    this.#startNext()
  }

  /** Why nothing of this lane is sent right now. */
  heldBy(lane: Lane): HoldReason[] {
    return this.#paused.has(lane) ? ['pause', ...this.#held.keys()] : [...this.#held.keys()]
  }

  /** Requests of the lane so far. */
  requestsOf(lane: Lane): number {
    return this.#requestsByLane.get(lane) ?? 0
  }

  /** Lets go of timers; requests still waiting stay waiting until their signals abort. */
  close(): void {
    clearTimeout(this.#rateTimer)
    for (const { timer } of this.#held.values()) clearTimeout(timer)
  }

  state(): GovernorState {
    return {
      concurrency: this.#concurrency.allowed,
      concurrencyCap: this.#limits.concurrency,
      inFlight: this.#inFlight,
      waiting: [...this.#waiting.values()].reduce((sum, { length }) => sum + length, 0),
      rowsInFlight: this.#rows,
      requests: this.#requests,
      throttled: this.#throttled,
      failed: this.#failed,
      heldBy: [...this.#held.keys()],
      pausedLanes: LANES.filter((lane) => this.#paused.has(lane)),
    }
  }

  async #run<T>(lane: Lane, rows: number, request: () => Promise<T>, signal: AbortSignal): Promise<T> {
    // A request larger than the whole allowance runs alone rather than never.
    const weight = Math.min(rows, this.#limits.rowsInFlight)
    await this.#place(lane, weight, signal)
    this.#requestsByLane.set(lane, this.requestsOf(lane) + 1)
    const startedMs = this.#clock.monotonic()
    try {
      const answer = await request()
      const nowMs = this.#clock.monotonic()
      this.#concurrency.answered(rows, nowMs - startedMs, nowMs)
      return answer
    } catch (error) {
      this.#learnFrom(error)
      throw error
    } finally {
      this.#inFlight -= 1
      this.#rows -= weight
      this.#startNext()
    }
  }

  /** Waits for its turn; rejects with the signal's reason. */
  #place(lane: Lane, rows: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(reasonOf(signal))
        return
      }
      const waiting = this.#waiting.get(lane) ?? []
      const waiter: Waiter = {
        rows,
        start: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      const onAbort = (): void => {
        waiting.splice(waiting.indexOf(waiter), 1)
        reject(reasonOf(signal))
        // It may have been the one that nothing could pass.
        this.#startNext()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      waiting.push(waiter)
      this.#startNext()
    })
  }

  /** Starts what may start now. */
  #startNext(): void {
    this.#holdIfQuiet()
    while (this.#held.size === 0 && this.#inFlight < this.#concurrency.allowed) {
      const waiting = this.#highestWaiting()
      const next = waiting?.[0]
      if (next === undefined || this.#rows + next.rows > this.#limits.rowsInFlight) return
      const nowMs = this.#clock.monotonic()
      const waitMs = this.#rate.waitMs(nowMs)
      if (waitMs > 0) {
        this.#startLater(waitMs)
        return
      }
      this.#rate.started(nowMs)
      waiting?.shift()
      this.#inFlight += 1
      this.#rows += next.rows
      this.#requests += 1
      next.start()
    }
  }

  #highestWaiting(): Waiter[] | undefined {
    for (const [lane, waiting] of this.#waiting) if (waiting.length > 0 && !this.#paused.has(lane)) return waiting
    return undefined
  }

  #startLater(ms: number): void {
    this.#rateTimer ??= setTimeout(() => {
      this.#rateTimer = undefined
      this.#startNext()
    }, Math.ceil(ms))
  }

  #learnFrom(error: unknown): void {
    if (!isBanyanError(error, 'BANYAN_SOURCE_THROTTLED', 'BANYAN_SOURCE_UNAVAILABLE')) return
    this.#concurrency.refused(this.#clock.monotonic())
    const asked = error.context['retryAfterMs']
    if (error.code === 'BANYAN_SOURCE_THROTTLED') this.#throttled += 1
    else this.#failed += 1
    if (typeof asked === 'number') this.#holdFor('retry-after', asked)
    else if (error.code === 'BANYAN_SOURCE_THROTTLED') this.#holdFor('retry-after', THROTTLED_HOLD_MS)
  }

  #holdIfQuiet(): void {
    const quiet = this.#limits.quietHours
    const nowMs = this.#clock.monotonic()
    if (quiet === undefined || nowMs - this.#quietCheckedMs < QUIET_CHECK_MS) return
    this.#quietCheckedMs = nowMs
    const quietMs = quietForMs(quiet, this.#clock.wall())
    if (quietMs > 0) this.#holdFor('quiet-hours', quietMs)
  }

  #holdFor(reason: HoldOfAll, askedMs: number): void {
    const ms = Math.min(askedMs, LONGEST_HOLD_MS)
    const untilMs = this.#clock.monotonic() + ms
    const held = this.#held.get(reason)
    if (held !== undefined && untilMs <= held.untilMs) return
    clearTimeout(held?.timer)
    const timer = setTimeout(() => {
      this.#held.delete(reason)
      this.#quietCheckedMs = -Infinity
      this.#startNext()
    }, ms)
    this.#held.set(reason, { untilMs, timer })
  }
}
