/** Tag: one measured series as the catalogue describes it, with every address it can be read at. */
import type { OpcUaAddress } from './opc-ua-address.ts'
import type { SampleType } from './sample.ts'
import type { TagId } from './tag-id.ts'

/** Where a tag can be read; at least one of the two is present. */
export interface TagAddress {
  readonly pi: PiAddress | undefined
  readonly opcua: OpcUaAddress | undefined
}

export interface PiAddress {
  /** GUID of the data server, lower-case. */
  readonly serverGuid: string
  /** The point's integer id on that server. */
  readonly pointId: number
}

export interface Tag {
  readonly id: TagId
  /** May be renamed; hostile text, escape it wherever it is shown. */
  readonly name: string
  readonly descriptor: string
  /** Type of the tag's ordinary values; a sample may still be a `state`. */
  readonly type: SampleType
  readonly units: string
  readonly zero: number | undefined
  readonly span: number | undefined
  readonly step: boolean
  /** Holds data ahead of the historian's clock (forecasts). */
  readonly future: boolean
  /** Name of the digital set, for digital tags. */
  readonly digitalSet: string | undefined
  readonly compression: TagCompression | undefined
  readonly address: TagAddress
}

/** Compression settings of a PI point; undefined where the historian did not tell. */
export interface TagCompression {
  readonly compressing: boolean
  readonly compDev: number
  readonly compMinSeconds: number
  readonly compMaxSeconds: number
  readonly excDev: number
}
