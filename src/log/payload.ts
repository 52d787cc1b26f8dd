/**
 * The `type` and `value` of a record: text of a value and back, without loss (contracts.md §2).
 *
 * What the encoder lets through the decoder accepts: an append-only log must never hold a record that cannot be read,
 * so both check the same ranges. Problems are RangeErrors; record.ts says what they mean.
 *
 * Strings are any sequence of UTF-16 units, NUL and lone surrogates included (a lone surrogate is written as its
 * `\ud8xx` escape, so the bytes stay valid UTF-8). `other` is kept to the letter, white space and digits included.
 */
import { SAMPLE_TYPES, type EnumState, type SamplePayload, type SampleType } from '../domain/sample.ts'
import { formatTicks, parseTicks, type Ticks } from '../domain/ticks.ts'

type SmallInteger = 'int8' | 'int16' | 'int32' | 'uint8' | 'uint16' | 'uint32'
type BigInteger = 'int64' | 'uint64'

const LOWEST: Readonly<Record<SmallInteger, number>> = {
  int8: -128,
  int16: -32_768,
  int32: -2_147_483_648,
  uint8: 0,
  uint16: 0,
  uint32: 0,
}
const HIGHEST: Readonly<Record<SmallInteger, number>> = {
  int8: 127,
  int16: 32_767,
  int32: 2_147_483_647,
  uint8: 255,
  uint16: 65_535,
  uint32: 4_294_967_295,
}

const TYPES: ReadonlySet<unknown> = new Set(SAMPLE_TYPES)

export function isSampleType(value: unknown): value is SampleType {
  return TYPES.has(value)
}

export function encodeValue(payload: SamplePayload): string {
  switch (payload.type) {
    case 'float16':
    case 'float32':
      return float32Text(payload.value, payload.type)
    case 'float64':
      return specialText(payload.value) ?? String(payload.value)
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return String(checkedInteger(payload.value, payload.type))
    case 'int64':
    case 'uint64':
      return `"${checkedBigInteger(payload.value, payload.type).toString()}"`
    case 'boolean':
      return payload.value ? 'true' : 'false'
    case 'string':
      return JSON.stringify(payload.value)
    case 'timestamp':
      return `"${formatTicks(payload.value)}"`
    case 'digital':
    case 'state':
      return `{"code":${String(checkedCode(payload.value.code))},"name":${JSON.stringify(payload.value.name)}}`
    case 'bytes':
      return `"${Buffer.from(payload.value.buffer, payload.value.byteOffset, payload.value.byteLength).toString('base64')}"`
    case 'null':
      return 'null'
    case 'other':
      return checkedJson(payload.value)
  }
}

/** The value that belongs to `type`. `text` gives its exact characters, for what parsing has lost. */
export function decodeValue(type: SampleType, value: unknown, text: () => string): SamplePayload['value'] {
  switch (type) {
    case 'float16':
    case 'float32':
      return float32From(value, type)
    case 'float64':
      return floatFrom(value, type)
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
      // Adding 0 turns a foreign writer's -0 into 0.
      return checkedInteger(value, type) + 0
    case 'int64':
    case 'uint64':
      return bigIntegerFrom(value, type)
    case 'boolean':
      if (typeof value !== 'boolean') throw unfit(type)
      return value
    case 'string':
      if (typeof value !== 'string') throw unfit(type)
      return value
    case 'timestamp':
      return timeFrom(value, 'value')
    case 'digital':
    case 'state':
      return enumStateFrom(value, type)
    case 'bytes':
      return bytesFrom(value)
    case 'null':
      if (value !== null) throw unfit(type)
      return value
    case 'other':
      if (value === undefined) throw unfit(type)
      return text()
  }
}

/** Exactly the form `formatTicks` prints; `field` names it in the error. */
export function timeFrom(value: unknown, field: string): Ticks {
  if (typeof value !== 'string' || value.length !== 28) throw new RangeError(`${field} is not a time with 7 digits`)
  return parseTicks(value)
}

// 10^0 .. 10^11: up to here a float32 times a power is exact in a double, so rounding it is what toPrecision does.
const POWERS = Array.from({ length: 12 }, (_, exponent) => 10 ** exponent)
const FAST_FROM = 1e-3
const FAST_UNTIL = 1e7

/** The shorter of 7 and 9 significant digits that gives the same float32 again; 9 always do. */
function float32Text(value: number, type: SampleType): string {
  const special = specialText(value)
  if (special !== undefined) return special
  if (Math.fround(value) !== value) throw unfit(type)
  const short = rounded(value, 7)
  return String(Math.fround(short) === value ? short : rounded(value, 9))
}

/** To so many significant digits; the common magnitudes without the cost of a text in between. */
function rounded(value: number, digits: number): number {
  const size = Math.abs(value)
  if (!(size >= FAST_FROM && size < FAST_UNTIL)) return Number(value.toPrecision(digits))
  let decimals = digits - 1
  if (size >= 1) while (size >= power(digits - decimals)) decimals -= 1
  else while (size * power(decimals - digits + 1) < 1) decimals += 1
  const result = Math.round(size * power(decimals)) / power(decimals)
  return value < 0 ? -result : result
}

function power(exponent: number): number {
  return POWERS[exponent] ?? NaN
}

/** What JSON has no number for, and -0, which `String` would lose. */
function specialText(value: number): string | undefined {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  if (Number.isFinite(value)) return undefined
  if (typeof value !== 'number') throw new RangeError('not a number')
  return `"${String(value)}"`
}

function float32From(value: unknown, type: SampleType): number {
  const wide = floatFrom(value, type)
  const narrow = Math.fround(wide)
  if (Number.isFinite(wide) && !Number.isFinite(narrow)) throw unfit(type)
  return narrow
}

function floatFrom(value: unknown, type: SampleType): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (value === 'NaN') return NaN
  if (value === 'Infinity') return Infinity
  if (value === '-Infinity') return -Infinity
  throw unfit(type)
}

function checkedInteger(value: unknown, type: SmallInteger): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < LOWEST[type] || value > HIGHEST[type]) {
    throw unfit(type)
  }
  return value
}

function checkedBigInteger(value: bigint, type: BigInteger): bigint {
  if ((type === 'int64' ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)) !== value) throw unfit(type)
  return value
}

/** Only the canonical decimal form: no sign before 0, no leading zeros. */
function bigIntegerFrom(value: unknown, type: BigInteger): bigint {
  if (typeof value !== 'string' || !/^(0|-?[1-9]\d{0,19})$/.test(value)) throw unfit(type)
  return checkedBigInteger(BigInt(value), type)
}

function checkedCode(code: unknown): number {
  if (!Number.isSafeInteger(code)) throw new RangeError('the code of a state is not an integer')
  return (code as number) + 0
}

function enumStateFrom(value: unknown, type: SampleType): EnumState {
  if (typeof value !== 'object' || value === null) throw unfit(type)
  const { code, name } = value as { code?: unknown; name?: unknown }
  if (typeof name !== 'string') throw unfit(type)
  return { code: checkedCode(code), name }
}

function bytesFrom(value: unknown): Uint8Array {
  if (typeof value !== 'string') throw unfit('bytes')
  const bytes = Buffer.from(value, 'base64')
  // Buffer skips what is not base64; only the canonical text gives itself back.
  if (bytes.toString('base64') !== value) throw unfit('bytes')
  return new Uint8Array(bytes)
}

/** A raw lone surrogate would not survive UTF-8; a JSON text that came over a wire cannot hold one. */
function checkedJson(text: string): string {
  try {
    JSON.parse(text)
  } catch (cause) {
    throw new RangeError('a value of type other is not JSON', { cause })
  }
  if (/\p{Surrogate}/u.test(text)) throw new RangeError('a value of type other is not well-formed Unicode')
  return text
}

function unfit(type: SampleType): RangeError {
  return new RangeError(`the value is not a ${type}`)
}
