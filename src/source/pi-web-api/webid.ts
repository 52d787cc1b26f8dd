/**
 * WebID 2.0, the part Banyan needs: it addresses points by IDOnly (server GUID and point id), the only form that
 * survives a rename and can be built without a call, and it recognises points in answers by decoding, never by text.
 */
import type { PiAddress } from '../../domain/tag.ts'

declare const webIdBrand: unique symbol
export type WebId = string & { readonly [webIdBrand]: true }

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const GUID_CHARS = 22
const ID_CHARS = 6

export function isGuid(text: string): boolean {
  return GUID.test(text)
}

/** Throws RangeError for a malformed GUID. */
export function encodePointWebId({ serverGuid, pointId }: PiAddress): WebId {
  const id = Buffer.alloc(4)
  id.writeInt32LE(pointId)
  return `I1DP${guidBytes(serverGuid).toString('base64url')}${id.toString('base64url')}` as WebId
}

/** The point's integer id; undefined for forms that do not carry it (PathOnly, version 1) and for anything else. */
export function pointIdOf(webId: string): number | undefined {
  const skip = webId.startsWith('F1DP') || webId.startsWith('I1DP') ? 4 + GUID_CHARS : undefined
  const at = skip ?? (webId.startsWith('L1DP') || webId.startsWith('D1DP') ? 4 : undefined)
  if (at === undefined || !/^[A-Za-z0-9_-]+$/.test(webId) || webId.length < at + ID_CHARS) return undefined
  return Buffer.from(webId.slice(at, at + ID_CHARS), 'base64url').readInt32LE()
}

/** .NET `Guid.ToByteArray()`: the first three groups little-endian, the rest as written. */
function guidBytes(guid: string): Buffer {
  if (!isGuid(guid)) throw new RangeError(`not a GUID: ${JSON.stringify(guid.slice(0, 64))}`)
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex')
  bytes.subarray(0, 4).reverse()
  bytes.subarray(4, 6).reverse()
  bytes.subarray(6, 8).reverse()
  return bytes
}
