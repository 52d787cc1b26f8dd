/**
 * OpcUaAddress: a node of an OPC UA server, named so that it stays the same for ever.
 *
 * A namespace is named by its URI. Its index in node ids is a server's affair of the day: it changes with the order in
 * which the server loads its modules, and then addresses another node. Whoever talks to a server maps the one to the
 * other anew in every session.
 */
export interface OpcUaAddress {
  readonly namespaceUri: string
  /** Text form without the namespace: `i=<uint32>`, `s=<text>`, `g=<guid>` (lower-case), `b=<base64>`. */
  readonly identifier: string
}

/** Namespace 0, which every server has. */
const OPC_UA_NAMESPACE = 'http://opcfoundation.org/UA/'
/** Part 3 ends identifiers at 4096 characters; a URI is no longer. */
const MAX_PART_LENGTH = 4096
const MAX_UINT32 = 4_294_967_295

const WHOLE = /^(?:nsu=([^;]+);)?([isgb]=.+)$/s
const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/**
 * Parses `nsu=<uri>;<identifier>`; without the URI it is a node of namespace 0, e.g. `i=2258`. Throws RangeError for
 * anything else, a namespace index (`ns=2;…`) among it.
 */
export function parseOpcUaAddress(text: string): OpcUaAddress {
  const match = WHOLE.exec(text)
  const identifier = match?.[2]
  const namespaceUri = match?.[1]?.replace(/%3B|%25/gi, decodeURIComponent) ?? OPC_UA_NAMESPACE
  if (identifier === undefined || namespaceUri.length > MAX_PART_LENGTH) throw invalid(text)
  return { namespaceUri, identifier: parseIdentifier(identifier, text) }
}

/** `nsu=<uri>;<identifier>`, also for namespace 0: one address has one text. `;` and `%` in the URI are escaped (Part 6). */
export function formatOpcUaAddress({ namespaceUri, identifier }: OpcUaAddress): string {
  return `nsu=${namespaceUri.replace(/[%;]/g, encodeURIComponent)};${identifier}`
}

function parseIdentifier(identifier: string, text: string): string {
  const value = identifier.slice(2)
  switch (identifier[0]) {
    case 'i':
      if (/^\d{1,10}$/.test(value) && Number(value) <= MAX_UINT32) return `i=${String(Number(value))}`
      throw invalid(text)
    case 'g':
      if (GUID.test(value.toLowerCase())) return `g=${value.toLowerCase()}`
      throw invalid(text)
    case 'b':
      if (BASE64.test(value) && value.length <= MAX_PART_LENGTH) return identifier
      throw invalid(text)
    default:
      if (value.length <= MAX_PART_LENGTH) return identifier
      throw invalid(text)
  }
}

function invalid(text: string): RangeError {
  return new RangeError(
    `not a node id "nsu=<namespace URI>;s=<text>" (or i=, g=, b=): ${JSON.stringify(text.slice(0, 128))}`,
  )
}
