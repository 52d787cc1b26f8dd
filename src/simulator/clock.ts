/** The historian's clock in ticks: it stands still until told to advance, or follows the machine's clock. */
import { formatTicksTrimmed } from './grid.ts'

const TICKS_PER_MS = 10_000n

export class HistorianClock {
  readonly mode: 'manual' | 'real'
  #offset: bigint

  /** `start`: where a manual clock stands; a real clock ignores it. */
  constructor(mode: 'manual' | 'real', start: bigint) {
    this.mode = mode
    this.#offset = mode === 'manual' ? start : 0n
  }

  now(): bigint {
    return this.mode === 'manual' ? this.#offset : machineTicks()
  }

  advance(ms: number): void {
    if (this.mode === 'real') throw new Error('a real clock cannot be advanced')
    if (ms < 0) throw new RangeError(`the clock stands at ${formatTicksTrimmed(this.#offset)} and does not go back`)
    this.#offset += BigInt(Math.round(ms)) * TICKS_PER_MS
  }
}

function machineTicks(): bigint {
  return BigInt(Date.now()) * TICKS_PER_MS
}
