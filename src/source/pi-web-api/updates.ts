/**
 * Updates: notices of change by PI Web API's stream updates (2019 and later).
 *
 * A stream is registered once and then polled with the marker of its last answer, many streams per call. All of it
 * lives in the server's memory: markers expire, a restart forgets them, and one that fails is gone. Whatever is lost
 * is registered again by the same poll or one of the next, and answered with `unknown` only then: what happens after
 * that is noticed again, so whoever looks now misses nothing. A registration changes nothing in the archive.
 */
import { isBanyanError, type BanyanError } from '../../domain/errors.ts'
import type { Tag } from '../../domain/tag.ts'
import { sleep } from '../../util/abort.ts'
import type { Hint } from '../source.ts'
import { piAddressOf } from './address.ts'
import type { Batch } from './batch.ts'
import type { PiWebApiClient } from './client.ts'
import { isTooLarge, noUpdatesError } from './errors.ts'
import type { Retrying } from './retrying.ts'
import { decodePoll, decodeRegistrations, type StreamNews } from './update-answer.ts'
import { encodePointWebId } from './webid.ts'

/** With path, host and fields a URL then stays below the 4 KB some gateways cut at. */
const MAX_QUERY_LENGTH = 3_600

/** Registrations are made in passing: so many calls per poll leave ten thousand tags registered after a dozen polls. */
const REGISTER_CALLS_PER_POLL = 10

/** Polls until a stream that could not be registered is tried again. */
const POLLS_UNTIL_RETRY = 60

/** Registrations in a row that never answered a poll, after which the next is not tried at once. */
const MAX_UNANSWERED = 2

/** Streams that are asked to be registered alone when all else was refused: one may be gone, three hardly. */
const WITNESSES = 3

/** What is looked at. Every sample of every tag passes here: its value would be read for nothing. */
const POLL_FIELDS = ['RequestedMarker', 'LatestMarker', 'Status', 'Events.Action', 'Events.Timestamp']
const SELECTED_FIELDS = ['WebException', ...POLL_FIELDS.map((field) => `Items.${field}`)].join(';')

/** How many events answer a poll cannot be bounded. A call is taken to weigh as many as the last time, at least these. */
const MIN_ROWS_PER_POLL_CALL = 1_000

/** Memory of one poll; streams beyond are answered `unknown`, which says less and is true. */
const MAX_HINTS_PER_POLL = 100_000

export interface UpdatesParts {
  readonly client: PiWebApiClient
  readonly batch: Batch
  readonly retrying: Retrying
}

export async function* watchUpdates(
  parts: UpdatesParts,
  tags: readonly Tag[],
  everyMs: number,
  signal: AbortSignal,
): AsyncGenerator<readonly Hint[], void, undefined> {
  const watch = new UpdateWatch(parts, tags, signal)
  for (;;) {
    const { hints, failure } = await watch.poll()
    if (hints.length > 0) yield hints
    if (failure !== undefined) throw failure.error
    await sleep(everyMs, signal)
  }
}

interface Stream {
  readonly tag: Tag
  readonly query: string
  /** Undefined while it is not registered. */
  marker: string | undefined
  /** Events in its last answer: as many are expected of the next. */
  lastEventCount: number
  /** Registrations since it last answered a poll. */
  unanswered: number
  /** Its notices were lost, and nobody was told yet. */
  owesUnknown: boolean
  /** Number of the poll from which on it may be registered. */
  registerFrom: number
}

class UpdateWatch {
  readonly #parts: UpdatesParts
  readonly #signal: AbortSignal
  readonly #streams: readonly Stream[]
  #polls = 0
  #hints: Hint[] = []

  constructor(parts: UpdatesParts, tags: readonly Tag[], signal: AbortSignal) {
    this.#parts = parts
    this.#signal = signal
    this.#streams = tags.map((tag) => ({
      tag,
      query: `webId=${encodePointWebId(piAddressOf(tag))}`,
      marker: undefined,
      lastEventCount: 0,
      unanswered: 0,
      owesUnknown: false,
      registerFrom: 0,
    }))
  }

  /** The failure comes beside the hints: what was learned before it is told first, because it is not told again. */
  async poll(): Promise<{ hints: readonly Hint[]; failure: { readonly error: unknown } | undefined }> {
    this.#hints = []
    let failure: { readonly error: unknown } | undefined
    try {
      await this.#pollRegistered()
      await this.#registerOthers()
    } catch (error) {
      failure = { error }
    }
    this.#polls += 1
    return { hints: this.#hints, failure }
  }

  async #pollRegistered(): Promise<void> {
    const asked = this.#streams.flatMap((stream) =>
      stream.marker === undefined ? [] : [{ stream, query: `marker=${encodeURIComponent(stream.marker)}` }],
    )
    const outcomes = await Promise.allSettled(fitting(asked).map((call) => this.#pollTogether(call)))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  async #pollTogether(asked: readonly { stream: Stream; query: string }[]): Promise<void> {
    const what = `asking what changed in ${asked.length} tags`
    const path = `/streamsets/updates?${asked.map(({ query }) => query).join('&')}&selectedFields=${SELECTED_FIELDS}`
    const expectedRows = asked.reduce((sum, { stream }) => sum + stream.lastEventCount, 0)
    const rows = Math.max(MIN_ROWS_PER_POLL_CALL, expectedRows)
    let news: ReadonlyMap<string, StreamNews>
    try {
      news = await this.#parts.retrying(async () => {
        const answer = await this.#parts.batch.get(path, what, rows, this.#signal)
        return decodePoll(answer.json, what)
      }, this.#signal)
    } catch (error) {
      if (isTooLarge(error) && asked.length > 1) {
        await Promise.all(halves(asked).map((half) => this.#pollTogether(half)))
        return
      }
      // One marker that is gone may fail the call: all of them are as good as gone.
      if (!isRefusal(error) && !isTooLarge(error)) throw error
      news = new Map()
    }
    for (const { stream } of asked) this.#hear(stream, news.get(stream.marker ?? ''))
  }

  #hear(stream: Stream, news: StreamNews | undefined): void {
    if (news === undefined) {
      stream.marker = undefined
      stream.owesUnknown = true
      if (stream.unanswered >= MAX_UNANSWERED) this.#giveUpForNow(stream)
      return
    }
    stream.marker = news.marker
    stream.lastEventCount = news.eventCount
    stream.unanswered = 0
    const { changes } = news
    if (changes === undefined || this.#hints.length + changes.length > MAX_HINTS_PER_POLL) this.#tellUnknown(stream)
    else this.#hints.push(...changes.map((change) => ({ tag: stream.tag.id, ...change })))
  }

  async #registerOthers(): Promise<void> {
    const due = this.#streams.filter(({ marker, registerFrom }) => marker === undefined && registerFrom <= this.#polls)
    for (const call of fitting(due).slice(0, REGISTER_CALLS_PER_POLL)) await this.#registerTogether(call)
  }

  /** A call that is refused may be refused for one of its streams: it is split until the culprit is alone. */
  async #registerTogether(streams: readonly Stream[]): Promise<void> {
    try {
      await this.#register(streams)
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (this.#streams.every(({ marker }) => marker === undefined)) await this.#hearWitnesses(error)
      const left = streams.filter(({ marker }) => marker === undefined)
      if (left.length > 1) for (const half of halves(left)) await this.#registerTogether(half)
      else for (const stream of left) this.#giveUpForNow(stream)
    }
  }

  /** Throws when the historian registers nothing at all. */
  async #hearWitnesses(refusal: BanyanError): Promise<void> {
    const last = this.#streams.length - 1
    const places = new Set(Array.from({ length: WITNESSES }, (_, i) => Math.floor((i * last) / (WITNESSES - 1))))
    for (const place of places) {
      try {
        await this.#register(this.#streams.slice(place, place + 1))
        return
      } catch (error) {
        if (!isRefusal(error)) throw error
      }
    }
    throw noUpdatesError(refusal)
  }

  async #register(streams: readonly Stream[]): Promise<void> {
    const what = `asking for notices of ${streams.length} tags`
    // In the one form that is recognised whatever the server prefers.
    const path = `/streamsets/updates?${streams.map(({ query }) => query).join('&')}&webIdType=IDOnly`
    const markers = await this.#parts.retrying(async () => {
      const { json } = await this.#parts.client.post(path, '', { what, rows: 0, signal: this.#signal })
      return decodeRegistrations(json, what)
    }, this.#signal)
    for (const stream of streams) {
      const marker = markers.get(piAddressOf(stream.tag).pointId)
      if (marker === undefined) {
        this.#giveUpForNow(stream)
        continue
      }
      stream.marker = marker
      stream.unanswered += 1
      if (stream.owesUnknown) this.#tellUnknown(stream)
    }
  }

  /** The stream's own trouble, such as a point that was deleted: the others shall not suffer from it. */
  #giveUpForNow(stream: Stream): void {
    stream.registerFrom = this.#polls + POLLS_UNTIL_RETRY
    if (stream.owesUnknown) this.#tellUnknown(stream)
  }

  #tellUnknown(stream: Stream): void {
    stream.owesUnknown = false
    this.#hints.push({ tag: stream.tag.id, change: 'unknown', at: undefined })
  }
}

function isRefusal(error: unknown): error is BanyanError {
  return isBanyanError(error, 'BANYAN_SOURCE_NOT_FOUND', 'BANYAN_SOURCE_REJECTED', 'BANYAN_SOURCE_FORBIDDEN')
}

/** In order, as many together as a URL takes. */
function fitting<T extends { readonly query: string }>(asked: readonly T[]): T[][] {
  const calls: T[][] = []
  let length = Number.POSITIVE_INFINITY
  for (const one of asked) {
    length += one.query.length + 1
    if (length > MAX_QUERY_LENGTH) {
      calls.push([])
      length = one.query.length
    }
    calls.at(-1)?.push(one)
  }
  return calls
}

function halves<T>(items: readonly T[]): T[][] {
  const middle = Math.ceil(items.length / 2)
  return [items.slice(0, middle), items.slice(middle)]
}
