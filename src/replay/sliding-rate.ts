/** SlidingRate: at most so many starts in any stretch of time, wherever the stretch begins. Pure; times are given. */

export class SlidingRate {
  readonly #cap: number
  readonly #intervalMs: number
  /** The last starts, as many as the cap; a ring whose `#oldest` entry is the one that holds the next start back. */
  readonly #startedAtMs: number[] = []
  #oldest = 0

  /** `cap` starts, at least 1, in any `intervalMs`. */
  constructor(cap: number, intervalMs: number) {
    this.#cap = cap
    this.#intervalMs = intervalMs
  }

  /** How long until another start is allowed; 0 when it is now. */
  waitMs(nowMs: number): number {
    const blockedBy = this.#startedAtMs[this.#oldest]
    return blockedBy === undefined ? 0 : Math.max(0, blockedBy + this.#intervalMs - nowMs)
  }

  started(nowMs: number): void {
    this.#startedAtMs[this.#oldest] = nowMs
    this.#oldest = (this.#oldest + 1) % this.#cap
  }
}
