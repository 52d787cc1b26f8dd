/**
 * Archive: one point's events in typed columns (14 bytes per Float32 event), ascending by time, events at one time in
 * insert order.
 *
 * The snapshot, a point's newest value that compression has not decided about yet, is the row after the archived
 * ones: `length` counts it, `archivedLength` does not.
 */
import { formatTicksTrimmed, gridFromTicks, ticksFromGrid } from './grid.ts'
import { systemStateName } from './enumeration.ts'
import type { PiEvent, PiPointType, PiValue, Series } from './series.ts'

/** What can be stored: on a Digital point a number is the state's code; `system` is a system state, on any type. */
export type StoredValue = number | string | bigint | Uint8Array | { readonly system: number }

export interface EventFlags {
  readonly good?: boolean | undefined
  readonly questionable?: boolean | undefined
  readonly substituted?: boolean | undefined
  readonly annotated?: boolean | undefined
}

/** Bits of a row's `marks`; a system state's code is kept above them, 0 meaning none. */
export const MARK = { good: 1, questionable: 2, substituted: 4, annotated: 8 } as const
export const STATE_SHIFT = 4

const FIRST_CAPACITY = 16

type Column = Float32Array | Float64Array | Int32Array | BigInt64Array | string[] | Uint8Array[]

export class Archive implements Series {
  readonly pointType: PiPointType
  readonly #digitalNames: ReadonlyMap<number, string>
  #grids = new Float64Array(FIRST_CAPACITY)
  #marks = new Uint16Array(FIRST_CAPACITY)
  #values: Column
  #archived = 0
  #hasSnapshot = false

  constructor(pointType: PiPointType, digitalNames: ReadonlyMap<number, string> = new Map()) {
    this.pointType = pointType
    this.#digitalNames = digitalNames
    this.#values = emptyColumn(pointType)
  }

  get length(): number {
    return this.#archived + (this.#hasSnapshot ? 1 : 0)
  }

  get archivedLength(): number {
    return this.#archived
  }

  get hasSnapshot(): boolean {
    return this.#hasSnapshot
  }

  /**
   * The raw columns, for the renderer's hot loop. Rows never move within columns handed out (a late insert or a delete
   * makes new ones), so an answer that is still being streamed neither skips nor repeats a row.
   */
  get columns(): { readonly grids: Float64Array; readonly marks: Uint16Array; readonly values: Column } {
    return { grids: this.#grids, marks: this.#marks, values: this.#values }
  }

  /** NaN where there is no row: the columns are longer than what they hold. */
  gridAt(index: number): number {
    return index < this.length ? (this.#grids[index] ?? Number.NaN) : Number.NaN
  }

  ticksAt(index: number): bigint {
    return ticksFromGrid(this.gridAt(index))
  }

  eventAt(index: number): PiEvent {
    const marks = this.#marks[index] ?? 0
    return {
      ticks: this.ticksAt(index),
      value: this.valueAt(index),
      good: (marks & MARK.good) !== 0,
      questionable: (marks & MARK.questionable) !== 0,
      substituted: (marks & MARK.substituted) !== 0,
      annotated: (marks & MARK.annotated) !== 0,
    }
  }

  valueAt(index: number): PiValue {
    this.#requireRow(index)
    const state = (this.#marks[index] ?? 0) >> STATE_SHIFT
    if (state !== 0) return { name: systemStateName(state), value: state, isSystem: true }
    const value = this.#values[index]
    if (value === undefined) throw new Error(`row ${String(index)} holds no value`)
    if (this.pointType !== 'Digital') return value
    const code = Number(value)
    return { name: this.stateName(code), value: code, isSystem: false }
  }

  stateName(code: number): string {
    return this.#digitalNames.get(code) ?? `?${String(code)}`
  }

  /** First row whose printed time is at or after `at`. */
  lowerBound(at: bigint): number {
    // Printing floors, so the grid time that prints as `at` is the one above it.
    const grid = gridFromTicks(at, 'floor')
    return this.lowerBoundGrid(ticksFromGrid(grid) < at ? grid + 1 : grid)
  }

  lowerBoundGrid(grid: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.gridAt(middle) < grid) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Adds an archived event in time order, after those already at its time. Returns its row. */
  insert(grid: number, value: StoredValue, flags: EventFlags = {}): number {
    if (this.#hasSnapshot && grid >= this.gridAt(this.#archived)) this.archiveSnapshot()
    let row = this.#archived
    if (row > 0 && grid < this.gridAt(row - 1)) row = this.lowerBoundGrid(grid + 1)
    this.#openRow(row)
    this.#write(row, grid, value, flags)
    this.#archived += 1
    return row
  }

  /** Replaces the snapshot, which must not be older than anything archived. */
  setSnapshot(grid: number, value: StoredValue, flags: EventFlags = {}): void {
    if (this.#archived > 0 && grid < this.gridAt(this.#archived - 1)) {
      throw new RangeError('a snapshot cannot be older than the archive')
    }
    if (!this.#hasSnapshot) this.#openRow(this.#archived)
    this.#write(this.#archived, grid, value, flags)
    this.#hasSnapshot = true
  }

  archiveSnapshot(): void {
    if (!this.#hasSnapshot) return
    this.#archived += 1
    this.#hasSnapshot = false
  }

  replace(row: number, value: StoredValue, flags: EventFlags): void {
    this.#requireRow(row)
    this.#write(row, this.gridAt(row), value, flags)
  }

  remove(row: number): void {
    this.#requireRow(row)
    const length = this.length
    this.#unshareColumns()
    this.#grids.copyWithin(row, row + 1, length)
    this.#marks.copyWithin(row, row + 1, length)
    if (Array.isArray(this.#values)) this.#values.splice(row, 1)
    else this.#values.copyWithin(row, row + 1, length)
    if (row === this.#archived) this.#hasSnapshot = false
    else this.#archived -= 1
  }

  #requireRow(row: number): void {
    if (row < 0 || row >= this.length) {
      throw new RangeError(`no event ${String(row)} in an archive of ${String(this.length)}`)
    }
  }

  #openRow(row: number): void {
    const length = this.length
    if (length === this.#grids.length) this.#grow()
    if (row === length) return
    this.#unshareColumns()
    this.#grids.copyWithin(row + 1, row, length)
    this.#marks.copyWithin(row + 1, row, length)
    if (Array.isArray(this.#values)) (this.#values as unknown[]).splice(row, 0, null)
    else this.#values.copyWithin(row + 1, row, length)
  }

  #unshareColumns(): void {
    this.#grids = this.#grids.slice()
    this.#marks = this.#marks.slice()
    this.#values = this.#values.slice()
  }

  #grow(): void {
    const capacity = this.#grids.length * 2
    const grids = new Float64Array(capacity)
    grids.set(this.#grids)
    this.#grids = grids
    const marks = new Uint16Array(capacity)
    marks.set(this.#marks)
    this.#marks = marks
    this.#values = grownColumn(this.#values, capacity)
  }

  #write(row: number, grid: number, value: StoredValue, flags: EventFlags): void {
    const isState = typeof value === 'object' && 'system' in value
    const good = flags.good ?? !isState
    this.#grids[row] = grid
    this.#marks[row] =
      (good ? MARK.good : 0) |
      (flags.questionable === true ? MARK.questionable : 0) |
      (flags.substituted === true ? MARK.substituted : 0) |
      (flags.annotated === true ? MARK.annotated : 0) |
      (isState ? value.system << STATE_SHIFT : 0)
    writeValue(this.#values, row, isState ? undefined : value, this.pointType)
  }
}

function emptyColumn(pointType: PiPointType): Column {
  switch (pointType) {
    case 'Float16':
    case 'Float32':
      return new Float32Array(FIRST_CAPACITY)
    case 'Float64':
      return new Float64Array(FIRST_CAPACITY)
    case 'Int16':
    case 'Int32':
    case 'Digital':
      return new Int32Array(FIRST_CAPACITY)
    case 'Timestamp':
      return new BigInt64Array(FIRST_CAPACITY)
    case 'String':
    case 'Blob':
      return []
  }
}

function grownColumn(column: Column, capacity: number): Column {
  if (Array.isArray(column)) return column
  if (column instanceof BigInt64Array) {
    const grown = new BigInt64Array(capacity)
    grown.set(column)
    return grown
  }
  const grown =
    column instanceof Float32Array
      ? new Float32Array(capacity)
      : column instanceof Float64Array
        ? new Float64Array(capacity)
        : new Int32Array(capacity)
  grown.set(column)
  return grown
}

/** `undefined` stands for "a system state is here instead": the column then holds a neutral value. */
function writeValue(
  column: Column,
  row: number,
  value: number | string | bigint | Uint8Array | undefined,
  pointType: PiPointType,
): void {
  if (column instanceof BigInt64Array) {
    if (value !== undefined && typeof value !== 'bigint') throw wrongType(pointType, value)
    column[row] = value ?? 0n
  } else if (pointType === 'String') {
    if (value !== undefined && typeof value !== 'string') throw wrongType(pointType, value)
    ;(column as string[])[row] = value ?? ''
  } else if (pointType === 'Blob') {
    if (value !== undefined && !(value instanceof Uint8Array)) throw wrongType(pointType, value)
    ;(column as Uint8Array[])[row] = value ?? new Uint8Array()
  } else {
    if (value !== undefined && typeof value !== 'number') throw wrongType(pointType, value)
    ;(column as Float64Array)[row] = value ?? 0
  }
}

function wrongType(pointType: PiPointType, value: unknown): TypeError {
  const shown = typeof value === 'bigint' ? formatTicksTrimmed(value) : String(value)
  return new TypeError(`a ${pointType} point cannot hold ${typeof value} ${shown.slice(0, 64)}`)
}
