/**
 * The historian's clock in ticks. A manual clock stands still until told to advance, to be set (also back, as a
 * correction of the time does), or to run by itself faster or slower than real time: a day in minutes. A real clock
 * follows the machine's, and cannot be told anything.
 */
import { formatTicksTrimmed } from './grid.ts'

const TICKS_PER_MS = 10_000n

export class HistorianClock {
  readonly mode: 'manual' | 'real'
  /** A manual clock showed this at `#sinceMs` of the machine's monotonic clock. */
  #base: bigint
  #sinceMs = 0
  /** Milliseconds of the historian per millisecond of the machine. */
  #rate = 0

  /** `start`: where a manual clock stands; a real clock ignores it. */
  constructor(mode: 'manual' | 'real', start: bigint) {
    this.mode = mode
    this.#base = start
  }

  now(): bigint {
    if (this.mode === 'real') return machineTicks()
    return this.#rate === 0 ? this.#base : this.#base + ticksOf((performance.now() - this.#sinceMs) * this.#rate)
  }

  advance(ms: number): void {
    if (ms < 0) throw new RangeError(`the clock stands at ${formatTicksTrimmed(this.now())} and does not go back`)
    this.step(ms)
  }

  /** Sets the clock, forward or (negative) back. */
  step(ms: number): void {
    this.#requireManual()
    this.#base += ticksOf(ms)
  }

  /** From now on it runs at `rate` times real time; 0 lets it stand still. */
  run(rate: number): void {
    this.#requireManual()
    if (!Number.isFinite(rate) || rate < 0)
      throw new RangeError(`a clock cannot run at ${String(rate)} times real time`)
    this.#base = this.now()
    this.#sinceMs = performance.now()
    this.#rate = rate
  }

  #requireManual(): void {
    if (this.mode === 'real') throw new Error('a real clock cannot be set')
  }
}

function ticksOf(ms: number): bigint {
  return BigInt(Math.round(ms)) * TICKS_PER_MS
}

function machineTicks(): bigint {
  return BigInt(Date.now()) * TICKS_PER_MS
}
