/**
 * Pulse: since when the primary has answered nobody, seen request by request.
 *
 * An adapter tries again before it fails, and as long as the historian asks it to wait: its callers would learn minutes
 * too late that nobody is answered. Here they see it. A request that waits for its turn says nothing; one that was refused
 * for what it asks was answered.
 */
import { isBanyanError, type BanyanError } from '../domain/errors.ts'
import { isUnanswered } from './serving.ts'
import type { RequestGate } from './source.ts'

export interface SilenceListener {
  readonly isNear: () => void
  /** With what a request failed with last; undefined when all of them hang. */
  readonly isOver: (failure: BanyanError | undefined) => void
}

export class Pulse {
  readonly #nowMs: () => number
  #underWay = 0
  #unansweredSinceMs: number | undefined
  /** What a request failed with last, since anything was answered. */
  #failure: BanyanError | undefined

  /** `nowMs`: milliseconds of a clock that is never set. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /**
   * When the oldest request was sent that nothing was answered after, whether it failed or is under way; undefined when
   * nothing is open.
   */
  get unansweredSinceMs(): number | undefined {
    return this.#unansweredSinceMs
  }

  /** The gate, each of whose requests is seen from when it is sent. */
  watch(gate: RequestGate): RequestGate {
    return { run: (rows, request, signal) => gate.run(rows, () => this.#follow(request), signal) }
  }

  /**
   * Beside a call that waits: tells it when nobody was answered for `budgetMs` since the call began. Half of that before, it
   * says so: one more request may show that it is what is read that hangs. Ends when that is told, or the answer is called.
   */
  onSilence(budgetMs: number, { isNear, isOver }: SilenceListener): () => void {
    const begunMs = this.#nowMs()
    const halfMs = budgetMs / 2
    let isTold = false
    const look = (): void => {
      const nowMs = this.#nowMs()
      const silentMs = nowMs - Math.max(begunMs, this.#unansweredSinceMs ?? nowMs)
      if (silentMs >= halfMs && isTold) {
        isOver(this.#failure)
        return
      }
      isTold = silentMs >= halfMs
      if (isTold) isNear()
      // Counted from now: a process that stood still has heard nobody.
      timer = setTimeout(look, isTold ? halfMs : halfMs - silentMs)
    }
    let timer = setTimeout(look, halfMs)
    return () => {
      clearTimeout(timer)
    }
  }

  async #follow<T>(request: () => Promise<T>): Promise<T> {
    this.#unansweredSinceMs ??= this.#nowMs()
    this.#underWay += 1
    try {
      const answer = await request()
      this.#underWay -= 1
      this.#answered()
      return answer
    } catch (error) {
      this.#underWay -= 1
      this.#failed(error)
      throw error
    }
  }

  /** What was sent before is given its time anew. */
  #answered(): void {
    this.#failure = undefined
    this.#unansweredSinceMs = this.#underWay === 0 ? undefined : this.#nowMs()
  }

  #failed(error: unknown): void {
    if (isUnanswered(error)) this.#failure = error
    else if (isBanyanError(error) && error.code.startsWith('BANYAN_SOURCE_')) this.#answered()
    // Broken off by us: nothing is known.
    else if (this.#underWay === 0 && this.#failure === undefined) this.#unansweredSinceMs = undefined
  }
}
