/**
 * `plot`: the recorded values that matter on a screen, at most five for each interval: first, last, lowest, highest,
 * and one exception (a bad value or a state). The rest is left out by design.
 */
import type { PiEvent, SimulatedPoint } from '../series.ts'
import { firstAfter } from './bounds.ts'
import { asRecorded, CalculationRefused, goodNumber, isNumeric, isState, type CalculatedEvent } from './calculated.ts'

export interface PlotParameters {
  readonly start: bigint
  readonly end: bigint
  readonly intervals: number
  /** Most intervals one call may ask for. */
  readonly maxIntervals: number
}

export function plot(
  point: SimulatedPoint,
  { start, end, intervals, maxIntervals }: PlotParameters,
): CalculatedEvent[] {
  if (!Number.isInteger(intervals) || intervals < 1 || intervals > maxIntervals) {
    throw new CalculationRefused(400, `Parameter 'intervals' must be between 1 and ${maxIntervals}.`)
  }
  const descending = end < start
  const earliest = descending ? end : start
  const latest = descending ? start : end
  const { series } = point
  const stop = firstAfter(series, latest)
  const chosen: CalculatedEvent[] = []
  let from = series.lowerBound(earliest)
  for (let i = 1; i <= intervals; i++) {
    // The last interval is closed, like the range.
    const until =
      i === intervals ? stop : series.lowerBound(earliest + ((latest - earliest) * BigInt(i)) / BigInt(intervals))
    for (const event of significant(point, from, until)) chosen.push(asRecorded(point, event))
    from = until
  }
  return descending ? chosen.reverse() : chosen
}

function significant(point: SimulatedPoint, from: number, until: number): PiEvent[] {
  if (from >= until) return []
  const indices = new Set([from, until - 1])
  const found = isNumeric(point) ? extremes(point, from, until) : exception(point, from, until)
  for (const index of found) indices.add(index)
  return [...indices].sort((a, b) => a - b).map((index) => point.series.eventAt(index))
}

function extremes(point: SimulatedPoint, from: number, until: number): number[] {
  let lowest: { index: number; value: number } | undefined
  let highest: { index: number; value: number } | undefined
  let exceptional: number | undefined
  for (let index = from; index < until; index++) {
    const value = goodNumber(point.series.eventAt(index))
    if (value === undefined) exceptional ??= index
    else {
      if (lowest === undefined || value < lowest.value) lowest = { index, value }
      if (highest === undefined || value > highest.value) highest = { index, value }
    }
  }
  return [lowest?.index, highest?.index, exceptional].filter((index) => index !== undefined)
}

function exception(point: SimulatedPoint, from: number, until: number): number[] {
  for (let index = from; index < until; index++) {
    const { value, good } = point.series.eventAt(index)
    if (!good || (isState(value) && value.isSystem)) return [index]
  }
  return []
}
