/**
 * Streamset: small `recorded` reads that arrive together travel together. Those of one range share `streamsets` calls
 * (company.ts), and these calls, like the reads that stay alone, share a batch where the server takes batches.
 *
 * Whether `maxCount` bounds each stream or the sum is not documented, so an answer is believed only when it is below
 * both readings: fewer rows in total than asked for. Whatever is doubtful (a full answer, an error on a stream or on
 * one of its values, a stream that is missing) is asked for again alone: its own answer is the only one that counts.
 * Answers are matched by decoded point id, never by position, because the server may collapse, reorder or rename them.
 */
import { isBanyanError } from '../../domain/errors.ts'
import { isObject, partOf, type Answer, type JsonObject } from './answer.ts'
import type { Batch } from './batch.ts'
import { Coalescer, type Ask } from '../coalesce.ts'
import { Company, MAX_STREAMS_OF_REQUEST, type Group } from './company.ts'
import { tooMuchIfLate } from './errors.ts'
import { COALESCE_MS } from './options.ts'
import type { Retrying } from './retrying.ts'
import { pointIdOf, type WebId } from './webid.ts'

export interface StreamRead {
  readonly webId: WebId
  readonly pointId: number
  /** The query of the range, the same text for the same range. */
  readonly range: string
  /** Rows of the whole window, where somebody knows. */
  readonly expected: number | undefined
  /** The request in the reader's words. */
  readonly what: string
}
type StreamAsk = Ask<StreamRead, Answer>
/** The asks for one stream: usually one. */
interface Stream {
  readonly pointId: number
  readonly webId: WebId
  readonly asks: StreamAsk[]
}

export interface StreamsetParts {
  readonly batch: Batch
  readonly retrying: Retrying
}

export class Streamset {
  readonly #parts: StreamsetParts
  readonly #company = new Company()
  readonly #queue: Coalescer<StreamRead, Answer>

  constructor(parts: StreamsetParts) {
    this.#parts = parts
    // Rows are counted where requests are made of the asks.
    const limits = { maxAsks: MAX_STREAMS_OF_REQUEST, maxRows: Number.POSITIVE_INFINITY, waitMs: COALESCE_MS }
    this.#queue = new Coalescer(limits, (asks, signal) => this.#send(asks, signal))
  }

  /** An answer as `recorded` of the stream alone gives it; from company it may hold more than `maxCount` rows. */
  get(read: StreamRead, maxCount: number, signal: AbortSignal): Promise<Answer> {
    if (read.expected !== undefined) this.#company.expect(read.pointId, read.expected)
    return this.#queue.ask(read, maxCount, signal)
  }

  /** The last answer for this point could not be used: the next one shall be its own. */
  distrust(pointId: number): void {
    this.#company.distrust(pointId)
  }

  async #send(asks: readonly StreamAsk[], signal: AbortSignal): Promise<void> {
    const groups = byRange(asks).flatMap((streams) => this.#company.group(streams))
    await Promise.all(groups.map((group) => this.#sendGroup(group, signal)))
  }

  async #sendGroup(group: Group<Stream>, signal: AbortSignal): Promise<void> {
    const alone: StreamAsk[] = []
    try {
      const answers = group.members.length > 1 ? await this.#together(group, signal) : new Map<number, Answer>()
      for (const { pointId, asks } of group.members) {
        const answer = answers.get(pointId)
        if (answer === undefined) {
          alone.push(...asks)
          continue
        }
        this.#company.learn(pointId, rowsOf(answer))
        for (const ask of asks) ask.resolve(answer)
      }
    } catch (error) {
      for (const ask of group.members.flatMap(({ asks }) => asks)) ask.reject(error)
    }
    await Promise.all(alone.map((ask) => this.#sendAlone(ask)))
  }

  /** The answers that can be believed, by point id. Throws what asking one by one would only meet again. */
  async #together({ members, maxCount }: Group<Stream>, signal: AbortSignal): Promise<Map<number, Answer>> {
    const range = members[0]?.asks[0]?.what.range ?? ''
    const webIds = members.map(({ webId }) => `webId=${webId}`).join('&')
    const path = `/streamsets/recorded?${webIds}&${range}&maxCount=${maxCount}`
    const what = `reading ${members.length} tags together`
    try {
      const get = (): Promise<Answer> =>
        this.#parts.batch.get(path, what, members.length * maxCount, signal).catch(tooMuchIfLate)
      return believed(await this.#parts.retrying(get, signal), maxCount)
    } catch (error) {
      // A refusal may be the fault of one tag, and what is too much together may be little alone.
      const passing = isBanyanError(error) && error.retryable
      if (passing || signal.aborted || isBanyanError(error, 'BANYAN_SOURCE_UNAUTHORIZED')) throw error
      return new Map()
    }
  }

  async #sendAlone({ what: read, rows, signal, resolve, reject }: StreamAsk): Promise<void> {
    try {
      const path = `/streams/${read.webId}/recorded?${read.range}&maxCount=${rows}`
      const answer = await this.#parts.batch.get(path, read.what, rows, signal)
      this.#company.learn(read.pointId, rowsOf(answer))
      resolve(answer)
    } catch (error) {
      // What passes says nothing about the stream: after an outage all of them shall travel together again.
      if (!(isBanyanError(error) && error.retryable)) this.#company.distrust(read.pointId)
      reject(error)
    }
  }
}

/** Streams of one range each, every point once: older servers stumble over a WebID that is named twice. */
function byRange(asks: readonly StreamAsk[]): Stream[][] {
  const ranges = new Map<string, Map<number, Stream>>()
  for (const ask of asks) {
    const { pointId, webId, range } = ask.what
    const streams = ranges.get(range) ?? new Map<number, Stream>()
    ranges.set(range, streams)
    const known = streams.get(pointId)
    if (known === undefined) streams.set(pointId, { pointId, webId, asks: [ask] })
    else known.asks.push(ask)
  }
  return [...ranges.values()].map((streams) => [...streams.values()])
}

function believed(answer: Answer, maxCount: number): Map<number, Answer> {
  const items = answer.json['Items']
  const streams = new Map<number, Answer>()
  if (!Array.isArray(items)) return streams
  let total = 0
  for (const [i, item] of (items as readonly unknown[]).entries()) {
    const rows = isObject(item) ? item['Items'] : undefined
    if (!isObject(item) || !Array.isArray(rows)) continue
    total += rows.length
    const pointId = typeof item['WebId'] === 'string' ? pointIdOf(item['WebId']) : undefined
    if (pointId === undefined || isFailed(item) || (rows as readonly unknown[]).some(hasErrors)) continue
    streams.set(
      pointId,
      partOf(answer, item, (exact) => (Array.isArray(exact['Items']) ? exact['Items'][i] : undefined)),
    )
  }
  return total >= maxCount ? new Map<number, Answer>() : streams
}

function isFailed(item: JsonObject): boolean {
  return [item['Errors'], item['WebException']].some((failure) => failure !== undefined && failure !== null)
}

/** A point that is gone may be an error on the only value of its stream. */
function hasErrors(row: unknown): boolean {
  return isObject(row) && row['Errors'] !== undefined && row['Errors'] !== null
}

function rowsOf(answer: Answer): number {
  const items = answer.json['Items']
  return Array.isArray(items) ? items.length : 0
}
