/**
 * The value a point has at a time between its events.
 *
 * Numbers of a non-step point lie on the line between two good neighbours; everything else is held from the event
 * before: steps, states, text, and a number whose successor is bad. After the last event the value is held, except
 * on a future point, which has no data there. Before the first event there is no data.
 */
import type { PiEvent, PiPointType, SimulatedPoint } from '../series.ts'
import { lastAtOrBefore } from './bounds.ts'
import { goodNumber, isNumeric, noDataAt, type CalculatedEvent } from './calculated.ts'
import { sortTimes } from './recorded-at-time.ts'

export function interpolateAt(point: SimulatedPoint, at: bigint): CalculatedEvent {
  const { series } = point
  const index = lastAtOrBefore(series, at)
  if (index < 0) return noDataAt(point, at)
  const before = series.eventAt(index)
  if (before.ticks === at) return held(point, before, at)
  if (index + 1 >= series.length) return point.future ? noDataAt(point, at) : held(point, before, at)
  if (point.step || !isNumeric(point)) return held(point, before, at)
  const after = series.eventAt(index + 1)
  const from = goodNumber(before)
  const to = goodNumber(after)
  if (from === undefined || to === undefined) return held(point, before, at)
  const share = Number(at - before.ticks) / Number(after.ticks - before.ticks)
  return {
    ...held(point, before, at),
    value: narrow(from + (to - from) * share, point.pointType),
    questionable: before.questionable || after.questionable,
  }
}

/** `interpolatedattimes`. */
export function interpolateAtTimes(
  point: SimulatedPoint,
  times: readonly bigint[],
  descending: boolean,
): CalculatedEvent[] {
  return sortTimes(times, descending).map((at) => interpolateAt(point, at))
}

/** A calculated value was neither edited by hand nor annotated, whatever it was calculated from. */
function held(point: SimulatedPoint, event: PiEvent, at: bigint): CalculatedEvent {
  const own = event.ticks === at
  return {
    ticks: at,
    value: event.value,
    good: event.good,
    questionable: event.questionable,
    substituted: own && event.substituted,
    annotated: own && event.annotated,
    valueType: point.pointType,
  }
}

/** The point's own type: singles to single precision, integers to the nearest (inferred). */
function narrow(value: number, type: PiPointType): number {
  if (type === 'Float64') return value
  return type === 'Int16' || type === 'Int32' ? Math.round(value) : Math.fround(value)
}
