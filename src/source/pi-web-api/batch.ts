/**
 * Batch: many GETs in one `POST /batch`, each judged alone by its own status.
 *
 * The server documents no bound on sub-requests. A batch that is refused for what it is (400, 413), or whose answer is
 * too large, is split in halves; where batches are refused altogether, and for a batch of one, plain GETs are sent, so
 * a refusal is always the answer to one request. A batch that is lost as a whole is repeated as a whole.
 */
import { isBanyanError, type BanyanError } from '../../domain/errors.ts'
import { isObject, partOf, throwWebException, type Answer } from './answer.ts'
import type { PiWebApiClient } from './client.ts'
import { Coalescer, type Ask } from '../coalesce.ts'
import { errorOfStatus, isTooLarge, parseRetryAfter, protocolError, tooMuchIfLate } from './errors.ts'
import { isBatchRefusal, type Features } from './features.ts'
import { COALESCE_MS, MAX_COALESCED_ROWS } from './options.ts'
import type { Retrying } from './retrying.ts'

interface SubRequest {
  readonly path: string
  readonly what: string
}
type SubAsk = Ask<SubRequest, Answer>

export interface BatchOptions {
  readonly client: PiWebApiClient
  readonly features: Features
  readonly batchSize: number
  readonly retrying: Retrying
  readonly clock: () => number
}

export class Batch {
  readonly #client: PiWebApiClient
  readonly #features: Features
  readonly #retrying: Retrying
  readonly #clock: () => number
  readonly #queue: Coalescer<SubRequest, Answer>

  constructor({ client, features, batchSize, retrying, clock }: BatchOptions) {
    this.#client = client
    this.#features = features
    this.#retrying = retrying
    this.#clock = clock
    const limits = { maxAsks: batchSize, maxRows: MAX_COALESCED_ROWS, waitMs: COALESCE_MS }
    this.#queue = new Coalescer(limits, (asks, signal) => this.#send(asks, signal))
  }

  /** Like a GET of `path`, but in company; where batches are not to be had, a plain GET. */
  async get(path: string, what: string, rows: number, signal: AbortSignal): Promise<Answer> {
    const { batch } = await this.#features.find(signal)
    return batch ? this.#queue.ask({ path, what }, rows, signal) : this.#client.get(path, { what, rows, signal })
  }

  async #send(asks: readonly SubAsk[], signal: AbortSignal): Promise<void> {
    if (asks.length < 2) return this.#sendAlone(asks)
    try {
      const answer = await this.#retrying(() => this.#post(asks, signal).catch(tooMuchIfLate), signal)
      for (const [i, ask] of asks.entries()) this.#settle(ask, answer, String(i))
    } catch (error) {
      if (isTooLarge(error) || isTooManyAsked(error)) {
        const middle = Math.ceil(asks.length / 2)
        await this.#sendHalves([asks.slice(0, middle), asks.slice(middle)], signal)
      } else if (isBatchRefusal(error)) {
        this.#features.forget()
        await this.#sendAlone(asks)
      } else {
        throw error
      }
    }
  }

  #post(asks: readonly SubAsk[], signal: AbortSignal): Promise<Answer> {
    const requests = asks.map(({ what }, i) => [i, { Method: 'GET', Resource: this.#client.url + what.path }] as const)
    return this.#client.post('/batch', JSON.stringify(Object.fromEntries(requests)), {
      what: `a batch of ${asks.length} requests`,
      rows: asks.reduce((sum, ask) => sum + ask.rows, 0),
      signal,
      complaintOf: (whole) => this.#complaintOf(whole, asks),
    })
  }

  async #sendAlone(asks: readonly SubAsk[]): Promise<void> {
    const get = ({ what, rows, signal }: SubAsk): Promise<Answer> =>
      this.#client.get(what.path, { what: what.what, rows, signal })
    await Promise.all(asks.map((ask) => get(ask).then(ask.resolve, ask.reject)))
  }

  async #sendHalves(halves: readonly (readonly SubAsk[])[], signal: AbortSignal): Promise<void> {
    const send = async (half: readonly SubAsk[]): Promise<void> => {
      try {
        await this.#send(half, signal)
      } catch (error) {
        for (const ask of half) ask.reject(error)
      }
    }
    await Promise.all(halves.map(send))
  }

  #settle(ask: SubAsk, whole: Answer, id: string): void {
    try {
      const part = this.#judge(whole, id, ask.what)
      if (part instanceof Error) throw part
      throwWebException(part.json, ask.what.what)
      ask.resolve(part)
    } catch (error) {
      ask.reject(error)
    }
  }

  #judge(whole: Answer, id: string, { what }: SubRequest): Answer | BanyanError {
    const sub = whole.json[id]
    if (!isObject(sub) || typeof sub['Status'] !== 'number') {
      return protocolError(`${what}: the batch answer leaves it out`, 'unreadable')
    }
    const { Status: status, Content: content, Headers: headers } = sub
    if (status < 200 || status > 299) {
      const retryAfter = isObject(headers) ? headers['Retry-After'] : undefined
      const retryAfterMs =
        typeof retryAfter === 'string' || typeof retryAfter === 'number'
          ? parseRetryAfter(String(retryAfter), this.#clock())
          : undefined
      return errorOfStatus({ status, body: content, retryAfterMs }, what)
    }
    if (!isObject(content)) return protocolError(`${what}: the batch answer holds no object for it`, 'unreadable')
    return partOf(whole, content, (exact) => {
      const again = exact[id]
      return isObject(again) ? again['Content'] : undefined
    })
  }

  /** The first sub-request the historian was too busy for: the gate must hear of it although the batch succeeded. */
  #complaintOf(whole: Answer, asks: readonly SubAsk[]): BanyanError | undefined {
    for (const [i, ask] of asks.entries()) {
      const part = this.#judge(whole, String(i), ask.what)
      if (part instanceof Error && part.retryable) return part
    }
    return undefined
  }
}

function isTooManyAsked(error: unknown): boolean {
  return (
    isBanyanError(error, 'BANYAN_SOURCE_REJECTED') &&
    (error.context['status'] === 400 || error.context['status'] === 413)
  )
}
