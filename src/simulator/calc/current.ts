/** `value` and `end`. The series must end with the snapshot, if there is one. */
import type { SimulatedPoint } from '../series.ts'
import { asRecorded, noDataAt, type CalculatedEvent } from './calculated.ts'
import { interpolateAt } from './interpolate.ts'

/**
 * Without a time the snapshot: the last event, or, on a future point, the value at now. With a time (also `*`) the
 * value at that time, stamped with it, not with the event it comes from.
 */
export function currentValue(point: SimulatedPoint, now: bigint, at?: bigint): CalculatedEvent {
  if (at !== undefined) return interpolateAt(point, at)
  return point.future ? interpolateAt(point, now) : endOfStream(point, now)
}

/** The last event of the stream, which on a future point may lie ahead. No Data at now when there is none. */
export function endOfStream(point: SimulatedPoint, now: bigint): CalculatedEvent {
  const { series } = point
  return series.length === 0 ? noDataAt(point, now) : asRecorded(point, series.eventAt(series.length - 1))
}
