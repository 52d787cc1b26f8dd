/**
 * WebID 2.0 (PI Web API reference, "WebID"): `<type><version 1><marker><payload>`, each part of the payload encoded
 * on its own as base64url without padding. GUIDs are in the byte order of .NET `Guid.ToByteArray()`.
 *
 * Decoding says which parts the text carries, not whether anything answers to them: Full carries id and path (a
 * server resolves it by id first), PathOnly means whatever has that path now. Version-1 point WebIDs are understood
 * and never emitted.
 */
const WEB_ID_TYPES = ['Full', 'IDOnly', 'PathOnly', 'LocalIDOnly', 'DefaultIDOnly'] as const
export type WebIdType = (typeof WEB_ID_TYPES)[number]

export interface ServerIdentity {
  /** With hyphens, any case. */
  readonly guid: string
  readonly name: string
}

export interface PointIdentity {
  readonly id: number
  readonly name: string
}

export interface DecodedWebId {
  readonly kind: 'server' | 'point' | 'enumerationSet'
  readonly type: WebIdType
  /** Lower case, with hyphens; absent in PathOnly, LocalIDOnly and DefaultIDOnly. */
  readonly serverGuid?: string
  /** Of a point. */
  readonly pointId?: number
  /** Of an enumeration set. */
  readonly setGuid?: string
  /** Upper-cased `NAME`, `NAME\TAG` or `NAME\ENUMERATIONSETS[SET]`; in Full and PathOnly. */
  readonly path?: string
}

const LETTERS: Readonly<Record<WebIdType, string>> = {
  Full: 'F',
  IDOnly: 'I',
  PathOnly: 'P',
  LocalIDOnly: 'L',
  DefaultIDOnly: 'D',
}
const TYPE_OF_LETTER: ReadonlyMap<string, WebIdType> = new Map(WEB_ID_TYPES.map((type) => [LETTERS[type], type]))

/** 16 bytes and 4 bytes in base64 without padding. */
const GUID_CHARS = 22
const ID_CHARS = 6
/** http.sys refuses path segments above 260 characters by default; a tag name of any length still fits in a query. */
const MAX_WEB_ID_CHARS = 8192

/** The value of a `webIdType` parameter, any case. */
export function parseWebIdType(text: string): WebIdType | undefined {
  const wanted = text.trim().toLowerCase()
  return WEB_ID_TYPES.find((type) => type.toLowerCase() === wanted)
}

export function encodeServerWebId(server: ServerIdentity, type: WebIdType = 'Full'): string {
  return `${LETTERS[type]}1DS${payload(type, encodeGuid(server.guid), '', server.name)}`
}

export function encodePointWebId(server: ServerIdentity, point: PointIdentity, type: WebIdType = 'Full'): string {
  const path = `${server.name}\\${point.name}`
  return `${LETTERS[type]}1DP${payload(type, encodeGuid(server.guid), encodeId(point.id), path)}`
}

/**
 * `MS` is the marker of an enumeration set; the letter after it names the owner. `R` (an AF database) is observed, `D`
 * (a data server) is inferred.
 */
export function encodeEnumerationSetWebId(
  server: ServerIdentity,
  set: { readonly guid: string; readonly name: string },
  type: WebIdType = 'Full',
): string {
  const path = `${server.name}\\EnumerationSets[${set.name}]`
  return `${LETTERS[type]}1MSD${payload(type, encodeGuid(server.guid), encodeGuid(set.guid), path)}`
}

function payload(type: WebIdType, guid: string, id: string, path: string): string {
  switch (type) {
    case 'Full':
      return guid + id + encodeText(path)
    case 'IDOnly':
      return guid + id
    case 'PathOnly':
      return encodeText(path)
    case 'LocalIDOnly':
    case 'DefaultIDOnly':
      return id
  }
}

/** Undefined for anything that is not a WebID of a data server, a point or a data server's enumeration set. */
export function decodeWebId(text: string): DecodedWebId | undefined {
  if (text.length > MAX_WEB_ID_CHARS || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined
  // Version 1 knows only the full form: `P0`, GUID, id, path.
  if (text.startsWith('P0')) return decodePoint('Full', text.slice(2))
  const type = TYPE_OF_LETTER.get(text.slice(0, 1))
  if (type === undefined || text[1] !== '1') return undefined
  const rest = text.slice(4)
  switch (text.slice(2, 4)) {
    case 'DS':
      return decodeServer(type, rest)
    case 'DP':
      return decodePoint(type, rest)
    case 'MS':
      return rest.startsWith('D') ? decodeEnumerationSet(type, rest.slice(1)) : undefined
    default:
      return undefined
  }
}

function decodeServer(type: WebIdType, rest: string): DecodedWebId | undefined {
  const kind = 'server'
  if (type === 'LocalIDOnly' || type === 'DefaultIDOnly') return rest === '' ? { kind, type } : undefined
  if (type === 'PathOnly') return withPath({ kind, type }, rest)
  const serverGuid = decodeGuid(rest.slice(0, GUID_CHARS))
  if (serverGuid === undefined) return undefined
  return finish({ kind, type, serverGuid }, rest.slice(GUID_CHARS))
}

function decodePoint(type: WebIdType, rest: string): DecodedWebId | undefined {
  const kind = 'point'
  if (type === 'PathOnly') return withPath({ kind, type }, rest)
  if (type === 'LocalIDOnly' || type === 'DefaultIDOnly') {
    const pointId = decodeId(rest)
    return pointId === undefined ? undefined : { kind, type, pointId }
  }
  const serverGuid = decodeGuid(rest.slice(0, GUID_CHARS))
  const pointId = decodeId(rest.slice(GUID_CHARS, GUID_CHARS + ID_CHARS))
  if (serverGuid === undefined || pointId === undefined) return undefined
  return finish({ kind, type, serverGuid, pointId }, rest.slice(GUID_CHARS + ID_CHARS))
}

function decodeEnumerationSet(type: WebIdType, rest: string): DecodedWebId | undefined {
  const kind = 'enumerationSet'
  if (type === 'PathOnly') return withPath({ kind, type }, rest)
  if (type === 'LocalIDOnly' || type === 'DefaultIDOnly') {
    const setGuid = decodeGuid(rest)
    return setGuid === undefined ? undefined : { kind, type, setGuid }
  }
  const serverGuid = decodeGuid(rest.slice(0, GUID_CHARS))
  const setGuid = decodeGuid(rest.slice(GUID_CHARS, 2 * GUID_CHARS))
  if (serverGuid === undefined || setGuid === undefined) return undefined
  return finish({ kind, type, serverGuid, setGuid }, rest.slice(2 * GUID_CHARS))
}

function finish(decoded: DecodedWebId, rest: string): DecodedWebId | undefined {
  if (decoded.type === 'Full') return withPath(decoded, rest)
  return rest === '' ? decoded : undefined
}

function withPath(decoded: DecodedWebId, encoded: string): DecodedWebId | undefined {
  const bytes = decodeBytes(encoded)
  if (bytes === undefined || bytes.length === 0) return undefined
  return { ...decoded, path: bytes.toString('utf8') }
}

/**
 * .NET `ToUpperInvariant`: one UTF-16 unit in, one out. JavaScript maps U+00DF and the ligatures to several letters,
 * and U+0131 and U+017F into ASCII, where .NET leaves them alone; both halves of a surrogate pair stay as they are.
 */
export function toUpperInvariant(text: string): string {
  let upper = ''
  for (let i = 0; i < text.length; i++) {
    const unit = text.charAt(i)
    const mapped = unit.toUpperCase()
    const isSimple = mapped.length === 1 && isAscii(mapped) === isAscii(unit)
    upper += isSimple ? mapped : unit
  }
  return upper
}

function isAscii(unit: string): boolean {
  return unit.charCodeAt(0) < 128
}

function encodeText(text: string): string {
  return Buffer.from(toUpperInvariant(text), 'utf8').toString('base64url')
}

function encodeId(id: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(id)
  return bytes.toString('base64url')
}

function decodeId(encoded: string): number | undefined {
  const bytes = decodeBytes(encoded)
  return bytes?.length === 4 ? bytes.readInt32LE(0) : undefined
}

function encodeGuid(guid: string): string {
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex')
  if (bytes.length !== 16) throw new RangeError(`not a GUID: ${JSON.stringify(guid.slice(0, 64))}`)
  return swapGuid(bytes).toString('base64url')
}

function decodeGuid(encoded: string): string | undefined {
  const bytes = decodeBytes(encoded)
  if (bytes?.length !== 16) return undefined
  const hex = swapGuid(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The first three groups of a .NET GUID are little-endian; swapping is its own inverse. */
function swapGuid(bytes: Buffer): Buffer {
  const swapped = Buffer.from(bytes)
  swapped.subarray(0, 4).reverse()
  swapped.subarray(4, 6).reverse()
  swapped.subarray(6, 8).reverse()
  return swapped
}

/** Refuses text that is not the canonical encoding of its own bytes (stray bits, a cut character). */
function decodeBytes(encoded: string): Buffer | undefined {
  const bytes = Buffer.from(encoded, 'base64url')
  return bytes.toString('base64url') === encoded ? bytes : undefined
}
