/** `recordedattime` and `recordedattimes`: the recorded event nearest to a time, by one of six modes. */
import type { Series, SimulatedPoint } from '../series.ts'
import { firstAfter, lastAtOrBefore, lastBefore } from './bounds.ts'
import { asRecorded, CalculationRefused, noDataAt, type CalculatedEvent } from './calculated.ts'

export const RETRIEVAL_MODES = ['Auto', 'AtOrBefore', 'Before', 'AtOrAfter', 'After', 'Exact'] as const
export type RetrievalMode = (typeof RETRIEVAL_MODES)[number]

/** Refused with 404 when no event answers to the mode. */
export function recordedAtTime(point: SimulatedPoint, at: bigint, mode: RetrievalMode): CalculatedEvent {
  const index = find(point.series, at, mode)
  if (index === undefined) throw new CalculationRefused(404, 'No recorded value was found for the specified time.')
  return asRecorded(point, point.series.eventAt(index))
}

/** One event per time, in time order; a time without an event gives the state No Data at that time. */
export function recordedAtTimes(
  point: SimulatedPoint,
  times: readonly bigint[],
  mode: RetrievalMode,
  descending: boolean,
): CalculatedEvent[] {
  return sortTimes(times, descending).map((at) => {
    const index = find(point.series, at, mode)
    return index === undefined ? noDataAt(point, at) : asRecorded(point, point.series.eventAt(index))
  })
}

export function sortTimes(times: readonly bigint[], descending: boolean): bigint[] {
  const ascending = times.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return descending ? ascending.reverse() : ascending
}

/** Of several events at the tick: the last when looking back, the first when looking ahead or for the exact time. */
function find(series: Series, at: bigint, mode: RetrievalMode): number | undefined {
  switch (mode) {
    case 'Auto':
      return existing(series, lastAtOrBefore(series, at)) ?? existing(series, firstAfter(series, at))
    case 'AtOrBefore':
      return existing(series, lastAtOrBefore(series, at))
    case 'Before':
      return existing(series, lastBefore(series, at))
    case 'AtOrAfter':
      return existing(series, series.lowerBound(at))
    case 'After':
      return existing(series, firstAfter(series, at))
    case 'Exact': {
      const index = existing(series, series.lowerBound(at))
      return index !== undefined && series.ticksAt(index) === at ? index : undefined
    }
  }
}

function existing(series: Series, index: number): number | undefined {
  return index >= 0 && index < series.length ? index : undefined
}
