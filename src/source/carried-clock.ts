/**
 * CarriedClock: the historian's time while its fallback serves: the earlier of what the fallback says and what the
 * primary's clock must show by now, carried on from its last answer by our clock that is never set.
 *
 * A fallback whose clock runs ahead would cover time in which the primary's samples are yet to be written. As long as
 * the primary was never heard, our own clock stands in for its.
 */
import { ticks, ticksFromMs, TICKS_PER_MS, type Ticks } from '../domain/ticks.ts'

export interface Moment {
  /** Of a clock that is never set. */
  readonly monotonicMs: number
  /** Since 1970. */
  readonly wallMs: number
}

export class CarriedClock {
  #heard: { readonly serverTime: Ticks; readonly monotonicMs: number } | undefined

  /** The primary answered. */
  hear(serverTime: Ticks, { monotonicMs }: Moment): void {
    this.#heard = { serverTime, monotonicMs }
  }

  /** Never later than what the fallback says. */
  limit(serverTime: Ticks, { monotonicMs, wallMs }: Moment): Ticks {
    const primary =
      this.#heard === undefined
        ? ticksFromMs(wallMs)
        : ticks(this.#heard.serverTime + BigInt(Math.floor(monotonicMs - this.#heard.monotonicMs)) * TICKS_PER_MS)
    return serverTime < primary ? serverTime : primary
  }
}
