/**
 * OpenPoints: the continuation points the server keeps for us, counted, since it keeps few.
 *
 * A read that is refused because there are no more waits until one of ours is done with. So there are never more chains
 * side by side than the server bears, and waiting costs no patience. Points that were lost with the answer they came in
 * end with the session alone: as soon as they are in the way, it is given up for another.
 */
import type { ClientSession } from 'node-opcua-client'
import { abortable } from '../../util/abort.ts'
import type { UaSession } from './connection.ts'

export class OpenPoints {
  readonly #waitMs: number
  /** By what the server takes for one session: a connection that was cut may leave it to the next. */
  readonly #openCount = new WeakMap<ClientSession, number>()
  readonly #withLost = new WeakSet<ClientSession>()
  readonly #waiting = new Set<() => void>()

  /** `waitMs`: how long a refused read waits at most; a reader who takes his time holds his point as long as he likes. */
  constructor(waitMs: number) {
    this.#waitMs = waitMs
  }

  opened({ wire }: UaSession): void {
    this.#openCount.set(wire.session, this.#openOf(wire.session) + 1)
  }

  /** The server keeps it no more, or has kept it in vain. */
  closed({ wire }: UaSession): void {
    this.#openCount.set(wire.session, this.#openOf(wire.session) - 1)
    const [first] = this.#waiting
    first?.()
  }

  /** A call ended in a way that leaves open what the server keeps because of it. */
  lost({ wire }: UaSession): void {
    this.#withLost.add(wire.session)
  }

  /** After a refusal in that session: true once it may be tried again, false if waiting is of no use. */
  async freed({ wire }: UaSession, signal: AbortSignal): Promise<boolean> {
    if (this.#withLost.has(wire.session)) {
      wire.end()
      return false
    }
    return this.#openOf(wire.session) > 0 && this.#wait(signal)
  }

  async #wait(signal: AbortSignal): Promise<boolean> {
    let stop = (): void => undefined
    const woken = new Promise<boolean>((resolve) => {
      const wake = (): void => {
        stop()
        resolve(true)
      }
      const timer = setTimeout(() => resolve(false), this.#waitMs)
      stop = () => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
      }
      this.#waiting.add(wake)
    })
    return abortable(woken, signal).finally(stop)
  }

  #openOf(session: ClientSession): number {
    return this.#openCount.get(session) ?? 0
  }
}
