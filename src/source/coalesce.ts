/**
 * Coalescer: small requests that arrive together travel together.
 *
 * The first one waits a few milliseconds for company; a group is sent when that time is over or the group is full.
 * Each member is answered alone: one that fails, or whose caller gives up, never fails or holds back the others. The
 * shared request is abandoned only when every member has given up.
 */
import { setMaxListeners } from 'node:events'
import { reasonOf } from '../util/abort.ts'
import { groupBy } from '../util/group-by.ts'

export interface Ask<A, R> {
  readonly what: A
  readonly rows: number
  readonly signal: AbortSignal
  readonly resolve: (result: R) => void
  readonly reject: (error: unknown) => void
}

export interface GroupLimits {
  readonly maxAsks: number
  /** Most samples all answers of a group may hold together. */
  readonly maxRows: number
  readonly waitMs: number
}

export class Coalescer<A, R> {
  readonly #limits: GroupLimits
  readonly #send: (asks: readonly Ask<A, R>[], signal: AbortSignal) => Promise<void>
  #waiting: Ask<A, R>[] = []
  #rows = 0
  #timer: NodeJS.Timeout | undefined

  /** `send` settles every ask; if it throws, the asks it has not settled are rejected with that. */
  constructor(limits: GroupLimits, send: (asks: readonly Ask<A, R>[], signal: AbortSignal) => Promise<void>) {
    this.#limits = limits
    this.#send = send
  }

  ask(what: A, rows: number, signal: AbortSignal): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      if (signal.aborted) {
        reject(reasonOf(signal))
        return
      }
      if (this.#rows + rows > this.#limits.maxRows) this.#flush()
      this.#waiting.push({ what, rows, signal, resolve, reject })
      this.#rows += rows
      if (this.#waiting.length >= this.#limits.maxAsks) this.#flush()
      else this.#timer ??= setTimeout(() => this.#flush(), this.#limits.waitMs)
    })
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const asks = this.#waiting
    this.#waiting = []
    this.#rows = 0
    if (asks.length > 0) void this.#sendTogether(asks)
  }

  async #sendTogether(asks: readonly Ask<A, R>[]): Promise<void> {
    const ending = new AbortController()
    // Members that end up travelling alone all listen to it.
    setMaxListeners(0, ending.signal)
    let present = asks.length
    const leave = (members: readonly Ask<A, R>[], signal: AbortSignal) => (): void => {
      for (const ask of members) ask.reject(reasonOf(signal))
      present -= members.length
      if (present === 0) ending.abort(reasonOf(signal))
    }
    // Thousands of reads may share one signal; listening costs time in proportion to those who listen already.
    const bySignal = groupBy(asks, ({ signal }) => signal)
    const leaving = [...bySignal].map(([signal, members]) => ({ signal, onAbort: leave(members, signal) }))
    for (const { signal, onAbort } of leaving) {
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
    }
    try {
      ending.signal.throwIfAborted()
      await this.#send(asks, ending.signal)
    } catch (error) {
      for (const ask of asks) ask.reject(error)
    } finally {
      for (const { signal, onAbort } of leaving) signal.removeEventListener('abort', onAbort)
    }
  }
}
