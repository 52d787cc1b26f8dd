/** Greeting: what is read first in every session: namespaces, and what the server states about its limits. */
import './foreign-log.ts'
import { AttributeIds, makeNodeId, ReadRequest, ReadResponse, TimestampsToReturn } from 'node-opcua-client'
import { contradiction } from './errors.ts'
import { Namespaces } from './node-id.ts'
import { isBad } from './status.ts'
import type { Wire } from './wire.ts'

export interface Greeting {
  readonly namespaces: Namespaces
  /** The server's application URI: its identity. */
  readonly serverUri: string
  readonly limits: ServerLimits
}

/** Undefined where the server states none. Hints: no server tried keeps to them. */
export interface ServerLimits {
  readonly nodesPerHistoryRead: number | undefined
  readonly nodesPerRead: number | undefined
  readonly rowsPerAnswer: number | undefined
}

const NAMESPACE_ARRAY = 2255
const SERVER_ARRAY = 2254
const MAX_NODES_PER_HISTORY_READ = 12_165
const MAX_NODES_PER_READ = 11_705
const MAX_RETURN_DATA_VALUES = 11_273

/** A server with more namespaces than this is not one. */
const MAX_NAMESPACES = 65_536

export async function readGreeting(wire: Wire): Promise<Greeting> {
  const what = 'reading the namespaces of the server'
  const ids = [NAMESPACE_ARRAY, SERVER_ARRAY, MAX_NODES_PER_HISTORY_READ, MAX_NODES_PER_READ, MAX_RETURN_DATA_VALUES]
  const request = new ReadRequest({
    nodesToRead: ids.map((id) => ({ nodeId: makeNodeId(id), attributeId: AttributeIds.Value })),
    timestampsToReturn: TimestampsToReturn.Neither,
  })
  const { results } = await wire.call(request, ReadResponse, what)
  const values = ids.map((_id, index): unknown => {
    const result = results?.[index]
    return result === undefined || isBad(result.statusCode.value) ? undefined : result.value.value
  })
  const [namespaces, servers, nodesPerHistoryRead, nodesPerRead, rowsPerAnswer] = values
  if (!isTextArray(namespaces) || namespaces.length > MAX_NAMESPACES) {
    throw contradiction(`${what}: NamespaceArray is no list of texts`)
  }
  return {
    namespaces: new Namespaces(namespaces),
    serverUri: isTextArray(servers) ? (servers[0] ?? '') : '',
    limits: {
      nodesPerHistoryRead: limitOf(nodesPerHistoryRead),
      nodesPerRead: limitOf(nodesPerRead),
      rowsPerAnswer: limitOf(rowsPerAnswer),
    },
  }
}

/** 0 means that there is none. */
function limitOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined
}

function isTextArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
