/** `summary`: statistics over a range, or over each interval of `summaryDuration` within it. */
import type { SimulatedPoint } from '../series.ts'
import type { TimeSpan } from '../time-span.ts'
import { CalculationRefused, isNumeric, noDataAt, type CalculatedEvent } from './calculated.ts'
import { eventWeighted } from './event-weighted.ts'
import { eventsOf, splitRange, type EventBasis, type Interval } from './intervals.ts'
import type { Statistics } from './statistics.ts'
import { timeWeighted } from './time-weighted.ts'

const SINGLE_TYPES = [
  'Total',
  'Average',
  'Minimum',
  'Maximum',
  'Range',
  'StdDev',
  'PopulationStdDev',
  'Count',
  'PercentGood',
  'TotalWithUOM',
] as const
type SingleType = (typeof SINGLE_TYPES)[number]

export const SUMMARY_TYPES = [...SINGLE_TYPES, 'All', 'AllForNonNumeric'] as const
export type SummaryType = (typeof SUMMARY_TYPES)[number]

export const CALCULATION_BASES = [
  'TimeWeighted',
  'EventWeighted',
  'TimeWeightedContinuous',
  'TimeWeightedDiscrete',
  'EventWeightedExcludeMostRecentEvent',
  'EventWeightedExcludeEarliestEvent',
  'EventWeightedIncludeBothEnds',
] as const
export type CalculationBasis = (typeof CALCULATION_BASES)[number]

export const TIME_TYPES = ['Auto', 'EarliestTime', 'MostRecentTime'] as const
export type TimeType = (typeof TIME_TYPES)[number]

export interface SummaryParameters {
  readonly start: bigint
  readonly end: bigint
  readonly types: readonly SummaryType[]
  readonly basis: CalculationBasis
  readonly timeType: TimeType
  readonly duration?: TimeSpan | undefined
  readonly timeZone?: string | undefined
  /** Whether an event-weighted Count includes bad events. */
  readonly countsBad: boolean
  readonly maxIntervals: number
}

export interface SummaryRow {
  readonly type: SingleType
  readonly value: CalculatedEvent
  readonly unitsAbbreviation: string
}

/** AF's own `All` leaves TotalWithUOM out. */
const ALL = SINGLE_TYPES.filter((type) => type !== 'TotalWithUOM')
const NON_NUMERIC: readonly SingleType[] = ['Count', 'PercentGood']

/** By type in the order asked for, then by interval in the direction of the range. */
export function summary(point: SimulatedPoint, parameters: SummaryParameters, now: bigint): SummaryRow[] {
  const types = expand(parameters.types)
  if (!isNumeric(point) && types.some((type) => !NON_NUMERIC.includes(type))) {
    throw new CalculationRefused(409, 'The requested summary type is not supported for a point that is not numeric.')
  }
  const { start, end, duration, timeZone, maxIntervals } = parameters
  const descending = end < start
  const intervals = splitRange(descending ? end : start, descending ? start : end, duration, timeZone, maxIntervals)
  const calculated = intervals.map((interval) => ({
    interval,
    statistics: statisticsOf(point, interval, parameters, intervals.length > 1, descending, now),
  }))
  if (descending) calculated.reverse()
  return types.flatMap((type) =>
    calculated.map(({ interval, statistics }) => ({
      type,
      value: present(point, type, statistics, interval, parameters.timeType),
      unitsAbbreviation: unitsOf(point, type, parameters.basis),
    })),
  )
}

function expand(types: readonly SummaryType[]): SingleType[] {
  const single = types.flatMap((type): readonly SingleType[] => {
    if (type === 'All') return ALL
    return type === 'AllForNonNumeric' ? NON_NUMERIC : [type]
  })
  return [...new Set(single)]
}

function statisticsOf(
  point: SimulatedPoint,
  interval: Interval,
  { basis, countsBad }: SummaryParameters,
  several: boolean,
  descending: boolean,
  now: bigint,
): Statistics {
  if (isEventBasis(basis)) {
    const { first, stop } = eventsOf(point.series, interval, basis, several, descending)
    return eventWeighted(point, first, stop, countsBad)
  }
  const continuous = basis === 'TimeWeightedContinuous' || (basis === 'TimeWeighted' && !point.step)
  return timeWeighted(point, interval, continuous, now)
}

function isEventBasis(basis: CalculationBasis): basis is EventBasis {
  return basis.startsWith('Event')
}

function present(
  point: SimulatedPoint,
  type: SingleType,
  statistics: Statistics,
  interval: Interval,
  timeType: TimeType,
): CalculatedEvent {
  const extreme = type === 'Minimum' ? statistics.minimum : type === 'Maximum' ? statistics.maximum : undefined
  const auto = extreme?.ticks ?? interval.from
  const ticks = timeType === 'Auto' ? auto : timeType === 'EarliestTime' ? interval.from : interval.until
  const value = numberOf(type, statistics)
  if (value === undefined) return noDataAt(point, ticks)
  return {
    ticks,
    value,
    good: true,
    questionable: false,
    substituted: false,
    annotated: false,
    // Statistics are doubles; the extremes of a point keep its type.
    valueType: extreme === undefined ? 'Float64' : point.pointType,
  }
}

function numberOf(type: SingleType, statistics: Statistics): number | undefined {
  const { minimum, maximum } = statistics
  switch (type) {
    case 'Total':
    case 'TotalWithUOM':
      return statistics.total
    case 'Average':
      return statistics.average
    case 'Minimum':
      return minimum?.value
    case 'Maximum':
      return maximum?.value
    case 'Range':
      return minimum === undefined || maximum === undefined ? undefined : maximum.value - minimum.value
    case 'StdDev':
      return statistics.stdDev
    case 'PopulationStdDev':
      return statistics.populationStdDev
    case 'Count':
      return statistics.count
    case 'PercentGood':
      return statistics.percentGood
  }
}

function unitsOf(point: SimulatedPoint, type: SingleType, basis: CalculationBasis): string {
  switch (type) {
    case 'Count':
      return isEventBasis(basis) ? '' : 's'
    case 'PercentGood':
      return '%'
    case 'Total':
      return ''
    case 'TotalWithUOM':
    case 'Average':
    case 'Minimum':
    case 'Maximum':
    case 'Range':
    case 'StdDev':
    case 'PopulationStdDev':
      return point.engineeringUnits
  }
}
