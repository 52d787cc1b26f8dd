/**
 * The calculating calls, as they are the same for one stream and for a set of them: the parameters are read once, the
 * result is asked for per point.
 */
import { currentValue, endOfStream } from '../calc/current.ts'
import type { CalculatedEvent } from '../calc/calculated.ts'
import { interpolateAtTimes } from '../calc/interpolate.ts'
import { interpolated } from '../calc/interpolated.ts'
import { plot } from '../calc/plot.ts'
import { recordedAtTime, recordedAtTimes, RETRIEVAL_MODES } from '../calc/recorded-at-time.ts'
import { CALCULATION_BASES, summary, SUMMARY_TYPES, TIME_TYPES, type SummaryType } from '../calc/summary.ts'
import type { ApiContext } from '../context.ts'
import { ApiError } from '../http/answer.ts'
import type { Query } from '../http/query.ts'
import type { HistorianPoint } from '../point.ts'
import { parseTimeSpan, type TimeSpan } from '../time-span.ts'
import { timedValue } from '../timed-value.ts'
import { parseTimeText, refuseFilter, timeParameter } from '../parameters.ts'

/** One TimedValue, or the elements of `Items`. */
export type StreamResult =
  | { readonly kind: 'value'; readonly value: Record<string, unknown> }
  | { readonly kind: 'values'; readonly items: readonly Record<string, unknown>[] }
  | { readonly kind: 'summaries'; readonly items: readonly Record<string, unknown>[] }

export type StreamCall = (context: ApiContext, query: Query) => (point: HistorianPoint) => StreamResult

/** How many plot intervals or summary intervals one call may ask for; a bound, the real one is not known. */
const MAX_INTERVALS = 150_000

export const STREAM_CALLS: Readonly<Record<string, StreamCall>> = {
  value: (context, query) => {
    const at = query.get('time') === undefined ? undefined : timeParameter(context, query, 'time', '*')
    return (point) => one(context, point, currentValue(point, context.now(), at))
  },
  end: (context) => (point) => one(context, point, endOfStream(point, context.now())),
  recordedattime: (context, query) => {
    const at = requiredTimes(context, query)[0] ?? context.now()
    const mode = query.choice('retrievalMode', RETRIEVAL_MODES)
    return (point) => one(context, point, recordedAtTime(point, at, mode))
  },
  recordedattimes: (context, query) => {
    const times = requiredTimes(context, query)
    const mode = query.choice('retrievalMode', RETRIEVAL_MODES)
    const descending = isDescending(query)
    return (point) => many(context, point, recordedAtTimes(point, times, mode, descending))
  },
  interpolated: (context, query) => {
    refuseFilter(query)
    const parameters = {
      ...range(context, query),
      interval: spanParameter(query, 'interval', '1h'),
      syncTime: query.get('syncTime') === undefined ? undefined : timeParameter(context, query, 'syncTime', '*'),
      syncTimeBoundary: query.choice('syncTimeBoundaryType', ['Inside', 'Outside']),
      timeZone: query.get('timeZone'),
      maxValues: context.switches().maxReturnedItems,
    }
    return (point) => many(context, point, interpolated(point, parameters))
  },
  interpolatedattimes: (context, query) => {
    refuseFilter(query)
    const times = requiredTimes(context, query)
    const descending = isDescending(query)
    return (point) => many(context, point, interpolateAtTimes(point, times, descending))
  },
  plot: (context, query) => {
    const intervals = query.integer('intervals', 24, 1)
    const parameters = { ...range(context, query), intervals, maxIntervals: MAX_INTERVALS }
    return (point) => many(context, point, plot(point, parameters))
  },
  summary: (context, query) => {
    refuseFilter(query)
    const parameters = {
      ...range(context, query),
      types: summaryTypes(query),
      basis: query.choice('calculationBasis', CALCULATION_BASES),
      timeType: query.choice('timeType', TIME_TYPES),
      duration: query.get('summaryDuration') === undefined ? undefined : spanParameter(query, 'summaryDuration', ''),
      timeZone: query.get('timeZone'),
      countsBad: context.switches().countIncludesBad,
      maxIntervals: MAX_INTERVALS,
    }
    return (point) => {
      const rows = summary(point, parameters, context.now())
      const items = rows.map((row) => ({
        Type: row.type,
        Value: { ...rendered(context, point, row.value), UnitsAbbreviation: row.unitsAbbreviation },
      }))
      return { kind: 'summaries', items }
    }
  },
}

function rendered(context: ApiContext, point: HistorianPoint, event: CalculatedEvent): Record<string, unknown> {
  return timedValue(point, event, context.switches().nonFinite)
}

function one(context: ApiContext, point: HistorianPoint, event: CalculatedEvent): StreamResult {
  return { kind: 'value', value: rendered(context, point, event) }
}

function many(context: ApiContext, point: HistorianPoint, events: readonly CalculatedEvent[]): StreamResult {
  return { kind: 'values', items: events.map((event) => rendered(context, point, event)) }
}

function range(context: ApiContext, query: Query): { readonly start: bigint; readonly end: bigint } {
  return {
    start: timeParameter(context, query, 'startTime', '*-1d'),
    end: timeParameter(context, query, 'endTime', '*'),
  }
}

function requiredTimes(context: ApiContext, query: Query): bigint[] {
  const texts = query.all('time')
  if (texts.length === 0) throw ApiError.badRequest("Parameter 'time' is required.")
  return texts.map((text) => parseTimeText(context, query, 'time', text))
}

function isDescending(query: Query): boolean {
  return query.choice('sortOrder', ['Ascending', 'Descending']) === 'Descending'
}

function spanParameter(query: Query, name: string, absent: string): TimeSpan {
  const text = query.get(name) ?? absent
  const span = parseTimeSpan(text)
  if (span === undefined) throw ApiError.invalid(name, text)
  return span
}

function summaryTypes(query: Query): SummaryType[] {
  const texts = query.all('summaryType').flatMap((text) => text.split(','))
  if (texts.length === 0) return ['Total']
  return texts.map((text) => {
    const found = SUMMARY_TYPES.find((type) => type.toLowerCase() === text.trim().toLowerCase())
    if (found === undefined) throw ApiError.invalid('summaryType', text)
    return found
  })
}
