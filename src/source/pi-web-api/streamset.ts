/**
 * Streamset: one `recorded` call for many tags over the same range, for servers without `/batch`.
 *
 * Whether `maxCount` bounds each stream or the sum is not documented, so an answer is believed only when it is below
 * both readings: fewer rows in total than asked for. Whatever is doubtful (a full answer, an error on a stream, a
 * stream that is missing) is answered `undefined`: ask for that tag alone. Answers are matched by decoded point id,
 * never by position, because the server may collapse, reorder or rename them.
 */
import { isObject, partOf, type Answer, type JsonObject } from './answer.ts'
import type { PiWebApiClient } from './client.ts'
import { Coalescer, type Ask } from './coalesce.ts'
import { isBanyanError } from '../../domain/errors.ts'
import { COALESCE_MS, MAX_COALESCED_ROWS } from './options.ts'
import { pointIdOf, type WebId } from './webid.ts'

/** An IDOnly WebID takes 39 bytes of the query: 40 stay far below the 4 KB some gateways cut at. */
const MAX_STREAMS = 40

/** Rows asked for, for all streams together; under the per-stream reading the byte bound is what protects us. */
const STREAMSET_ROWS = 10_000

interface Stream {
  readonly webId: WebId
  readonly pointId: number
  /** The query of the range, the same text for the same range. */
  readonly range: string
}
type StreamAsk = Ask<Stream, Answer | undefined>

export class Streamset {
  readonly #client: PiWebApiClient
  readonly #queue: Coalescer<Stream, Answer | undefined>

  constructor(client: PiWebApiClient) {
    this.#client = client
    const limits = { maxAsks: MAX_STREAMS * 4, maxRows: MAX_COALESCED_ROWS, waitMs: COALESCE_MS }
    this.#queue = new Coalescer(limits, (asks, signal) => this.#send(asks, signal))
  }

  /** All rows of the range, or undefined when this call cannot tell. */
  get(stream: Stream, rows: number, signal: AbortSignal): Promise<Answer | undefined> {
    return this.#queue.ask(stream, rows, signal)
  }

  async #send(asks: readonly StreamAsk[], signal: AbortSignal): Promise<void> {
    const byRange = new Map<string, StreamAsk[]>()
    for (const ask of asks) {
      const same = byRange.get(ask.what.range)
      if (same === undefined) byRange.set(ask.what.range, [ask])
      else same.push(ask)
    }
    const groups = [...byRange.values()].flatMap((same) => chunksOf(same, MAX_STREAMS))
    await Promise.all(groups.map((group) => this.#sendGroup(group, signal)))
  }

  async #sendGroup(asks: readonly StreamAsk[], signal: AbortSignal): Promise<void> {
    const [first] = asks
    if (first === undefined || asks.length === 1) {
      first?.resolve(undefined)
      return
    }
    const webIds = asks.map((ask) => `webId=${ask.what.webId}`).join('&')
    try {
      const path = `/streamsets/recorded?${webIds}&${first.what.range}&maxCount=${STREAMSET_ROWS}`
      const answer = await this.#client.get(path, {
        what: `reading ${asks.length} tags together`,
        rows: STREAMSET_ROWS,
        signal,
      })
      const streams = streamsOf(answer)
      for (const ask of asks) ask.resolve(streams.get(ask.what.pointId))
    } catch (error) {
      // A refusal may be the fault of one tag; alone, each gets its own answer. Passing failures are for the retry.
      const passing = isBanyanError(error) && error.retryable
      for (const ask of asks) {
        if (passing || signal.aborted) ask.reject(error)
        else ask.resolve(undefined)
      }
    }
  }
}

/** Complete answers by point id. */
function streamsOf(answer: Answer): Map<number, Answer> {
  const items = answer.json['Items']
  const streams = new Map<number, Answer>()
  if (!Array.isArray(items)) return streams
  let total = 0
  for (const [i, item] of (items as readonly unknown[]).entries()) {
    const rows = isObject(item) ? item['Items'] : undefined
    if (!isObject(item) || !Array.isArray(rows)) continue
    total += rows.length
    const pointId = typeof item['WebId'] === 'string' ? pointIdOf(item['WebId']) : undefined
    if (pointId === undefined || isFailed(item)) continue
    streams.set(
      pointId,
      partOf(answer, item, (exact) => (Array.isArray(exact['Items']) ? exact['Items'][i] : undefined)),
    )
  }
  return total >= STREAMSET_ROWS ? new Map<number, Answer>() : streams
}

function isFailed(item: JsonObject): boolean {
  return [item['Errors'], item['WebException']].some((failure) => failure !== undefined && failure !== null)
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = []
  for (let i = 0; i < items.length; i += size) chunks.push(items.slice(i, i + size))
  return chunks
}
