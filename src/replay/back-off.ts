/** BackOff: how long to leave alone what fails again and again. Pure; times are given in milliseconds. */
import type { BanyanError } from '../domain/errors.ts'

/** A tag that is mended is read again within this time. */
const LONGEST_PAUSE_MS = 15 * 60_000

export interface Fault {
  readonly error: BanyanError
  /** Of the first failure in a row. */
  readonly sinceMs: number
  readonly retryAtMs: number
}

export class BackOff {
  readonly #firstPauseMs: number
  #pauseMs = 0
  #fault: Fault | undefined

  constructor(firstPauseMs: number) {
    this.#firstPauseMs = Math.min(firstPauseMs, LONGEST_PAUSE_MS)
  }

  /** What it failed for; undefined since it last succeeded. */
  get fault(): Fault | undefined {
    return this.#fault
  }

  isDue(nowMs: number): boolean {
    return this.#fault === undefined || nowMs >= this.#fault.retryAtMs
  }

  /** The pause doubles with every failure in a row. */
  failed(error: BanyanError, nowMs: number): void {
    this.#pauseMs = this.#fault === undefined ? this.#firstPauseMs : Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS)
    this.#fault = { error, sinceMs: this.#fault?.sinceMs ?? nowMs, retryAtMs: nowMs + this.#pauseMs }
  }

  succeeded(): void {
    this.#fault = undefined
  }
}
