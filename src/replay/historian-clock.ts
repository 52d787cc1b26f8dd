/**
 * HistorianClock: from what a historian answers when asked for the time, the time below which its samples are settled.
 * Pure: every time is given.
 *
 * It follows the historian's clock, never ours, and must not run ahead of where samples are being written, because
 * coverage is extended up to it:
 *
 * - A clock that leaps ahead, further than the time that has passed explains, may come back. Until it has stayed there
 *   for a while, it is taken to advance as time passes. A first answer ahead of our own clock is such a leap.
 * - A clock that is set back writes samples at times that are covered already. What is written there is for the sweep
 *   to find, in the window that the event names; nothing more is covered until the clock has passed it again.
 */
import { TICKS_PER_MS, ticks, ticksFromMs, type Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'

/** Further ahead than this is a leap. Below it, waiting for proof would cost more than sweeping the stretch. */
export const LEAP_MS = 15 * 60_000
/** A clock set by mistake is mostly put right within a minute; freshness waits no longer. */
export const STEADY_MS = 60_000
/** Answers of several servers behind one address differ by this much without any clock having been set. */
const JITTER_MS = 2_000
/** Over less than this, our own clocks are too coarse to tell a pace. */
const PACE_SPAN_MS = 500
/** A pace is what most of so many readings in a row say: a single step is none. Odd, so that there is a middle one. */
const PACE_READINGS = 5

/** What our clocks say, in milliseconds. */
export interface OurTime {
  /** Of a clock that is never set. */
  readonly monotonicMs: number
  /** Since 1970; of one that also counts while the machine sleeps. */
  readonly wallMs: number
}

export interface ClockReading extends OurTime {
  /** The historian's own clock, at that moment. */
  readonly serverTime: Ticks
}

export type ClockEvent =
  /** Samples are now written into `window`, which was settled before. */
  | { readonly kind: 'stepped-back'; readonly window: Window }
  /** The clock has passed `window` again: by normal means nothing more is written into it. */
  | { readonly kind: 'passed-again'; readonly window: Window }
  /** `held`: it leapt and is not believed yet; not held: it stayed there and is believed now. */
  | { readonly kind: 'stepped-forward'; readonly held: boolean }

export class HistorianClock {
  readonly #settleTicks: bigint
  #settled: Ticks | undefined
  /** The highest of it at any time. */
  #highest: Ticks | undefined
  /** The last one believed. */
  #last: ClockReading | undefined
  /**
   * Milliseconds of the historian's per millisecond of ours, at least 1, as the last readings say: a simulated plant's
   * day takes minutes.
   */
  #paces: readonly number[] = Array.from({ length: PACE_READINGS }, () => 1)
  /** Where a leap went that is not believed yet. */
  #leap: ClockReading | undefined
  /** What a clock that was set back has yet to pass. */
  #behind: Window | undefined

  constructor(settleMs: number) {
    this.#settleTicks = BigInt(settleMs) * TICKS_PER_MS
  }

  /** As the clock stands, exclusive; undefined until an answer was believed. It goes back when the clock does. */
  get settled(): Ticks | undefined {
    return this.#settled
  }

  /** Is the historian's time not believed right now? */
  get isHeld(): boolean {
    return this.#leap !== undefined
  }

  /** Takes it that so much was settled before: a clock that was set back meanwhile then shows as one. */
  resume(settled: Ticks): void {
    if (this.#highest === undefined || settled > this.#highest) this.#highest = settled
  }

  /** Readings in the order in which they were taken. */
  observe(reading: ClockReading): readonly ClockEvent[] {
    const expected =
      this.#last === undefined
        ? ticksFromMs(reading.wallMs)
        : addMs(this.#last.serverTime, this.#pace() * elapsedMs(this.#last, reading))
    if (msBetween(expected, reading.serverTime) > LEAP_MS) return this.#observeLeap(reading)
    this.#leap = undefined
    return this.#believe(reading, this.#last)
  }

  #observeLeap(reading: ClockReading): readonly ClockEvent[] {
    const leap = this.#leap
    if (leap !== undefined && hasStayed(leap, reading)) {
      if (elapsedMs(leap, reading) < STEADY_MS) return this.#advanceMeanwhile(reading)
      this.#leap = undefined
      return [...this.#believe(reading, leap), { kind: 'stepped-forward', held: false }]
    }
    this.#leap = reading
    const meanwhile = this.#advanceMeanwhile(reading)
    return leap === undefined ? [...meanwhile, { kind: 'stepped-forward', held: true }] : meanwhile
  }

  /** As if the clock had not leapt; our clock that is never set says how far. */
  #advanceMeanwhile({ monotonicMs }: ClockReading): readonly ClockEvent[] {
    return this.#last === undefined
      ? []
      : this.#advance(addMs(this.#last.serverTime, monotonicMs - this.#last.monotonicMs))
  }

  #believe(reading: ClockReading, since: ClockReading | undefined): readonly ClockEvent[] {
    if (since !== undefined && elapsedMs(since, reading) >= PACE_SPAN_MS) {
      const beyondJitterMs = msBetween(since.serverTime, reading.serverTime) - JITTER_MS
      this.#paces = [...this.#paces.slice(1), Math.max(1, beyondJitterMs / elapsedMs(since, reading))]
    }
    this.#last = reading
    return this.#advance(reading.serverTime)
  }

  #pace(): number {
    return this.#paces.toSorted((a, b) => a - b)[PACE_READINGS >> 1] ?? 1
  }

  #advance(serverTime: Ticks): readonly ClockEvent[] {
    const settled = ticks(serverTime - this.#settleTicks)
    this.#settled = settled
    const highest = (this.#highest ??= settled)
    if (settled >= highest) {
      this.#highest = settled
      const window = this.#behind
      this.#behind = undefined
      return window === undefined ? [] : [{ kind: 'passed-again', window }]
    }
    if (settled >= addMs(this.#behind?.from ?? highest, -JITTER_MS)) return []
    this.#behind = { from: settled, until: highest }
    return [{ kind: 'stepped-back', window: this.#behind }]
  }
}

/** Time has gone on from there, and the clock has not come back. */
function hasStayed(leap: ClockReading, now: ClockReading): boolean {
  return msBetween(addMs(leap.serverTime, elapsedMs(leap, now)), now.serverTime) >= -JITTER_MS
}

/** The longer of what both our clocks say: the one may have been set back, the other stops in a machine asleep. */
function elapsedMs(since: OurTime, now: OurTime): number {
  return Math.max(0, now.monotonicMs - since.monotonicMs, now.wallMs - since.wallMs)
}

function msBetween(from: Ticks, until: Ticks): number {
  return Number(until - from) / Number(TICKS_PER_MS)
}

function addMs(at: Ticks, ms: number): Ticks {
  return ticks(at + BigInt(Math.round(ms)) * TICKS_PER_MS)
}
