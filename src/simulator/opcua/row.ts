/**
 * UaRow: one archived value as an OPC UA server holds it, before it becomes a DataValue.
 *
 * Times are 100-ns ticks since 1970, as everywhere in the simulator. A row without a value has a Bad status.
 */
export type UaType =
  | 'Boolean'
  | 'SByte'
  | 'Byte'
  | 'Int16'
  | 'UInt16'
  | 'Int32'
  | 'UInt32'
  | 'Int64'
  | 'UInt64'
  | 'Float'
  | 'Double'
  | 'String'
  | 'DateTime'
  | 'Guid'
  | 'ByteString'
  | 'LocalizedText'

/**
 * Int64 and UInt64 are bigints, a DateTime is a bigint of ticks, a ByteString a Uint8Array; the rest is what it looks
 * like.
 */
export type UaScalar = boolean | number | bigint | string | Uint8Array | LocalText

export interface LocalText {
  readonly locale: string
  readonly text: string
}

export interface UaValue {
  readonly type: UaType
  readonly value: UaScalar | readonly UaScalar[]
}

export interface UaRow {
  readonly ticks: bigint
  /** Below the tick, in steps of 10: 0 to 99,990. */
  readonly picoseconds?: number
  /** The whole StatusCode, unsigned 32 bit. */
  readonly status: number
  readonly value: UaValue | undefined
}

/** One node's history: ascending by ticks, rows at one tick in insert order. */
export interface UaSeries {
  readonly length: number
  ticksAt(index: number): bigint
  rowAt(index: number): UaRow
  /** First index whose ticks are at or after `at`; `length` when there is none. */
  lowerBound(at: bigint): number
}

/** The history of a node that is no PI point: an array, ascending by ticks. */
export class RowSeries implements UaSeries {
  readonly #rows: readonly UaRow[]

  constructor(rows: readonly UaRow[]) {
    if (rows.some((row, index) => row.ticks < (rows[index - 1]?.ticks ?? row.ticks))) {
      throw new RangeError('rows must be ascending by time')
    }
    this.#rows = rows
  }

  get length(): number {
    return this.#rows.length
  }

  ticksAt(index: number): bigint {
    return this.rowAt(index).ticks
  }

  rowAt(index: number): UaRow {
    const row = this.#rows[index]
    if (row === undefined) throw new RangeError(`no row ${String(index)} in a series of ${String(this.length)}`)
    return row
  }

  lowerBound(at: bigint): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.ticksAt(middle) < at) low = middle + 1
      else high = middle
    }
    return low
  }
}
