/**
 * Value: what a Variant means on a tag of a given type.
 *
 * A tag keeps its type whoever serves it, so a value that the server spells wider than the tag (a Float32 point as
 * Double, an Int16 as Int32) is narrowed where that loses nothing, and a number or text of a digital tag becomes its
 * state. Whatever does not fit exactly keeps the type it came with: nothing is rounded, guessed or dropped.
 *
 * Int64 arrives as two halves, Float widened to a double, and null is no text.
 */
import './foreign-log.ts'
import { DataType, VariantArrayType, type Variant } from 'node-opcua-client'
import type { EnumState, SamplePayload, SampleType } from '../../domain/sample.ts'
import { jsonOf, type UriOf } from './other.ts'
import { ticksOfValue, type PreciseDate } from './time.ts'

/** The states of a digital tag: names by number. */
export type StateNames = ReadonlyMap<number, string>

export interface ValueContext {
  readonly type: SampleType
  /** Undefined where the node has none, or the tag is not digital. */
  readonly states: StateNames | undefined
  readonly uriOf: UriOf
}

export function decodeValue(variant: Variant | null | undefined, context: ValueContext): SamplePayload {
  if (variant === null || variant === undefined || variant.dataType === DataType.Null) return NOTHING
  if (variant.arrayType !== VariantArrayType.Scalar) return decodeArray(variant, context)
  const value: unknown = variant.value
  if (value === null || value === undefined) return NOTHING
  const { type } = context
  switch (variant.dataType) {
    case DataType.Double:
      return narrowDouble(value as number, type)
    case DataType.Float:
      return { type: type === 'float16' ? type : 'float32', value: Math.fround(value as number) }
    case DataType.Boolean:
      return type === 'digital' ? stateOf(Number(value), context) : { type: 'boolean', value: value as boolean }
    case DataType.String:
    case DataType.Guid:
    case DataType.XmlElement:
      return decodeText(value as string, context)
    case DataType.LocalizedText:
      return decodeLocalized(variant, value, context)
    case DataType.DateTime:
      return { type: 'timestamp', value: ticksOfValue(value as PreciseDate) }
    case DataType.ByteString:
      return { type: 'bytes', value: value as Uint8Array }
    default: {
      const integerType = INTEGER_OF.get(variant.dataType)
      return integerType === undefined
        ? { type: 'other', value: jsonOf(variant, context.uriOf) }
        : decodeInteger(value, integerType, context)
    }
  }
}

const NOTHING: SamplePayload = { type: 'null', value: null }

type IntegerType = 'int8' | 'int16' | 'int32' | 'int64' | 'uint8' | 'uint16' | 'uint32' | 'uint64'

const INTEGER_OF: ReadonlyMap<DataType, IntegerType> = new Map<DataType, IntegerType>([
  [DataType.SByte, 'int8'],
  [DataType.Byte, 'uint8'],
  [DataType.Int16, 'int16'],
  [DataType.UInt16, 'uint16'],
  [DataType.Int32, 'int32'],
  [DataType.UInt32, 'uint32'],
  [DataType.Int64, 'int64'],
  [DataType.UInt64, 'uint64'],
])

/** Inclusive. */
const RANGE_OF: Readonly<Record<IntegerType, readonly [bigint, bigint]>> = {
  int8: signed(8n),
  int16: signed(16n),
  int32: signed(32n),
  int64: signed(64n),
  uint8: unsigned(8n),
  uint16: unsigned(16n),
  uint32: unsigned(32n),
  uint64: unsigned(64n),
}

function signed(bits: bigint): readonly [bigint, bigint] {
  return [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n]
}

function unsigned(bits: bigint): readonly [bigint, bigint] {
  return [0n, 2n ** bits - 1n]
}

function isIntegerType(type: SampleType): type is IntegerType {
  return Object.hasOwn(RANGE_OF, type)
}

function narrowDouble(value: number, type: SampleType): SamplePayload {
  if (type === 'float64') return { type, value }
  if (type === 'float32' || type === 'float16') {
    const rounded = Math.fround(value)
    if (Object.is(rounded, value)) return { type, value: rounded }
  } else if (isIntegerType(type) && Number.isInteger(value) && !Object.is(value, -0)) {
    const exact = fitting(BigInt(value), type)
    if (exact !== undefined) return exact
  }
  return { type: 'float64', value }
}

function decodeInteger(value: unknown, own: IntegerType, context: ValueContext): SamplePayload {
  if (typeof value === 'number' && own === context.type && own !== 'int64' && own !== 'uint64') {
    return { type: own, value }
  }
  const exact = integerOf(value, own)
  if (context.type === 'digital') {
    const code = Number(exact)
    if (Number.isSafeInteger(code)) return stateOf(code, context)
  }
  const wanted = isIntegerType(context.type) ? fitting(exact, context.type) : undefined
  return wanted ?? fitting(exact, own) ?? { type: 'other', value: exact.toString() }
}

/** The library gives 64 bits as two unsigned halves, high first. */
function integerOf(value: unknown, own: IntegerType): bigint {
  if (!Array.isArray(value)) return BigInt(value as number)
  const [high, low] = value as [number, number]
  const bits = (BigInt(high) << 32n) | BigInt(low >>> 0)
  return own === 'int64' ? BigInt.asIntN(64, bits) : BigInt.asUintN(64, bits)
}

function fitting(exact: bigint, type: IntegerType): SamplePayload | undefined {
  const [least, most] = RANGE_OF[type]
  if (exact < least || exact > most) return undefined
  if (type === 'int64' || type === 'uint64') return { type, value: exact }
  return { type, value: Number(exact) }
}

/** A number without a name is shown as the number. */
function stateOf(code: number, { states }: ValueContext): SamplePayload {
  const value: EnumState = { code, name: states?.get(code) ?? String(code) }
  return { type: 'digital', value }
}

function decodeText(text: string, { type, states }: ValueContext): SamplePayload {
  if (type === 'digital' && states !== undefined) {
    for (const [code, name] of states) if (name === text) return { type, value: { code, name } }
  }
  return { type: 'string', value: text }
}

interface LocalText {
  readonly text?: string | null
  readonly locale?: string | null
}

/** The locale belongs to the text: with one, both are kept. */
function decodeLocalized(variant: Variant, { text, locale }: LocalText, context: ValueContext): SamplePayload {
  if (text === null || text === undefined) return NOTHING
  const plain = locale === null || locale === undefined || locale === ''
  if (plain || context.type === 'digital' || context.type === 'string') return decodeText(text, context)
  return { type: 'other', value: jsonOf(variant, context.uriOf) }
}

/** Some servers give a blob as an array of bytes. */
function decodeArray(variant: Variant, context: ValueContext): SamplePayload {
  const value: unknown = variant.value
  if (value === null || value === undefined) return NOTHING
  if (context.type === 'bytes' && variant.dataType === DataType.Byte && value instanceof Uint8Array) {
    return { type: 'bytes', value }
  }
  return { type: 'other', value: jsonOf(variant, context.uriOf) }
}
