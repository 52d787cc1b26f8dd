/**
 * What the simulated archive looks like to every endpoint: points, and their events by index.
 *
 * Times are 100-ns ticks since 1970 as plain bigints; the simulator keeps its own words on purpose, so that it shares
 * no code with the reader it is there to test.
 */
export type PiPointType =
  'Float16' | 'Float32' | 'Float64' | 'Int16' | 'Int32' | 'Digital' | 'String' | 'Blob' | 'Timestamp'

export interface PiState {
  readonly name: string
  readonly value: number
  readonly isSystem: boolean
}

/** A Timestamp point's value is a bigint of ticks, a Blob's a Uint8Array. */
export type PiValue = number | string | bigint | Uint8Array | PiState

export interface PiEvent {
  readonly ticks: bigint
  readonly value: PiValue
  readonly good: boolean
  readonly questionable: boolean
  readonly substituted: boolean
  readonly annotated: boolean
}

/** One point's archive: ascending by ticks, events at one tick in insert order. */
export interface Series {
  readonly length: number
  ticksAt(index: number): bigint
  eventAt(index: number): PiEvent
  /** First index whose ticks are at or after `at`; `length` when there is none. */
  lowerBound(at: bigint): number
}

export interface SimulatedPoint {
  /** Permanent; the name may change. */
  readonly id: number
  readonly name: string
  readonly descriptor: string
  readonly pointClass: 'classic' | 'base'
  readonly pointType: PiPointType
  readonly digitalSet: string
  readonly engineeringUnits: string
  readonly zero: number
  readonly span: number
  readonly step: boolean
  readonly future: boolean
  readonly displayDigits: number
  readonly pointSource: string
  readonly series: Series
}
