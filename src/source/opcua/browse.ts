/** Browse: the variables below a node, each once, however the hierarchy loops. */
import './foreign-log.ts'
import {
  BrowseDirection,
  BrowseNextRequest,
  BrowseNextResponse,
  BrowseRequest,
  BrowseResponse,
  type BrowseResult,
  makeNodeId,
  NodeClass,
  NodeId,
  type ReferenceDescription,
} from 'node-opcua-client'
import { BanyanError } from '../../domain/errors.ts'
import { formatOpcUaAddress, type OpcUaAddress } from '../../domain/opc-ua-address.ts'
import type { UaSession } from './connection.ts'
import { contradiction, errorOfStatus } from './errors.ts'
import { printable } from './printable.ts'
import type { Requests, Send } from './requests.ts'
import { isBad } from './status.ts'

const HIERARCHICAL_REFERENCES = 33
/** References per answer and node; the rest comes with continuation points. */
const REFERENCES_PER_ANSWER = 1000
/** Nodes of one Browse: servers keep one continuation point for each, and few at all. */
const NODES_PER_CALL = 10
/** A server with more nodes below the root than this needs a list instead. */
const MAX_NODES = 1_000_000
/** Of each reference only the node class, beside the node id that always comes. */
const NODE_CLASS = 0x04
const OBJECT_AND_VARIABLE = NodeClass.Object | NodeClass.Variable

interface Child {
  readonly address: OpcUaAddress
  readonly isVariable: boolean
}

/** Breadth first. Variables are listed and not gone into: what hangs below one describes it. */
export async function browseVariables(
  requests: Requests,
  root: OpcUaAddress,
  signal: AbortSignal,
): Promise<OpcUaAddress[]> {
  const seen = new Set([formatOpcUaAddress(root)])
  const variables: OpcUaAddress[] = []
  let level: OpcUaAddress[] = [root]
  while (level.length > 0) {
    const next: OpcUaAddress[] = []
    for (let from = 0; from < level.length; from += NODES_PER_CALL) {
      for (const child of await childrenOf(requests, level.slice(from, from + NODES_PER_CALL), signal)) {
        const key = formatOpcUaAddress(child.address)
        if (seen.has(key)) continue
        seen.add(key)
        if (seen.size > MAX_NODES) throw tooManyNodes(root)
        if (child.isVariable) variables.push(child.address)
        else next.push(child.address)
      }
    }
    level = next
  }
  return variables
}

const WHAT = 'browsing the server'

function childrenOf(requests: Requests, parents: readonly OpcUaAddress[], signal: AbortSignal): Promise<Child[]> {
  return requests.attempt(async (session, send) => {
    const request = new BrowseRequest({
      requestedMaxReferencesPerNode: REFERENCES_PER_ANSWER,
      nodesToBrowse: parents.map((parent) => ({
        nodeId: session.namespaces.nodeIdOf(parent) ?? new NodeId(),
        browseDirection: BrowseDirection.Forward,
        referenceTypeId: makeNodeId(HIERARCHICAL_REFERENCES),
        includeSubtypes: true,
        nodeClassMask: OBJECT_AND_VARIABLE,
        resultMask: NODE_CLASS,
      })),
    })
    const results = (await send(request, BrowseResponse, WHAT)).results ?? []
    if (results.length !== parents.length) throw contradiction(`${WHAT}: not as many results as were asked for`)
    const children: Child[] = []
    for (const result of results) await collect(session, send, result, children)
    return children
  }, signal)
}

/** All references of one result, its continuation points followed to their end. */
async function collect(session: UaSession, send: Send, first: BrowseResult, children: Child[]): Promise<void> {
  let result: BrowseResult | undefined = first
  for (;;) {
    const status = result.statusCode.value
    if (isBad(status)) throw errorOfStatus(status, WHAT)
    for (const reference of result.references ?? []) {
      const child = childOf(reference, session)
      if (child !== undefined) children.push(child)
    }
    if (children.length > MAX_NODES) throw contradiction(`${WHAT}: a node without end`)
    const point = result.continuationPoint as Buffer | null | undefined
    if (point === null || point === undefined || point.length === 0) return
    const request = new BrowseNextRequest({ releaseContinuationPoints: false, continuationPoints: [point] })
    result = (await send(request, BrowseNextResponse, WHAT)).results?.[0]
    if (result === undefined) throw contradiction(`${WHAT}: no result`)
  }
}

function childOf({ nodeId, nodeClass }: ReferenceDescription, { namespaces }: UaSession): Child | undefined {
  // A node of another server, or of a namespace that is not listed, cannot be read here.
  if (nodeId.serverIndex !== 0) return undefined
  const address = namespaces.addressOf(nodeId)
  return address === undefined
    ? undefined
    : { address, isVariable: (nodeClass as number) === (NodeClass.Variable as number) }
}

function tooManyNodes(root: OpcUaAddress): BanyanError {
  return new BanyanError(
    'BANYAN_SOURCE_PROTOCOL',
    `more than ${MAX_NODES} nodes below ${printable(formatOpcUaAddress(root))}`,
    { hint: 'Browse from a node further down, or list the tags in nodes.file.' },
  )
}
