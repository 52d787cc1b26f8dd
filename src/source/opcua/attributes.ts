/** Attributes and properties of many nodes, in as few calls as the server allows. */
import './foreign-log.ts'
import {
  AttributeIds,
  BrowsePath,
  makeNodeId,
  NodeId,
  ReadRequest,
  ReadResponse,
  TimestampsToReturn,
  TranslateBrowsePathsToNodeIdsRequest,
  TranslateBrowsePathsToNodeIdsResponse,
} from 'node-opcua-client'
import type { OpcUaAddress } from '../../domain/opc-ua-address.ts'
import { contradiction } from './errors.ts'
import type { Requests } from './requests.ts'
import { isBad } from './status.ts'

export interface AttributeRead {
  readonly address: OpcUaAddress
  readonly attributeId: AttributeIds
}

export interface Attribute {
  /** Undefined where the status is Bad. A node id is given as an address: its index means nothing elsewhere. */
  readonly value: unknown
  readonly status: number
}

/** Items of one call where the server states no limit: about 20 KB of request. */
const ITEMS_PER_CALL = 500
const BAD_NODE_ID_UNKNOWN = 0x80340000
/** A node id that addresses nothing, in the place of one whose namespace the server does not have. */
const NOTHING = new NodeId()

/** In the order of `reads`. A node that is not there has attributes with a Bad status. */
export async function readAttributes(
  requests: Requests,
  reads: readonly AttributeRead[],
  what: string,
  signal: AbortSignal,
): Promise<Attribute[]> {
  const perCall = Math.min(ITEMS_PER_CALL, (await requests.limits(signal)).nodesPerRead ?? ITEMS_PER_CALL)
  const attributes: Attribute[] = []
  for (let from = 0; from < reads.length; from += perCall) {
    const part = reads.slice(from, from + perCall)
    const { session, response } = await requests.call(
      ({ namespaces }) =>
        new ReadRequest({
          nodesToRead: part.map(({ address, attributeId }) => ({
            nodeId: namespaces.nodeIdOf(address) ?? NOTHING,
            attributeId,
          })),
          timestampsToReturn: TimestampsToReturn.Neither,
        }),
      ReadResponse,
      what,
      signal,
    )
    const { results } = response
    if (results?.length !== part.length) throw contradiction(`${what}: not as many results as were asked for`)
    for (const [index, { address }] of part.entries()) {
      const result = results[index]
      const isThere = session.namespaces.nodeIdOf(address) !== undefined
      const status = isThere ? (result?.statusCode.value ?? BAD_NODE_ID_UNKNOWN) : BAD_NODE_ID_UNKNOWN
      const value: unknown = isBad(status) ? undefined : result?.value.value
      attributes.push({ status, value: value instanceof NodeId ? session.namespaces.addressOf(value) : value })
    }
  }
  return attributes
}

export interface Step {
  /** Reference type of namespace 0, its subtypes included. */
  readonly reference: number
  /** Browse name in namespace 0. */
  readonly name: string
}

export interface PathRead {
  readonly address: OpcUaAddress
  readonly path: readonly Step[]
}

/** The nodes that paths lead to, in the order of `reads`; undefined where there is none. */
export async function followPaths(
  requests: Requests,
  reads: readonly PathRead[],
  what: string,
  signal: AbortSignal,
): Promise<(OpcUaAddress | undefined)[]> {
  const found: (OpcUaAddress | undefined)[] = []
  for (let from = 0; from < reads.length; from += ITEMS_PER_CALL) {
    const part = reads.slice(from, from + ITEMS_PER_CALL)
    const { session, response } = await requests.call(
      ({ namespaces }) =>
        new TranslateBrowsePathsToNodeIdsRequest({
          browsePaths: part.map(
            ({ address, path }) =>
              new BrowsePath({
                startingNode: namespaces.nodeIdOf(address) ?? NOTHING,
                relativePath: {
                  elements: path.map(({ reference, name }) => ({
                    referenceTypeId: makeNodeId(reference),
                    isInverse: false,
                    includeSubtypes: true,
                    targetName: { namespaceIndex: 0, name },
                  })),
                },
              }),
          ),
        }),
      TranslateBrowsePathsToNodeIdsResponse,
      what,
      signal,
    )
    const { results } = response
    if (results?.length !== part.length) throw contradiction(`${what}: not as many results as were asked for`)
    for (const result of results) {
      const target = isBad(result.statusCode.value) ? undefined : result.targets?.[0]?.targetId
      found.push(target === undefined ? undefined : session.namespaces.addressOf(target))
    }
  }
  return found
}

/** The values of properties, in the order of `reads`; undefined where there is none, or it cannot be read. */
export async function readProperties(
  requests: Requests,
  reads: readonly PathRead[],
  what: string,
  signal: AbortSignal,
): Promise<unknown[]> {
  const addresses = await followPaths(requests, reads, what, signal)
  const there = addresses.filter((address) => address !== undefined)
  const values = await readAttributes(
    requests,
    there.map((address) => ({ address, attributeId: AttributeIds.Value })),
    what,
    signal,
  )
  let next = 0
  return addresses.map((address) => (address === undefined ? undefined : values[next++]?.value))
}
