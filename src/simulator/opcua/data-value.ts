/**
 * Rows as DataValues. The library's own constructors check and copy every field; a dense node is read a million rows at
 * a time, so the fields are set directly.
 */
import type { ConstantStatusCode, DataValue, Variant } from 'node-opcua'
import type { NodeOpcua } from './node-opcua.ts'
import type { UaRow, UaScalar, UaType, UaValue } from './row.ts'

const TICKS_PER_MS = 10_000n
const PICOSECONDS_PER_TICK = 100_000

/** Which timestamps a DataValue carries; the double's server time is always the source's. */
export interface Timestamps {
  readonly source: boolean
  readonly server: boolean
}

export class DataValues {
  readonly #opcua: NodeOpcua
  readonly #codes = new Map<number, ConstantStatusCode>()

  constructor(opcua: NodeOpcua) {
    this.#opcua = opcua
  }

  /** All 32 bits as given, known to the library or not. */
  statusCode(value: number): ConstantStatusCode {
    let code = this.#codes.get(value)
    if (code === undefined) {
      const name = `0x${value.toString(16).padStart(8, '0')}`
      code = new this.#opcua.ConstantStatusCode({ value, name, description: '' })
      this.#codes.set(value, code)
    }
    return code
  }

  dataValue(row: UaRow, timestamps: Timestamps): DataValue {
    const dataValue = new this.#opcua.DataValue(null)
    dataValue.statusCode = this.statusCode(row.status)
    if (row.value !== undefined) dataValue.value = this.variant(row.value)
    const { date, picoseconds } = dateOf(row.ticks)
    const below = picoseconds + (row.picoseconds ?? 0)
    if (timestamps.source) {
      dataValue.sourceTimestamp = date
      dataValue.sourcePicoseconds = below
    }
    if (timestamps.server) {
      dataValue.serverTimestamp = date
      dataValue.serverPicoseconds = below
    }
    return dataValue
  }

  variant({ type, value }: UaValue): Variant {
    const variant = new this.#opcua.Variant(null)
    variant.dataType = this.#opcua.DataType[type]
    if (Array.isArray(value)) {
      variant.arrayType = this.#opcua.VariantArrayType.Array
      variant.value = (value as readonly UaScalar[]).map((item) => this.#wireValue(type, item))
    } else {
      variant.value = this.#wireValue(type, value as UaScalar)
    }
    return variant
  }

  #wireValue(type: UaType, value: UaScalar): unknown {
    if (typeof value === 'bigint') return type === 'DateTime' ? preciseDate(value) : halves(value)
    if (value instanceof Uint8Array) return Buffer.from(value)
    if (typeof value === 'object') return new this.#opcua.LocalizedText(value)
    return value
  }
}

/** The library keeps what is below a millisecond of a Date beside it, in picoseconds. */
export function dateOf(ticks: bigint): { readonly date: Date; readonly picoseconds: number } {
  const rest = ((ticks % TICKS_PER_MS) + TICKS_PER_MS) % TICKS_PER_MS
  const date = new Date(Number((ticks - rest) / TICKS_PER_MS))
  return { date, picoseconds: Number(rest) * PICOSECONDS_PER_TICK }
}

/** A DateTime inside a value or a request carries its picoseconds as a property of the Date. */
export function preciseDate(ticks: bigint): Date {
  const { date, picoseconds } = dateOf(ticks)
  return Object.assign(date, { picoseconds })
}

export function ticksOf(date: (Date & { readonly picoseconds?: number }) | null): bigint | undefined {
  if (date === null) return undefined
  return BigInt(date.getTime()) * TICKS_PER_MS + BigInt(Math.floor((date.picoseconds ?? 0) / PICOSECONDS_PER_TICK))
}

/** Int64 and UInt64 travel as two unsigned halves, the high one first. */
function halves(value: bigint): [number, number] {
  const bits = BigInt.asUintN(64, value)
  return [Number(bits >> 32n), Number(bits & 0xffff_ffffn)]
}
