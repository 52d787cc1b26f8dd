/**
 * Node ids: permanent addresses (namespace URI and identifier) to the indexes of one session, and back. An index that
 * was right yesterday addresses another node after a restart, so none outlives the NamespaceArray it came from.
 */
import './foreign-log.ts'
import { NodeId } from 'node-opcua-client'
import type { OpcUaAddress } from '../../domain/opc-ua-address.ts'

const { NUMERIC, STRING, GUID, BYTESTRING } = NodeId.NodeIdType

export class Namespaces {
  readonly #uris: readonly string[]
  readonly #indexes: ReadonlyMap<string, number>

  /** `uris`: the server's NamespaceArray. Where it lists one twice, the first index counts. */
  constructor(uris: readonly string[]) {
    this.#uris = uris
    this.#indexes = new Map(uris.map((uri, index) => [uri, index] as const).toReversed())
  }

  /** Undefined where the server has no such namespace: then it has no such node either. */
  nodeIdOf({ namespaceUri, identifier }: OpcUaAddress): NodeId | undefined {
    const index = this.#indexes.get(namespaceUri)
    if (index === undefined) return undefined
    const value = identifier.slice(2)
    switch (identifier[0]) {
      case 'i':
        return new NodeId(NUMERIC, Number(value), index)
      case 'g':
        return new NodeId(GUID, value.toUpperCase(), index)
      case 'b':
        return new NodeId(BYTESTRING, Buffer.from(value, 'base64'), index)
      default:
        return new NodeId(STRING, value, index)
    }
  }

  /** Undefined for a node whose namespace the server does not list, and for the null node id. */
  addressOf(nodeId: NodeId): OpcUaAddress | undefined {
    const namespaceUri = this.#uris[nodeId.namespace]
    const identifier = identifierOf(nodeId)
    return namespaceUri === undefined || identifier === undefined ? undefined : { namespaceUri, identifier }
  }

  /** By the index of this session. */
  readonly uriOf = (index: number): string | undefined => this.#uris[index]
}

function identifierOf({ identifierType, value }: NodeId): string | undefined {
  switch (identifierType) {
    case NUMERIC:
      return value === 0 ? undefined : `i=${String(value)}`
    case GUID:
      return `g=${String(value).toLowerCase()}`
    case BYTESTRING:
      return Buffer.isBuffer(value) && value.length > 0 ? `b=${value.toString('base64')}` : undefined
    default:
      return typeof value === 'string' && value !== '' ? `s=${value}` : undefined
  }
}
