/** Describe: what nodes say about themselves, as tags. Hints all of it, except that they are there and have a type. */
import './foreign-log.ts'
import { AttributeIds, NodeClass } from 'node-opcua-client'
import { formatOpcUaAddress, type OpcUaAddress } from '../../domain/opc-ua-address.ts'
import type { SampleType } from '../../domain/sample.ts'
import { tagId } from '../../domain/tag-id.ts'
import type { Tag } from '../../domain/tag.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { type Attribute, type PathRead, readAttributes, readProperties } from './attributes.ts'
import { DataTypes } from './data-types.ts'
import type { Requests } from './requests.ts'
import { readOwnStates } from './states.ts'

export interface DescribeParts {
  readonly requests: Requests
  readonly historian: string
  readonly logger: Logger
}

export interface NamedNode {
  readonly address: OpcUaAddress
  /** Undefined: as the node itself is called. */
  readonly name: string | undefined
}

export interface NodeFacts {
  readonly browseName: string
  readonly description: string
  readonly dataType: OpcUaAddress | undefined
  readonly isArray: boolean
  readonly accessLevel: number
  readonly userAccessLevel: number
}

/** The bit of an access level: history may be read. */
export const HISTORY_READ = 0x04

const HAS_PROPERTY = 46
const HAS_HISTORICAL_CONFIGURATION = 56

const ATTRIBUTES = [
  AttributeIds.NodeClass,
  AttributeIds.BrowseName,
  AttributeIds.Description,
  AttributeIds.DataType,
  AttributeIds.ValueRank,
  AttributeIds.AccessLevel,
  AttributeIds.UserAccessLevel,
] as const

/** Nodes described together: what is held of them at once stays small however many there are. */
const NODES_AT_ONCE = 1000

/** Each node either described or, where there is no such variable, absent; those that `isWanted` says no to are neither. */
export async function describe(
  parts: DescribeParts,
  nodes: readonly NamedNode[],
  isWanted: (facts: NodeFacts) => boolean,
  signal: AbortSignal,
): Promise<{ readonly tags: Tag[]; readonly absent: NamedNode[] }> {
  const dataTypes = new DataTypes(parts.requests)
  const tags: Tag[] = []
  const absent: NamedNode[] = []
  let unreadableCount = 0
  for (let from = 0; from < nodes.length; from += NODES_AT_ONCE) {
    const part = nodes.slice(from, from + NODES_AT_ONCE)
    const facts = await readFacts(parts.requests, part, signal)
    const wanted: { node: NamedNode; facts: NodeFacts }[] = []
    for (const [index, node] of part.entries()) {
      const known = facts[index]
      if (known === undefined) absent.push(node)
      else if (isWanted(known)) wanted.push({ node, facts: known })
    }
    unreadableCount += wanted.filter((found) => (found.facts.userAccessLevel & HISTORY_READ) === 0).length
    tags.push(...(await tagsOf(parts, dataTypes, wanted, signal)))
  }
  if (unreadableCount > 0) {
    parts.logger.warn({ unreadableCount }, 'nodes whose history this account may not read')
  }
  return { tags, absent }
}

/** Undefined for a node that is no variable. */
async function readFacts(
  requests: Requests,
  nodes: readonly NamedNode[],
  signal: AbortSignal,
): Promise<(NodeFacts | undefined)[]> {
  const reads = nodes.flatMap(({ address }) => ATTRIBUTES.map((attributeId) => ({ address, attributeId })))
  const attributes = await readAttributes(requests, reads, 'describing nodes', signal)
  return nodes.map((_node, index) => {
    const at = index * ATTRIBUTES.length
    const [nodeClass, browseName, description, dataType, valueRank, access, userAccess] = attributes
      .slice(at, at + ATTRIBUTES.length)
      .map(({ value }: Attribute) => value)
    if (nodeClass !== NodeClass.Variable) return undefined
    return {
      browseName: textOf(browseName, 'name'),
      description: textOf(description, 'text'),
      dataType: dataType as OpcUaAddress | undefined,
      isArray: typeof valueRank === 'number' && valueRank >= 0,
      accessLevel: typeof access === 'number' ? access : 0,
      userAccessLevel: typeof userAccess === 'number' ? userAccess : 0,
    }
  })
}

interface Found {
  readonly node: NamedNode
  readonly facts: NodeFacts
}

const PROPERTIES: readonly PathRead['path'][] = [
  [{ reference: HAS_PROPERTY, name: 'EURange' }],
  [{ reference: HAS_PROPERTY, name: 'EngineeringUnits' }],
  [
    { reference: HAS_HISTORICAL_CONFIGURATION, name: 'HA Configuration' },
    { reference: HAS_PROPERTY, name: 'Stepped' },
  ],
]

async function tagsOf(
  { requests, historian }: DescribeParts,
  dataTypes: DataTypes,
  found: readonly Found[],
  signal: AbortSignal,
): Promise<Tag[]> {
  const addresses = found.map(({ node }) => node.address)
  const reads = addresses.flatMap((address) => PROPERTIES.map((path): PathRead => ({ address, path })))
  const properties = await readProperties(requests, reads, 'describing nodes', signal)
  const types = await typesOf(requests, dataTypes, found, signal)
  return found.map(({ node, facts }, index) => {
    const at = index * PROPERTIES.length
    const [range, units, stepped] = properties.slice(at, at + PROPERTIES.length)
    const { type, digitalSet } = types[index] ?? UNKNOWN_TYPE
    return {
      id: tagId(historian, formatOpcUaAddress(node.address)),
      name: node.name ?? nameOf(node.address, facts),
      descriptor: facts.description,
      type,
      units: textOf((units as { displayName?: unknown } | null | undefined)?.displayName, 'text'),
      ...rangeOf(range),
      step: stepped === true,
      future: false,
      digitalSet,
      compression: undefined,
      address: { pi: undefined, opcua: node.address },
    }
  })
}

interface TagType {
  readonly type: SampleType
  readonly digitalSet: string | undefined
}

const UNKNOWN_TYPE: TagType = { type: 'other', digitalSet: undefined }

/** A whole number, or yes and no, with named states is a digital value; so is any enumeration. */
async function typesOf(
  requests: Requests,
  dataTypes: DataTypes,
  found: readonly Found[],
  signal: AbortSignal,
): Promise<TagType[]> {
  const facts = await Promise.all(
    found.map(async ({ facts: { dataType, isArray } }) =>
      dataType === undefined || isArray ? undefined : dataTypes.factsOf(dataType, signal),
    ),
  )
  const mayHaveStates = found.filter((_found, index) => DISCRETE.has(facts[index]?.type ?? 'other'))
  const states = await readOwnStates(
    requests,
    mayHaveStates.map(({ node }) => node.address),
    signal,
  )
  const hasStates = new Set(mayHaveStates.filter((_found, index) => states[index] !== undefined))
  return found.map((one, index) => {
    const known = facts[index]
    if (known === undefined) return UNKNOWN_TYPE
    if (known.enumeration !== undefined) return { type: 'digital', digitalSet: known.name }
    return { type: hasStates.has(one) ? 'digital' : known.type, digitalSet: undefined }
  })
}

const DISCRETE: ReadonlySet<SampleType> = new Set<SampleType>([
  'boolean',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
])

/** A text identifier is unique and what engineers know the tag by; browse names repeat in every folder. */
function nameOf({ identifier }: OpcUaAddress, { browseName }: NodeFacts): string {
  return identifier.startsWith('s=') ? identifier.slice(2) : browseName
}

function rangeOf(range: unknown): { zero: number | undefined; span: number | undefined } {
  const { low, high } = (range ?? {}) as { readonly low?: unknown; readonly high?: unknown }
  if (typeof low !== 'number' || typeof high !== 'number') return { zero: undefined, span: undefined }
  return { zero: low, span: high - low }
}

function textOf(value: unknown, field: 'name' | 'text'): string {
  const text = (value as Readonly<Record<string, unknown>> | null | undefined)?.[field]
  return typeof text === 'string' ? text : ''
}
