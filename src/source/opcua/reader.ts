/**
 * Reader: the windows of one tag as the port's pages. What to ask and what to believe is decided in pager.ts; here it is
 * asked, decoded, and asked again after a failure.
 *
 * A failure costs the chain it befell and a part of the patience that each delivered page restores. A continuation point
 * that is left over is given back to the server; one that was sent in vain is not, since nobody knows what it is now.
 */
import { BanyanError } from '../../domain/errors.ts'
import { formatOpcUaAddress, type OpcUaAddress } from '../../domain/opc-ua-address.ts'
import type { Sample, SampleType } from '../../domain/sample.ts'
import type { Tag } from '../../domain/tag.ts'
import { formatTicks, type Ticks } from '../../domain/ticks.ts'
import type { Window } from '../../domain/window.ts'
import { type RetryPolicy, withRetry } from '../../util/retry.ts'
import type { SamplePage } from '../source.ts'
import { AnswerSize } from './answer-size.ts'
import type { UaSession } from './connection.ts'
import { closedHistoryError, contradiction, isLate, notFoundError, refusalIn } from './errors.ts'
import type { Continuation, HistoryAnswer, HistoryReader } from './history-read.ts'
import type { Nodes } from './nodes.ts'
import { type Ask, FIRST_START, type Outcome, Pager } from './pager.ts'
import { printable } from './printable.ts'
import { decodeRows } from './rows.ts'
import type { StateNames } from './value.ts'

/** Rows of these types may differ in size a thousandfold. */
const UNEQUAL_TYPES: ReadonlySet<SampleType> = new Set<SampleType>(['string', 'bytes', 'other'])

export interface ReaderParts {
  readonly history: HistoryReader
  readonly nodes: Nodes
  readonly policy: RetryPolicy
  readonly addressOf: (tag: Tag) => OpcUaAddress
}

export class TagReader {
  readonly #parts: ReaderParts
  /** One per tag ever read. */
  readonly #sizes = new Map<string, AnswerSize>()

  constructor(parts: ReaderParts) {
    this.#parts = parts
  }

  async *readWindow(
    tag: Tag,
    window: Window,
    pageSize: number,
    signal: AbortSignal,
  ): AsyncGenerator<SamplePage, void, undefined> {
    signal.throwIfAborted()
    if (window.until <= FIRST_START) {
      yield { covers: window, source: 'opcua', samples: [] }
      return
    }
    const pager = new Pager(window, pageSize, this.#sizeOf(tag))
    const read = new WindowRead(this.#parts, tag, pager, this.#sizeOf(tag), signal)
    try {
      for (;;) {
        const { covers, samples, end } = await withRetry(this.#parts.policy, () => read.nextPage(), signal)
        yield { covers, source: 'opcua', samples }
        if (end) return
        signal.throwIfAborted()
      }
    } finally {
      read.release()
    }
  }

  #sizeOf({ id, type }: Tag): AnswerSize {
    let size = this.#sizes.get(id)
    if (size === undefined) {
      size = new AnswerSize(!UNEQUAL_TYPES.has(type))
      this.#sizes.set(id, size)
    }
    return size
  }
}

type Delivery = Extract<Outcome, { kind: 'deliver' }>

class WindowRead {
  readonly #parts: ReaderParts
  readonly #tag: Tag
  readonly #address: OpcUaAddress
  readonly #pager: Pager
  readonly #size: AnswerSize
  readonly #signal: AbortSignal
  readonly #what: string
  #continuation: Continuation | undefined

  constructor(parts: ReaderParts, tag: Tag, pager: Pager, size: AnswerSize, signal: AbortSignal) {
    this.#parts = parts
    this.#tag = tag
    this.#address = parts.addressOf(tag)
    this.#pager = pager
    this.#size = size
    this.#signal = signal
    this.#what = `reading tag ${printable(tag.name)}`
  }

  /** Asks until there is something to deliver. After a rejection it may be called again, and goes on. */
  async nextPage(): Promise<Delivery> {
    for (;;) {
      const ask = this.#pager.next()
      const answer = await this.#answerTo(ask)
      if (answer === undefined) continue
      const outcome = await this.#judge(ask, answer)
      switch (outcome.kind) {
        case 'deliver':
          return outcome
        case 'more':
          break
        case 'contradiction':
          throw contradiction(`${this.#what}: ${outcome.problem}`, { tag: this.#tag.id })
        case 'group-too-large':
          throw this.#tooLargeGroup(outcome.at, outcome.rows)
      }
    }
  }

  /** Gives the last continuation point back, if it was not used. */
  release(): void {
    if (this.#continuation !== undefined) this.#parts.history.release(this.#continuation)
    this.#continuation = undefined
  }

  /** Undefined: the server wants to be asked for less, which the pager knows. */
  async #answerTo(ask: Ask): Promise<HistoryAnswer | undefined> {
    try {
      const answer = await this.#send(ask)
      this.#continuation = answer.continuation
      return answer
    } catch (error) {
      if (refusalIn(error) === 'too-large' && this.#pager.shrink()) return undefined
      if (isLate(error)) this.#pager.abandonLate()
      else this.#pager.abandon()
      throw await this.#explain(error)
    }
  }

  #send(ask: Ask): Promise<HistoryAnswer> {
    const { history } = this.#parts
    const continuation = this.#continuation
    if (ask.kind === 'continue' && continuation !== undefined) {
      // Whatever happens to the call, this one is spent.
      this.#continuation = undefined
      return history.readOn(continuation, this.#signal)
    }
    if (ask.kind === 'continue') throw new Error('no continuation point to follow')
    this.release()
    return history.read({ address: this.#address, range: ask, what: this.#what }, this.#signal)
  }

  async #judge(ask: Ask, { session, values, continuation }: HistoryAnswer): Promise<Outcome> {
    try {
      const continues = continuation !== undefined
      if (values.length === 0 && !continues && ask.kind === 'fresh') {
        // Some servers answer "Good, no rows" for a node they do not have, or keep no history of.
        const standing = await this.#parts.nodes.standingOf(this.#address, this.#signal)
        if (standing === 'absent') throw notFoundError(this.#what, formatOpcUaAddress(this.#address))
        if (standing === 'closed') throw closedHistoryError(this.#what, formatOpcUaAddress(this.#address))
      }
      const samples = values.length === 0 ? [] : await this.#decode(values, session)
      this.#size.inSession(session, session.limits.rowsPerAnswer)
      return this.#pager.answered({ samples, continues })
    } catch (error) {
      this.#pager.abandon()
      throw error
    }
  }

  async #decode(values: HistoryAnswer['values'], session: UaSession): Promise<Sample[]> {
    const { type, name } = this.#tag
    let states: StateNames | undefined
    if (type === 'digital') states = await this.#parts.nodes.statesOf(this.#address, session, this.#signal)
    return decodeRows(values, { type, states, uriOf: session.namespaces.uriOf }, name)
  }

  /** Some servers say "access denied" of nodes they do not have. */
  async #explain(error: unknown): Promise<unknown> {
    if (refusalIn(error) !== 'forbidden') return error
    const { nodes } = this.#parts
    const isThere = await nodes.exists(this.#address, this.#signal).catch(() => true)
    return isThere ? error : notFoundError(this.#what, formatOpcUaAddress(this.#address))
  }

  #tooLargeGroup(at: Ticks, rows: number): BanyanError {
    const time = formatTicks(at)
    return new BanyanError(
      'BANYAN_TICK_GROUP_TOO_LARGE',
      `tag ${printable(this.#tag.name)}: at least ${rows} samples in the millisecond of ${time}, more than the server gives in one answer`,
      {
        hint: 'Raise what the OPC UA server gives in one answer, or look at that moment: it is most likely a mistake.',
        context: { tag: this.#tag.id, time },
      },
    )
  }
}
