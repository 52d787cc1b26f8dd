/** One PI point: its attributes and its archive. Names and types may change, the id does not. */
import { Archive } from './archive.ts'
import type { EnumerationSet } from './enumeration.ts'
import type { PiPointType, SimulatedPoint } from './series.ts'

export interface PointSpec {
  readonly name: string
  readonly pointType: PiPointType
  readonly descriptor?: string
  readonly digitalSet?: EnumerationSet
  readonly engineeringUnits?: string
  readonly zero?: number
  readonly span?: number
  readonly step?: boolean
  readonly future?: boolean
  readonly pointSource?: string
  readonly compressing?: boolean
  readonly compDev?: number
}

export class HistorianPoint implements SimulatedPoint {
  readonly id: number
  name: string
  readonly descriptor: string
  readonly pointClass: 'classic' | 'base'
  pointType: PiPointType
  digitalSet: string
  readonly engineeringUnits: string
  readonly zero: number
  readonly span: number
  readonly step: boolean
  readonly future: boolean
  readonly displayDigits = -5
  readonly pointSource: string
  readonly compressing: boolean
  readonly compDev: number
  readonly createdAt: bigint
  archive: Archive

  constructor(id: number, spec: PointSpec, createdAt: bigint) {
    this.id = id
    this.name = spec.name
    this.descriptor = spec.descriptor ?? ''
    this.pointSource = spec.pointSource ?? 'SIM'
    this.pointClass = spec.pointSource === undefined ? 'base' : 'classic'
    this.pointType = spec.pointType
    this.digitalSet = spec.digitalSet?.name ?? ''
    this.engineeringUnits = spec.engineeringUnits ?? ''
    this.zero = spec.zero ?? 0
    this.span = spec.span ?? 100
    this.step = spec.step ?? !/^Float/.test(spec.pointType)
    this.future = spec.future ?? false
    this.compressing = spec.compressing ?? false
    this.compDev = spec.compDev ?? 0
    this.createdAt = createdAt
    this.archive = new Archive(spec.pointType, new Map(spec.digitalSet?.states.map((s) => [s.value, s.name])))
  }

  /** Everything a read may see, the snapshot included. */
  get series(): Archive {
    return this.archive
  }
}
