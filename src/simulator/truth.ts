/**
 * Truth: what the archive of the primary data server holds, said in plain JSON terms straight from the columns, so
 * that a reader can be compared with it without trusting the HTTP rendering. Snapshots that are not archived yet are
 * no part of it, unless asked for: a reader past the settle time has copied them.
 */
import { formatTicksFull, gridFromTicks } from './grid.ts'
import type { Historian } from './historian.ts'
import type { HistorianPoint } from './point.ts'
import type { PiPointType, PiValue } from './series.ts'

/** NaN and infinities are the strings "NaN", "Infinity", "-Infinity"; a blob is base64; a time has 7 digits. */
export type TruthValue = number | string | { readonly code: number; readonly name: string }

export interface TruthRow {
  readonly pointId: number
  readonly name: string
  readonly pointType: PiPointType
  readonly ts: string
  /** 0-based place among the events of the point at this time, in insert order. */
  readonly ord: number
  readonly value: TruthValue
  /** The value is a system state standing in the place of a value. */
  readonly isSystemState: boolean
  readonly good: boolean
  readonly questionable: boolean
  readonly substituted: boolean
  readonly annotated: boolean
}

export interface TruthOptions {
  /** Also the snapshots, which recorded answers hold unless `snapshotInRecorded` says otherwise. Default false. */
  readonly snapshots?: boolean
}

/** By ascending point id, then time, then insert order. */
export function* truthOf(historian: Historian, { snapshots = false }: TruthOptions = {}): Generator<TruthRow> {
  for (const point of historian.primary.points) {
    yield* rowsOf(point, 0, snapshots ? point.archive.length : point.archive.archivedLength)
  }
}

/** Everything a point holds at one time, the snapshot included, in insert order. */
export function truthAt(point: HistorianPoint, at: bigint): TruthRow[] {
  const grid = gridFromTicks(at, 'round')
  return [...rowsOf(point, point.archive.lowerBoundGrid(grid), point.archive.lowerBoundGrid(grid + 1))]
}

/** `from` must be the first row of its time. */
function* rowsOf(point: HistorianPoint, from: number, until: number): Generator<TruthRow> {
  const { archive } = point
  let lastGrid = Number.NaN
  let ord = 0
  for (let row = from; row < until; row++) {
    const grid = archive.gridAt(row)
    ord = grid === lastGrid ? ord + 1 : 0
    lastGrid = grid
    const { ticks, value, ...flags } = archive.eventAt(row)
    yield {
      pointId: point.id,
      name: point.name,
      pointType: point.pointType,
      ts: formatTicksFull(ticks),
      ord,
      value: truthValue(value),
      isSystemState: typeof value === 'object' && 'isSystem' in value && value.isSystem,
      ...flags,
    }
  }
}

function truthValue(value: PiValue): TruthValue {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'string') return value
  if (typeof value === 'bigint') return formatTicksFull(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return { code: value.value, name: value.name }
}

/** One line of NDJSON. JSON.stringify would drop the sign of negative zero. */
export function formatTruthRow(row: TruthRow): string {
  const text = JSON.stringify(row)
  return Object.is(row.value, -0) ? text.replace('"value":0', '"value":-0') : text
}
