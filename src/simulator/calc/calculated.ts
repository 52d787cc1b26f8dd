/** What the calculation endpoints have in common: their values, their refusals, and the state that says "no data". */
import type { PiEvent, PiPointType, PiState, PiValue, SimulatedPoint } from '../series.ts'

/** A value that was calculated. It is printed as `valueType`, which for a statistic is not the point's own type. */
export interface CalculatedEvent extends PiEvent {
  readonly valueType: PiPointType
}

/** The call cannot be answered; `status` and `{"Errors":[message]}` are the answer. */
export class CalculationRefused extends Error {
  override readonly name = 'CalculationRefused'
  readonly status: 400 | 404 | 409

  constructor(status: 400 | 404 | 409, message: string) {
    super(message)
    this.status = status
  }
}

export const NO_DATA: PiState = { name: 'No Data', value: 248, isSystem: true }

export function isState(value: PiValue): value is PiState {
  return typeof value === 'object' && 'isSystem' in value
}

export function isNumeric(point: SimulatedPoint): boolean {
  return NUMERIC_TYPES.has(point.pointType)
}

const NUMERIC_TYPES: ReadonlySet<PiPointType> = new Set(['Float16', 'Float32', 'Float64', 'Int16', 'Int32'])

/** The number of a good numeric event; undefined for states, other types and bad events. */
export function goodNumber(event: PiEvent): number | undefined {
  return event.good && typeof event.value === 'number' ? event.value : undefined
}

export function noDataAt(point: SimulatedPoint, ticks: bigint): CalculatedEvent {
  return {
    ticks,
    value: NO_DATA,
    good: false,
    questionable: false,
    substituted: false,
    annotated: false,
    valueType: point.pointType,
  }
}

export function asRecorded(point: SimulatedPoint, event: PiEvent): CalculatedEvent {
  return { ...event, valueType: point.pointType }
}
