/** The row of a tag: which columns are its content, and how they are written and read. */
import { formatOpcUaAddress, parseOpcUaAddress } from '../domain/opc-ua-address.ts'
import { SAMPLE_TYPES, type SampleType } from '../domain/sample.ts'
import { parseTagId } from '../domain/tag-id.ts'
import type { Tag, TagAddress, TagCompression } from '../domain/tag.ts'
import type { Row } from './database.ts'

/** What a new version of a tag is made of, in the order of `contentOf`. */
export const CONTENT = [
  'name',
  'descriptor',
  'type',
  'units',
  'zero',
  'span',
  'step',
  'future',
  'digital_set',
  'compressing',
  'comp_dev',
  'comp_min_s',
  'comp_max_s',
  'exc_dev',
  'server_guid',
  'point_id',
  'opcua_node',
] as const

export function contentOf(tag: Tag): (string | number | null)[] {
  const { compression } = tag
  return [
    tag.name,
    tag.descriptor,
    tag.type,
    tag.units,
    tag.zero ?? null,
    tag.span ?? null,
    tag.step ? 1 : 0,
    tag.future ? 1 : 0,
    tag.digitalSet ?? null,
    compression === undefined ? null : compression.compressing ? 1 : 0,
    compression?.compDev ?? null,
    compression?.compMinSeconds ?? null,
    compression?.compMaxSeconds ?? null,
    compression?.excDev ?? null,
    tag.address.pi?.serverGuid ?? null,
    tag.address.pi?.pointId ?? null,
    tag.address.opcua === undefined ? null : formatOpcUaAddress(tag.address.opcua),
  ]
}

/** Throws RangeError for what `contentOf` never makes. */
export function decodeTag(row: Row): Tag {
  const type = row['type'] as SampleType
  if (!SAMPLE_TYPES.includes(type)) throw new RangeError(`unknown sample type ${JSON.stringify(type)}`)
  return {
    id: parseTagId(row['id'] as string),
    name: row['name'] as string,
    descriptor: row['descriptor'] as string,
    type,
    units: row['units'] as string,
    zero: optionalNumber(row['zero']),
    span: optionalNumber(row['span']),
    step: row['step'] === 1n,
    future: row['future'] === 1n,
    digitalSet: (row['digital_set'] as string | null) ?? undefined,
    compression: decodeCompression(row),
    address: decodeAddress(row),
  }
}

function decodeAddress(row: Row): TagAddress {
  const { server_guid: serverGuid, point_id: pointId, opcua_node: node } = row
  if (serverGuid === null && node === null) throw new RangeError('the tag has no address')
  return {
    pi: serverGuid === null ? undefined : { serverGuid: serverGuid as string, pointId: Number(pointId) },
    opcua: node === null ? undefined : parseOpcUaAddress(node as string),
  }
}

function decodeCompression(row: Row): TagCompression | undefined {
  if (row['compressing'] === null) return undefined
  return {
    compressing: row['compressing'] === 1n,
    // SQLite keeps NaN as NULL; a deviation that is not known must not come back as 0.
    compDev: optionalNumber(row['comp_dev']) ?? NaN,
    compMinSeconds: optionalNumber(row['comp_min_s']) ?? NaN,
    compMaxSeconds: optionalNumber(row['comp_max_s']) ?? NaN,
    excDev: optionalNumber(row['exc_dev']) ?? NaN,
  }
}

function optionalNumber(value: unknown): number | undefined {
  return value === null ? undefined : (value as number)
}
