/** TimedValue, the object answers are made of: one event, numbers in .NET notation, or what stands for one that failed. */
import type { CalculatedEvent } from './calc/calculated.ts'
import { formatTicksTrimmed } from './grid.ts'
import { RawJson } from './http/answer.ts'
import { float32Text, float64Text } from './number-text.ts'
import type { PiPointType, PiValue, SimulatedPoint } from './series.ts'

export const NOT_FINITE = 'The value is not a finite number.'

export function timedValue(
  point: SimulatedPoint,
  event: CalculatedEvent,
  nonFinite: 'string' | 'error',
): Record<string, unknown> {
  const failed = nonFinite === 'error' && typeof event.value === 'number' && !Number.isFinite(event.value)
  return {
    Timestamp: formatTicksTrimmed(event.ticks),
    Value: failed ? null : valueJson(event.value, event.valueType),
    UnitsAbbreviation: point.engineeringUnits,
    Good: event.good,
    Questionable: event.questionable,
    Substituted: event.substituted,
    Annotated: event.annotated,
    ...(failed ? { Errors: valueErrors(NOT_FINITE) } : {}),
  }
}

/** A value that could not be had. Good is still true, as on a real server. */
export function failedValue(timestamp: string, message: string): Record<string, unknown> {
  return {
    Timestamp: timestamp,
    Value: null,
    UnitsAbbreviation: '',
    Good: true,
    Questionable: false,
    Substituted: false,
    Annotated: false,
    Errors: valueErrors(message),
  }
}

function valueErrors(message: string): unknown {
  return [{ FieldName: 'Value', Message: [message] }]
}

function valueJson(value: PiValue, valueType: PiPointType): unknown {
  if (typeof value === 'number') return new RawJson(numberText(value, valueType))
  if (typeof value === 'string') return value
  if (typeof value === 'bigint') return formatTicksTrimmed(value)
  if (value instanceof Uint8Array) return Array.from(value)
  return { Name: value.name, Value: value.value, IsSystem: value.isSystem }
}

function numberText(value: number, valueType: PiPointType): string {
  switch (valueType) {
    case 'Float16':
    case 'Float32':
      return float32Text(value)
    case 'Int16':
    case 'Int32':
      return String(value)
    case 'Float64':
    case 'Digital':
    case 'String':
    case 'Blob':
    case 'Timestamp':
      return float64Text(value)
  }
}
