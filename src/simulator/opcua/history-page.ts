/**
 * One page of a raw history read: which rows of a series a server of some dialect answers with, and where it would
 * go on. Pure; the same question about the same series has the same answer.
 *
 * A place to go on at is a time and the number of rows at it already given (or, where the dialect says so, only one of
 * the two), so rows that come or go behind it between two pages neither repeat nor hide others.
 */
import type { Dialect } from './dialect.ts'
import type { UaRow, UaSeries } from './row.ts'
import { HISTORIAN_BITS, UA_STATUS } from './status.ts'

/** 1601-01-01, the zero of OPC UA time, in ticks since 1970: "not specified". */
export const UNSPECIFIED_TIME = -116_444_736_000_000_000n

export interface RawRead {
  /** First time of interest; after `end`, newest rows come first. */
  readonly start: bigint
  readonly end: bigint
  /** numValuesPerNode: 0 is no maximum. */
  readonly count: number
  readonly returnBounds: boolean
}

export type PageRow =
  /** Row `index` of the series; `extraData` when other rows at its time are kept back. */
  | { readonly kind: 'row'; readonly index: number; readonly extraData: boolean }
  /** A bound was asked for and there is none on that side. */
  | { readonly kind: 'missing-bound'; readonly ticks: bigint }

type Place =
  | { readonly at: 'time'; readonly ticks: bigint; readonly skip: number }
  | { readonly at: 'offset'; readonly offset: number }
  | { readonly at: 'end-bound' }

/** Where the next page begins. */
export type Cursor = Place & {
  /** 0 for the first page of a chain. */
  readonly page: number
  /** Rows the chain has given so far. */
  readonly given: number
}

export interface RawPage {
  readonly rows: readonly PageRow[]
  readonly next: Cursor | undefined
}

/** Answers with a page, or with the StatusCode the operation fails with. */
export function rawPage(series: UaSeries, dialect: Dialect, read: RawRead, cursor?: Cursor): RawPage | number {
  const domain = domainOf(series, dialect, read)
  if (typeof domain === 'number') return domain
  const { page, given } = cursor ?? { page: 0, given: 0 }
  const from = cursor === undefined ? 0 : domain.placeOf(cursor)
  if (cursor !== undefined && dialect.emptyPageEvery > 0 && (page + 1) % dialect.emptyPageEvery === 0) {
    return { rows: [], next: { ...cursor, page: page + 1 } }
  }
  const cap = dialect.pageCap === 0 ? Number.POSITIVE_INFINITY : dialect.pageCap
  // Between two times a count is the size of a page; from one time on, it says how much is asked for in all.
  const asked = read.count === 0 ? Number.POSITIVE_INFINITY : read.count - (domain.isCounted ? given : 0)
  const rows: PageRow[] = []
  let place = domain.skipHidden(from)
  while (place < domain.size && rows.length < Math.min(cap, asked)) {
    rows.push(domain.rowAt(place))
    place = domain.skipHidden(place + 1)
  }
  const isAll = place === domain.size || (domain.isCounted && rows.length === asked)
  const goesOn = !isAll && (asked <= cap ? dialect.fullPage : dialect.cappedPage) === 'continues'
  return { rows, next: goesOn ? { ...domain.cursorAt(place), page: page + 1, given: given + rows.length } : undefined }
}

function domainOf(series: UaSeries, dialect: Dialect, read: RawRead): Domain | number {
  if (read.returnBounds && dialect.bounds === 'refused') return UA_STATUS.badBoundNotSupported
  const gridded = { start: floorTo(read.start, dialect.boundStep), end: floorTo(read.end, dialect.boundStep) }
  const known = {
    start: dialect.unspecified === 'literal' || gridded.start > UNSPECIFIED_TIME,
    end: dialect.unspecified === 'literal' || gridded.end > UNSPECIFIED_TIME,
  }
  const withBounds = read.returnBounds && dialect.bounds === 'honoured'
  const domain = (start: bigint | undefined, end: bigint | undefined, reverse: boolean): Domain =>
    new Domain(series, dialect, { start, end, reverse, withBounds })
  if (known.start && known.end) return domain(gridded.start, gridded.end, gridded.end < gridded.start)
  if (dialect.unspecified === 'newest-of-all') {
    return known.start ? domain(gridded.start, undefined, false) : domain(undefined, undefined, true)
  }
  if (read.count > 0 && known.start) return domain(gridded.start, undefined, false)
  if (read.count > 0 && known.end) return domain(gridded.end, undefined, true)
  if (dialect.unspecified === 'all-rows') {
    return known.start ? domain(gridded.start, undefined, false) : UA_STATUS.badHistoryOperationUnsupported
  }
  return UA_STATUS.badHistoryOperationInvalid
}

interface Span {
  /** Undefined: as far as there are rows, on the side the reading starts from or goes to. */
  readonly start: bigint | undefined
  readonly end: bigint | undefined
  readonly reverse: boolean
  readonly withBounds: boolean
}

/** What a read is about, in reading order, bound rows included: a list of `size` places. */
class Domain {
  readonly size: number
  /** Only one of its two times was given. */
  readonly isCounted: boolean
  readonly #series: UaSeries
  readonly #dialect: Dialect
  readonly #reverse: boolean
  /** Rows `[low, high)` of the series. */
  readonly #low: number
  readonly #high: number
  readonly #first: PageRow | undefined
  readonly #last: PageRow | undefined

  constructor(series: UaSeries, dialect: Dialect, span: Span) {
    this.#series = series
    this.#dialect = dialect
    const { start, end, reverse } = span
    this.#reverse = reverse
    this.isCounted = dialect.unspecified === 'as-specified' && (start === undefined || end === undefined)
    const step = dialect.boundStep
    // One instant alone, start equal to end, is a legal question, and about the rows at that instant.
    const endInclusive = dialect.endInclusive || start === end
    const [lower, upper] = reverse ? [end, start] : [start, end]
    const lowerInclusive = reverse ? endInclusive : true
    const upperInclusive = reverse ? true : endInclusive
    this.#low = lower === undefined ? 0 : series.lowerBound(lowerInclusive ? lower : lower + step)
    this.#high = upper === undefined ? series.length : series.lowerBound(upperInclusive ? upper + step : upper)
    if (span.withBounds) {
      this.#first = start === undefined || this.#hasRowAt(start) ? undefined : this.#boundBefore(start)
      this.#last = end === undefined || (start === end && this.#hasRowAt(end)) ? undefined : this.#boundAfter(end)
    }
    this.size = this.#rowsFrom + (this.#high - this.#low) + (this.#last === undefined ? 0 : 1)
  }

  rowAt(place: number): PageRow {
    if (place === 0 && this.#first !== undefined) return this.#first
    if (this.#last !== undefined && place === this.size - 1) return this.#last
    const index = this.#indexOf(place)
    return {
      kind: 'row',
      index: this.#ordered(index),
      extraData: this.#dialect.ties === 'newest' && this.#isTied(index),
    }
  }

  /** The first place at or after this one whose row is shown: older rows at one time may be kept back. */
  skipHidden(place: number): number {
    let shown = place
    while (this.#dialect.ties === 'newest' && this.#isRow(shown) && this.#hasNewerAtItsTime(this.#indexOf(shown)))
      shown++
    return shown
  }

  cursorAt(place: number): Place {
    if (this.#dialect.continuation.form === 'offset') return { at: 'offset', offset: place }
    if (!this.#isRow(place)) return { at: 'end-bound' }
    const index = this.#indexOf(place)
    const ticks = this.#series.ticksAt(index)
    if (this.#dialect.continuation.form === 'timestamp') return { at: 'time', ticks, skip: 0 }
    const skip = this.#reverse
      ? this.#series.lowerBound(ticks + 1n) - 1 - index
      : index - this.#series.lowerBound(ticks)
    return { at: 'time', ticks, skip }
  }

  placeOf(cursor: Place): number {
    if (cursor.at === 'offset') return cursor.offset
    if (cursor.at === 'end-bound') return this.size - 1
    const { ticks, skip } = cursor
    const index = this.#reverse ? this.#series.lowerBound(ticks + 1n) - 1 - skip : this.#series.lowerBound(ticks) + skip
    const place = this.#rowsFrom + (this.#reverse ? this.#high - 1 - index : index - this.#low)
    return Math.min(Math.max(this.#rowsFrom, place), this.#rowsFrom + (this.#high - this.#low))
  }

  get #rowsFrom(): number {
    return this.#first === undefined ? 0 : 1
  }

  #isRow(place: number): boolean {
    return place >= this.#rowsFrom && place < this.#rowsFrom + (this.#high - this.#low)
  }

  #indexOf(place: number): number {
    const nth = place - this.#rowsFrom
    return this.#reverse ? this.#high - 1 - nth : this.#low + nth
  }

  #hasRowAt(ticks: bigint): boolean {
    const index = this.#series.lowerBound(ticks)
    return index < this.#series.length && this.#series.ticksAt(index) === ticks
  }

  /** The row nearest to the start, on the far side of it. */
  #boundBefore(start: bigint): PageRow {
    return this.#bound(this.#reverse ? this.#high : this.#low - 1, start)
  }

  /** The row nearest to the end, at it or beyond. */
  #boundAfter(end: bigint): PageRow {
    return this.#bound(this.#reverse ? this.#low - 1 : this.#high, end)
  }

  #bound(index: number, ticks: bigint): PageRow {
    if (index < 0 || index >= this.#series.length) return { kind: 'missing-bound', ticks }
    const newest = this.#series.lowerBound(this.#series.ticksAt(index) + 1n) - 1
    return { kind: 'row', index: newest, extraData: this.#dialect.ties === 'newest' && this.#isTied(newest) }
  }

  #hasNewerAtItsTime(index: number): boolean {
    return index + 1 < this.#series.length && this.#series.ticksAt(index + 1) === this.#series.ticksAt(index)
  }

  #isTied(index: number): boolean {
    const ticks = this.#series.ticksAt(index)
    return this.#hasNewerAtItsTime(index) || (index > 0 && this.#series.ticksAt(index - 1) === ticks)
  }

  /** Rows 3 4 5 6 7 of one time are answered as 7 5 6 4 3 by a server that scrambles them. */
  #ordered(index: number): number {
    if (this.#dialect.ties !== 'scrambled' || !this.#isTied(index)) return index
    const ticks = this.#series.ticksAt(index)
    const first = this.#series.lowerBound(ticks)
    const last = this.#series.lowerBound(ticks + 1n) - 1
    const nth = index - first
    const swapped = last - first >= 2 && (nth === 1 || nth === 2) ? 3 - nth : nth
    return last - swapped
  }
}

function floorTo(ticks: bigint, step: bigint): bigint {
  const rest = ticks % step
  return rest < 0n ? ticks - rest - step : ticks - rest
}

/**
 * All rows a client can see by raw reads, oldest first: what a reader must come to whatever the pages. Rows kept back
 * at their time are not among them; a status says so with ExtraData.
 */
export function completeRead(series: UaSeries, dialect: Dialect): UaRow[] {
  const span = { start: undefined, end: undefined, reverse: false, withBounds: false }
  const domain = new Domain(series, dialect, span)
  const rows: UaRow[] = []
  for (let place = domain.skipHidden(0); place < domain.size; place = domain.skipHidden(place + 1)) {
    const row = domain.rowAt(place)
    if (row.kind === 'row') rows.push(visibleRow(series, row))
  }
  return rows
}

export function visibleRow(series: UaSeries, { index, extraData }: PageRow & { readonly kind: 'row' }): UaRow {
  const row = series.rowAt(index)
  return extraData ? { ...row, status: (row.status | HISTORIAN_BITS.extraData) >>> 0 } : row
}
