/**
 * Statistics in which a value weighs as long as it lasts.
 *
 * The interval is cut at its events; each piece is a line between two good numbers (continuous) or a held value.
 * Pieces without a good value count for nothing but the percentage. A total is the integral over days, scaled up by
 * the share of good time (AF SDK reference, AFData.Summary), that is the average times the length of the interval.
 */
import type { PiEvent, Series, SimulatedPoint } from '../series.ts'
import { lastAtOrBefore } from './bounds.ts'
import { goodNumber } from './calculated.ts'
import type { Interval } from './intervals.ts'
import { NO_STATISTICS, type Extreme, type Statistics } from './statistics.ts'

interface Piece {
  readonly from: bigint
  readonly until: bigint
  readonly good: boolean
  /** Values at both ends; undefined when not numeric. */
  readonly line: readonly [number, number] | undefined
}

const TICKS_PER_SECOND = 10_000_000
const SECONDS_PER_DAY = 86_400

/** After the last event a value lasts until `now`; on a future point it does not last at all. */
export function timeWeighted(point: SimulatedPoint, interval: Interval, continuous: boolean, now: bigint): Statistics {
  let goodSeconds = 0
  let numberSeconds = 0
  let integral = 0
  let minimum: Extreme | undefined
  let maximum: Extreme | undefined
  const pieces: Piece[] = []
  for (const piece of piecesOf(point, interval, continuous, now)) {
    const seconds = Number(piece.until - piece.from) / TICKS_PER_SECOND
    if (piece.good) goodSeconds += seconds
    if (piece.line === undefined) continue
    const [a, b] = piece.line
    pieces.push(piece)
    numberSeconds += seconds
    integral += ((a + b) / 2) * seconds
    const ends = [
      { value: a, ticks: piece.from },
      { value: b, ticks: piece.until },
    ]
    for (const end of ends) {
      if (minimum === undefined || end.value < minimum.value) minimum = end
      if (maximum === undefined || end.value > maximum.value) maximum = end
    }
  }
  const length = Number(interval.until - interval.from) / TICKS_PER_SECOND
  const base = {
    ...NO_STATISTICS,
    count: goodSeconds,
    percentGood: length === 0 ? undefined : (goodSeconds / length) * 100,
  }
  if (numberSeconds === 0) return base
  const average = integral / numberSeconds
  const deviation = Math.sqrt(variance(pieces, average, numberSeconds))
  return {
    ...base,
    average,
    total: (average * length) / SECONDS_PER_DAY,
    minimum,
    maximum,
    // Weighted by time there is no number of samples to correct for.
    stdDev: deviation,
    populationStdDev: deviation,
  }
}

function variance(pieces: readonly Piece[], mean: number, seconds: number): number {
  let sum = 0
  for (const { from, until, line } of pieces) {
    if (line === undefined) continue
    const a = line[0] - mean
    const b = line[1] - mean
    // The mean square of a line from a to b.
    sum += ((a * a + a * b + b * b) / 3) * (Number(until - from) / TICKS_PER_SECOND)
  }
  return sum / seconds
}

function* piecesOf(
  point: SimulatedPoint,
  { from, until }: Interval,
  continuous: boolean,
  now: bigint,
): Generator<Piece> {
  const { series } = point
  let index = lastAtOrBefore(series, from)
  let at = from
  while (at < until) {
    const next = nextTick(series, index)
    const end = next !== undefined && next < until ? next : until
    if (index >= 0 && end > at) yield* piece(point, index, at, end, continuous, now)
    at = end
    if (next === undefined || next > until) break
    index = lastAtOrBefore(series, next)
  }
}

function nextTick(series: Series, index: number): bigint | undefined {
  return index + 1 < series.length ? series.ticksAt(index + 1) : undefined
}

function* piece(
  point: SimulatedPoint,
  index: number,
  from: bigint,
  until: bigint,
  continuous: boolean,
  now: bigint,
): Generator<Piece> {
  const { series } = point
  const event = series.eventAt(index)
  const value = goodNumber(event)
  const last = index + 1 >= series.length
  if (last) {
    const lasts = point.future ? from : until < now ? until : now
    if (lasts > from) yield { from, until: lasts, good: event.good, line: level(value) }
    return
  }
  const after = series.eventAt(index + 1)
  yield {
    from,
    until,
    good: event.good,
    line: (continuous ? slope(event, after, from, until) : undefined) ?? level(value),
  }
}

function level(value: number | undefined): readonly [number, number] | undefined {
  return value === undefined ? undefined : [value, value]
}

/** The stretch `[from, until]` of the line between two good numbers. */
function slope(before: PiEvent, after: PiEvent, from: bigint, until: bigint): readonly [number, number] | undefined {
  const a = goodNumber(before)
  const b = goodNumber(after)
  if (a === undefined || b === undefined) return undefined
  const length = Number(after.ticks - before.ticks)
  const at = (ticks: bigint): number => a + ((b - a) * Number(ticks - before.ticks)) / length
  return [at(from), at(until)]
}
