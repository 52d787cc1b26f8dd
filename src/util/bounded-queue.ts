/**
 * BoundedQueue: the only buffer between a fast reader and a slow writer. `put` waits while the weight inside is at
 * the bound, so memory stays flat however slow the taker is.
 */
import { reasonOf } from './abort.ts'

interface Entry<T> {
  readonly item: T
  readonly weight: number
}

export class BoundedQueue<T> {
  readonly #bound: number
  readonly #entries: Entry<T>[] = []
  #weight = 0
  #closed = false
  #failure: Error | undefined
  #wakeTaker: (() => void) | undefined
  readonly #waitingPutters = new Set<() => void>()

  /** `bound`: total weight at which `put` starts to wait; one item may overshoot it, so that none is ever too big. */
  constructor(bound: number) {
    this.#bound = bound
  }

  /** Waits for room. Rejects when the queue failed, was closed, or the signal aborts. */
  async put(item: T, weight: number, signal: AbortSignal): Promise<void> {
    while (this.#weight >= this.#bound && this.#failure === undefined && !this.#closed) await this.#room(signal)
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closed) throw new Error('put into a closed queue')
    this.#entries.push({ item, weight })
    this.#weight += weight
    this.#wakeTaker?.()
  }

  /** Takes items until their weight reaches `enough` or none is left; does not wait. */
  takeReady(enough: number): T[] {
    const taken: T[] = []
    let weight = 0
    while (weight < enough) {
      const entry = this.#entries.shift()
      if (entry === undefined) break
      weight += entry.weight
      taken.push(entry.item)
    }
    this.#weight -= weight
    if (taken.length > 0) this.#wakePutters()
    return taken
  }

  /** Resolves when `weight` is ready, the queue is closed or `waitMs` has passed. Never rejects. One taker only. */
  async ready(weight: number, waitMs: number): Promise<void> {
    if (this.#weight >= weight || this.#closed) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#wakeTaker = undefined
        resolve()
      }
      const timer = setTimeout(done, waitMs)
      this.#wakeTaker = () => {
        if (this.#weight >= weight || this.#closed) done()
      }
    })
  }

  /** No more puts; what is inside can still be taken. */
  close(): void {
    this.#closed = true
    this.#wakeTaker?.()
    this.#wakePutters()
  }

  /** Every present and future `put` rejects with this. */
  fail(error: Error): void {
    this.#failure = error
    this.#wakePutters()
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  get isClosed(): boolean {
    return this.#closed
  }

  #room(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(reasonOf(signal))
        return
      }
      const settle = (finish: () => void): void => {
        this.#waitingPutters.delete(onRoom)
        signal.removeEventListener('abort', onAbort)
        finish()
      }
      const onRoom = (): void => {
        settle(resolve)
      }
      const onAbort = (): void => {
        settle(() => {
          reject(reasonOf(signal))
        })
      }
      this.#waitingPutters.add(onRoom)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  #wakePutters(): void {
    for (const wake of [...this.#waitingPutters]) wake()
  }
}
