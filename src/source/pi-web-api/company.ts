/**
 * Company: which streams share a streamset call, and how many rows that call may ask for.
 *
 * `maxCount` may bound each stream or their sum, so a call of n streams that asks for m may carry n * m rows, and is
 * believed only below m in total. The more streams, the less each of them may bring: the streams that share a call are
 * those expected to fit, by what each of them brought the last time. A stream that does not fit goes alone, and what it
 * brings there decides about the next time; so does one whose answer in company could not be used.
 */
import { MAX_COALESCED_ROWS, SMALL_PAGE } from './options.ts'

/** An IDOnly WebID takes 39 bytes of the query: with the rest the URL stays below the 4 KB some gateways cut at. */
export const MAX_STREAMS = 80

/**
 * Most streams of one HTTP request. A request that is lost is repeated as a whole, and a historian that opens its
 * archives one by one needs about a millisecond for each: about a thousand keep both a matter of a second, and make
 * eleven requests of ten thousand tags.
 */
export const MAX_STREAMS_OF_REQUEST = 12 * MAX_STREAMS

/** Most rows one call may carry, so that the calls that hold the most streams fill a request by rows too. */
const CALL_ROWS = Math.floor((MAX_COALESCED_ROWS * MAX_STREAMS) / MAX_STREAMS_OF_REQUEST)

/** Rows kept free beside twice what is expected: a few streams may wake up before a call has to be repeated. */
const SPARE_ROWS = 50

export interface Group<T> {
  readonly members: readonly T[]
  /** Rows to ask for; an answer with as many in total is not to be believed. */
  readonly maxCount: number
}

export class Company {
  /** Rows by point id; infinite for a stream that had better travel alone. One number per tag ever read. */
  readonly #expected = new Map<number, number>()

  learn(pointId: number, rows: number): void {
    this.#expected.set(pointId, rows)
  }

  /** Somebody knows better than the last answer; not better than that it could not be used. */
  expect(pointId: number, rows: number): void {
    if (this.#expected.get(pointId) !== Number.POSITIVE_INFINITY) this.#expected.set(pointId, rows)
  }

  /** Its next answer must be one it shares with nobody. */
  distrust(pointId: number): void {
    this.#expected.set(pointId, Number.POSITIVE_INFINITY)
  }

  /** Every stream in exactly one group; whoever finds no company is a group of one. */
  group<T extends { readonly pointId: number }>(streams: readonly T[]): Group<T>[] {
    const expectedOf = (stream: T): number => this.#expected.get(stream.pointId) ?? 0
    // The quiet ones fill whole calls, the lively ones are left for the small calls at the end.
    const sorted = streams.toSorted((a, b) => ascending(expectedOf(a), expectedOf(b)))
    const groups: Group<T>[] = []
    let members: T[] = []
    let expected = 0
    const close = (): void => {
      if (members.length > 0) groups.push({ members, maxCount: rowsFor(members.length) })
      members = []
      expected = 0
    }
    for (const stream of sorted) {
      const rows = expectedOf(stream)
      const fits = 2 * (expected + rows) + SPARE_ROWS <= rowsFor(members.length + 1)
      if (!fits || members.length === MAX_STREAMS) close()
      members.push(stream)
      expected += rows
    }
    close()
    return groups
  }
}

/** A stream gets no more rows in company than a small page of its own would hold. */
function rowsFor(streams: number): number {
  return Math.min(Math.floor(CALL_ROWS / streams), SMALL_PAGE)
}

/** Infinities compare as equal, which their difference does not. */
function ascending(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
