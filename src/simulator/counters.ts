/** What the simulator was asked for: the proof that a client is polite and only reads. */
export interface Counters {
  /** HTTP requests below the base path. */
  readonly requests: number
  /** By route; what no route takes counts as `unrouted`. */
  readonly byRoute: Readonly<Record<string, number>>
  /** Sub-requests of batches, by route; they are not part of `requests`. */
  readonly batchedByRoute: Readonly<Record<string, number>>
  /** Requests answered with 400 or above, cut or truncated. */
  readonly failed: number
  /** Rows of recorded values put into answers. */
  readonly rows: number
  /** Most requests that must have come within one second, whenever it began. */
  readonly peakPerSecond: number
  readonly peakConcurrency: number
  /** Requests that were not reads, sub-requests included. Must stay 0. */
  readonly writes: number
}

const ONE_SECOND_MS = 1000

export class RequestCounters {
  #requests = 0
  #failed = 0
  #rows = 0
  #writes = 0
  #running = 0
  #peakConcurrency = 0
  #peakPerSecond = 0
  /** When the requests of the last second can have come at the earliest; ascending. */
  #lastSecond: number[] = []
  readonly #byRoute = new Map<string, number>()
  readonly #batchedByRoute = new Map<string, number>()

  /** Seen at `atMs`; came between `earliestMs` and then. */
  begin(atMs: number, earliestMs: number): void {
    this.#requests += 1
    this.#running += 1
    this.#peakConcurrency = Math.max(this.#peakConcurrency, this.#running)
    this.#lastSecond.push(earliestMs)
    const recent = this.#lastSecond.findIndex((at) => at > atMs - ONE_SECOND_MS)
    this.#lastSecond.splice(0, recent < 0 ? this.#lastSecond.length : recent)
    this.#peakPerSecond = Math.max(this.#peakPerSecond, this.#lastSecond.length)
  }

  end(failed: boolean): void {
    this.#running -= 1
    if (failed) this.#failed += 1
  }

  routed(route: string): void {
    this.#byRoute.set(route, (this.#byRoute.get(route) ?? 0) + 1)
  }

  batched(route: string): void {
    this.#batchedByRoute.set(route, (this.#batchedByRoute.get(route) ?? 0) + 1)
  }

  served(rows: number): void {
    this.#rows += rows
  }

  wrote(): void {
    this.#writes += 1
  }

  snapshot(): Counters {
    return {
      requests: this.#requests,
      byRoute: Object.fromEntries(this.#byRoute),
      batchedByRoute: Object.fromEntries(this.#batchedByRoute),
      failed: this.#failed,
      rows: this.#rows,
      peakPerSecond: this.#peakPerSecond,
      peakConcurrency: this.#peakConcurrency,
      writes: this.#writes,
    }
  }

  /** Starts over; requests still running go on counting as running. */
  reset(): void {
    this.#requests = 0
    this.#failed = 0
    this.#rows = 0
    this.#writes = 0
    this.#peakConcurrency = this.#running
    this.#peakPerSecond = 0
    this.#lastSecond = []
    this.#byRoute.clear()
    this.#batchedByRoute.clear()
  }
}
