/**
 * Value: what a TimedValue's `Value` means, given the type of its tag.
 *
 * Decided by the JSON shape *and* the catalogued type; where they contradict each other nothing is guessed: the value
 * is a `ShapeMismatch`, and the reader asks whether the tag's type has changed. A system state may stand on any tag.
 */
import { LosslessNumber, stringify } from 'lossless-json'
import type { SamplePayload, SampleType } from '../../domain/sample.ts'
import { parseTicks } from '../../domain/ticks.ts'
import { isObject, type JsonObject } from './answer.ts'

/** The value does not fit the tag's catalogued type. The message completes "the value at T …". */
export class ShapeMismatch extends Error {
  override readonly name = 'ShapeMismatch'
}

const TYPE_OF_POINT = new Map<string, SampleType>([
  ['float16', 'float16'],
  ['float32', 'float32'],
  ['float64', 'float64'],
  ['int16', 'int16'],
  ['int32', 'int32'],
  ['digital', 'digital'],
  ['string', 'string'],
  ['timestamp', 'timestamp'],
  ['blob', 'bytes'],
])

/** `other` for a point type this adapter does not know: its values are judged by their JSON alone. */
export function typeOfPoint(pointType: string): SampleType {
  return TYPE_OF_POINT.get(pointType.toLowerCase()) ?? 'other'
}

/** Values of this type may hold numbers a double cannot: decode them from the exact form of the answer. */
export function needsExactNumbers(type: SampleType): boolean {
  return type === 'other' || type === 'int64' || type === 'uint64'
}

/** Throws ShapeMismatch. */
export function decodeValue(value: unknown, type: SampleType): SamplePayload {
  if (value === null) return { type: 'null', value: null }
  if (isObject(value) && !(value instanceof LosslessNumber)) return decodeObject(value, type)
  switch (type) {
    case 'float16':
    case 'float32':
      return { type, value: float32(value) }
    case 'float64':
      return { type, value: float(value) }
    case 'int16':
    case 'int32':
      return { type, value: integer(value, type) }
    case 'string':
      if (typeof value === 'string') return { type, value }
      break
    case 'timestamp':
      if (typeof value === 'string') return { type, value: timestamp(value) }
      break
    case 'bytes':
      if (Array.isArray(value)) return { type, value: bytes(value) }
      break
    case 'other':
      return decodeUntyped(value)
    default:
  }
  throw new ShapeMismatch(`is ${shapeOf(value)} on a tag of type ${type}`)
}

function decodeObject(value: JsonObject, type: SampleType): SamplePayload {
  const { Name: name, Value: code, IsSystem: isSystem } = value
  if (typeof name === 'string' && Number.isSafeInteger(code) && typeof isSystem === 'boolean') {
    const state = { code: code as number, name }
    if (isSystem) return { type: 'state', value: state }
    if (type === 'digital' || type === 'other') return { type: 'digital', value: state }
    throw new ShapeMismatch(`is a digital state on a tag of type ${type}`)
  }
  if (type === 'other') return { type: 'other', value: textOf(value) }
  throw new ShapeMismatch(`is an object that is not an enumeration value, on a tag of type ${type}`)
}

function decodeUntyped(value: unknown): SamplePayload {
  switch (typeof value) {
    case 'boolean':
      return { type: 'boolean', value }
    case 'string':
      return { type: 'string', value }
    case 'number':
      return { type: 'float64', value }
    default:
  }
  return value instanceof LosslessNumber ? decodeLongNumber(value.toString()) : { type: 'other', value: textOf(value) }
}

function decodeLongNumber(digits: string): SamplePayload {
  if (/^-?\d+$/.test(digits)) {
    const exact = BigInt(digits)
    if (exact === BigInt.asIntN(64, exact)) return { type: 'int64', value: exact }
    if (exact === BigInt.asUintN(64, exact)) return { type: 'uint64', value: exact }
  }
  return { type: 'other', value: digits }
}

function textOf(value: unknown): string {
  return stringify(value) ?? 'null'
}

const FLOAT_SPECIALS = new Map<unknown, number>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

function float(value: unknown): number {
  const number = typeof value === 'number' ? value : FLOAT_SPECIALS.get(value)
  if (number === undefined) throw new ShapeMismatch(`is ${shapeOf(value)} on a tag of floating-point type`)
  // JSON has no infinity: an overflowing literal is not one either.
  if (typeof value === 'number' && !Number.isFinite(value)) throw new ShapeMismatch('is a number beyond float64')
  return number
}

function float32(value: unknown): number {
  const number = float(value)
  const rounded = Math.fround(number)
  if (Number.isFinite(number) && !Number.isFinite(rounded)) throw new ShapeMismatch('is a number beyond float32')
  return rounded
}

const INTEGER_LIMIT = { int16: 2 ** 15, int32: 2 ** 31 } as const

function integer(value: unknown, type: keyof typeof INTEGER_LIMIT): number {
  const limit = INTEGER_LIMIT[type]
  if (typeof value === 'number' && Number.isInteger(value) && value >= -limit && value < limit) {
    // There is no negative zero among integers.
    return value + 0
  }
  throw new ShapeMismatch(`is ${typeof value === 'number' ? String(value) : shapeOf(value)} on a tag of type ${type}`)
}

function timestamp(text: string): ReturnType<typeof parseTicks> {
  try {
    return parseTicks(text)
  } catch {
    throw new ShapeMismatch('is a string that is not a UTC time, on a tag of type timestamp')
  }
}

function bytes(values: readonly unknown[]): Uint8Array {
  const result = new Uint8Array(values.length)
  for (const [i, value] of values.entries()) {
    if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 255) {
      throw new ShapeMismatch('is an array that holds more than bytes')
    }
    result[i] = value as number
  }
  return result
}

function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  return `a ${value instanceof LosslessNumber ? 'number' : typeof value}`
}
