/**
 * `interpolated`: values at a fixed interval, from the start on, or counted from `syncTime` in both directions. The
 * answer descends when the end lies before the start.
 */
import type { SimulatedPoint } from '../series.ts'
import { addTimeSpan, isEmptySpan, isNegativeSpan, type TimeSpan } from '../time-span.ts'
import { CalculationRefused, type CalculatedEvent } from './calculated.ts'
import { interpolateAt } from './interpolate.ts'

export interface InterpolatedParameters {
  readonly start: bigint
  readonly end: bigint
  readonly interval: TimeSpan
  readonly syncTime?: bigint | undefined
  /** Outside adds the step before the earliest and the one after the latest; only with a syncTime. */
  readonly syncTimeBoundary?: 'Inside' | 'Outside' | undefined
  readonly timeZone?: string | undefined
  /** Most values one call may return. */
  readonly maxValues: number
}

export function interpolated(point: SimulatedPoint, parameters: InterpolatedParameters): CalculatedEvent[] {
  const { start, end, interval, timeZone } = parameters
  if (isEmptySpan(interval) || isNegativeSpan(interval)) {
    throw new CalculationRefused(400, "Parameter 'interval' must be a positive time interval.")
  }
  const descending = end < start
  const earliest = descending ? end : start
  const latest = descending ? start : end
  const { syncTime } = parameters
  if (syncTime === undefined) {
    const backward = descending ? -1 : 1
    const times = stepsFrom(start, backward, (at) => at >= earliest && at <= latest, parameters)
    return times.map((at) => interpolateAt(point, at))
  }
  const first = firstStep(syncTime, earliest, interval, timeZone)
  const step = (count: number): bigint => addTimeSpan(syncTime, interval, timeZone, count)
  const times: bigint[] = []
  if (parameters.syncTimeBoundary === 'Outside' && step(first) > earliest) times.push(step(first - 1))
  let count = first
  for (; step(count) <= latest; count++) {
    times.push(step(count))
    refuseTooMany(times.length, parameters.maxValues)
  }
  if (parameters.syncTimeBoundary === 'Outside' && times.at(-1) !== latest) times.push(step(count))
  if (descending) times.reverse()
  return times.map((at) => interpolateAt(point, at))
}

function stepsFrom(
  start: bigint,
  direction: 1 | -1,
  isWithin: (at: bigint) => boolean,
  { interval, timeZone, maxValues }: InterpolatedParameters,
): bigint[] {
  const times: bigint[] = []
  for (let count = 0; ; count++) {
    const at = addTimeSpan(start, interval, timeZone, count * direction)
    if (!isWithin(at)) return times
    times.push(at)
    refuseTooMany(times.length, maxValues)
  }
}

/** Number of the first step at or after `earliest`. */
function firstStep(syncTime: bigint, earliest: bigint, interval: TimeSpan, timeZone: string | undefined): number {
  const length = addTimeSpan(syncTime, interval, timeZone) - syncTime
  // Exact for equal steps; days and months differ by zone and calendar, so the last stretch is walked.
  let count = Number((earliest - syncTime) / length)
  while (addTimeSpan(syncTime, interval, timeZone, count) >= earliest) count--
  while (addTimeSpan(syncTime, interval, timeZone, count) < earliest) count++
  return count
}

function refuseTooMany(count: number, maxValues: number): void {
  if (count > maxValues) {
    throw new CalculationRefused(
      400,
      `The number of interpolated values is greater than the maximum allowed (${maxValues}).`,
    )
  }
}
