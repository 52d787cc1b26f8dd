/**
 * LoopWatch: since when a request may have been waiting for this thread.
 *
 * A request is seen when the thread turns to it, which is later than it came when the thread was busy. Whoever counts
 * requests per second by when they are seen takes a busy second for an impolite client.
 */

/** Two of these is how late an idle thread may be; small against the second that is counted. */
const BEAT_MS = 5

export class LoopWatch {
  #timer: NodeJS.Timeout | undefined
  #lastBeatMs = 0
  #beatBeforeMs = 0

  /** Does not keep the process alive. */
  start(): void {
    this.#lastBeatMs = performance.now()
    this.#beatBeforeMs = this.#lastBeatMs
    this.#timer ??= setInterval(() => {
      this.#beatBeforeMs = this.#lastBeatMs
      this.#lastBeatMs = performance.now()
    }, BEAT_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /**
   * The earliest time, by `performance.now()`, at which a request that is seen now can have come. After a busy stretch
   * the beat that was due in it comes first, so it is the one before that tells when the stretch began.
   */
  earliestArrivalMs(): number {
    return this.#beatBeforeMs
  }
}
