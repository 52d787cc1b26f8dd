/**
 * Data types: what the DataType of a variable makes of its tag. Built-in types map one to one; others are looked up along
 * their supertypes, and an enumeration is a digital tag whose states are the type's.
 */
import './foreign-log.ts'
import { AttributeIds, BrowseDirection, BrowseRequest, BrowseResponse, makeNodeId, NodeId } from 'node-opcua-client'
import { formatOpcUaAddress, type OpcUaAddress, parseOpcUaAddress } from '../../domain/opc-ua-address.ts'
import type { SampleType } from '../../domain/sample.ts'
import { readAttributes } from './attributes.ts'
import type { Requests } from './requests.ts'

export interface DataTypeFacts {
  /** `other`: its values are judged one by one. */
  readonly type: SampleType
  /** For an enumeration: the data type that has the states. */
  readonly enumeration: OpcUaAddress | undefined
  /** Of an enumeration; empty otherwise. */
  readonly name: string
}

const WHAT = 'looking up a data type'
const HAS_SUBTYPE = 45
const ENUMERATION = 29
/** No type of the standard is this far from a built-in one. */
const MAX_SUPERTYPES = 16

/** By identifier in namespace 0. LocalizedText is `other`: a text with a locale is more than a text. */
const TYPE_OF_BUILT_IN: ReadonlyMap<number, SampleType> = new Map<number, SampleType>([
  [1, 'boolean'],
  [2, 'int8'],
  [3, 'uint8'],
  [4, 'int16'],
  [5, 'uint16'],
  [6, 'int32'],
  [7, 'uint32'],
  [8, 'int64'],
  [9, 'uint64'],
  [10, 'float32'],
  [11, 'float64'],
  [12, 'string'],
  [13, 'timestamp'],
  [14, 'string'], // Guid
  [15, 'bytes'],
  [16, 'string'], // XmlElement
])
/** The abstract ones above them, at which the way up ends. */
const ABSTRACT = new Set([21, 22, 24, 26, 27, 28])

const OTHER: DataTypeFacts = { type: 'other', enumeration: undefined, name: '' }

export class DataTypes {
  readonly #requests: Requests
  readonly #known = new Map<string, Promise<DataTypeFacts>>()

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /** Asked once per data type. */
  factsOf(dataType: OpcUaAddress, signal: AbortSignal): Promise<DataTypeFacts> {
    const key = formatOpcUaAddress(dataType)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const facts = this.#lookUp(dataType, signal)
    this.#known.set(key, facts)
    return facts
  }

  async #lookUp(dataType: OpcUaAddress, signal: AbortSignal): Promise<DataTypeFacts> {
    let at: OpcUaAddress | undefined = dataType
    for (let i = 0; i < MAX_SUPERTYPES && at !== undefined; i++) {
      const id = builtInId(at)
      if (id === ENUMERATION) return this.#enumeration(dataType, signal)
      const type = id === undefined ? undefined : TYPE_OF_BUILT_IN.get(id)
      if (type !== undefined) return { type, enumeration: undefined, name: '' }
      if (id !== undefined && ABSTRACT.has(id)) return OTHER
      at = await this.#supertypeOf(at, signal)
    }
    return OTHER
  }

  async #enumeration(dataType: OpcUaAddress, signal: AbortSignal): Promise<DataTypeFacts> {
    const read = { address: dataType, attributeId: AttributeIds.BrowseName }
    const [browseName] = await readAttributes(this.#requests, [read], WHAT, signal)
    const name = (browseName?.value as { readonly name?: unknown } | undefined)?.name
    return { type: 'digital', enumeration: dataType, name: typeof name === 'string' ? name : '' }
  }

  async #supertypeOf(dataType: OpcUaAddress, signal: AbortSignal): Promise<OpcUaAddress | undefined> {
    const { session, response } = await this.#requests.call(
      ({ namespaces }) =>
        new BrowseRequest({
          requestedMaxReferencesPerNode: 1,
          nodesToBrowse: [
            {
              nodeId: namespaces.nodeIdOf(dataType) ?? new NodeId(),
              browseDirection: BrowseDirection.Inverse,
              referenceTypeId: makeNodeId(HAS_SUBTYPE),
              includeSubtypes: true,
              resultMask: 0,
            },
          ],
        }),
      BrowseResponse,
      WHAT,
      signal,
    )
    const target = response.results?.[0]?.references?.[0]?.nodeId
    return target === undefined ? undefined : session.namespaces.addressOf(target)
  }
}

const NAMESPACE_0 = parseOpcUaAddress('i=1').namespaceUri

function builtInId({ namespaceUri, identifier }: OpcUaAddress): number | undefined {
  return namespaceUri === NAMESPACE_0 && identifier.startsWith('i=') ? Number(identifier.slice(2)) : undefined
}
