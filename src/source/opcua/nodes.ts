/**
 * Nodes: which of them are there and readable now, and what states a digital one has. States are asked for once per
 * session; a node may be removed, or closed to us, at any time, so that is asked anew each time it matters.
 */
import './foreign-log.ts'
import { AttributeIds, NodeClass } from 'node-opcua-client'
import { formatOpcUaAddress, type OpcUaAddress } from '../../domain/opc-ua-address.ts'
import { Coalescer } from '../coalesce.ts'
import { readAttributes } from './attributes.ts'
import type { UaSession } from './connection.ts'
import { HISTORY_READ } from './describe.ts'
import { COALESCE_MS } from './options.ts'
import type { Requests } from './requests.ts'
import { readStates } from './states.ts'
import type { StateNames } from './value.ts'

/** Nodes of one question. */
const MAX_NODES_TOGETHER = 500

/** `closed`: a variable whose history this account may not read, or that nobody keeps, by its own account. */
export type Standing = 'absent' | 'closed' | 'readable'

export class Nodes {
  /** A server that restarts may come back with other nodes: what is known dies with the session. */
  readonly #known = new WeakMap<UaSession, Map<string, StateNames | undefined>>()
  readonly #standings: Coalescer<OpcUaAddress, Standing>
  readonly #states: Coalescer<OpcUaAddress, StateNames | undefined>

  constructor(requests: Requests) {
    const limits = { maxAsks: MAX_NODES_TOGETHER, maxRows: MAX_NODES_TOGETHER, waitMs: COALESCE_MS }
    this.#standings = new Coalescer(limits, async (asks, signal) => {
      const reads = asks.flatMap(({ what: address }) => [
        { address, attributeId: AttributeIds.NodeClass },
        { address, attributeId: AttributeIds.UserAccessLevel },
      ])
      const values = (await readAttributes(requests, reads, 'looking whether nodes exist', signal)).map(
        ({ value }) => value,
      )
      for (const [index, { resolve }] of asks.entries()) {
        resolve(standingOf(values[2 * index], values[2 * index + 1]))
      }
    })
    this.#states = new Coalescer(limits, async (asks, signal) => {
      const addresses = asks.map(({ what }) => what)
      const states = await readStates(requests, addresses, signal)
      for (const [index, { resolve }] of asks.entries()) resolve(states[index])
    })
  }

  /** An empty history is believed of a readable node only. */
  standingOf(address: OpcUaAddress, signal: AbortSignal): Promise<Standing> {
    return this.#standings.ask(address, 1, signal)
  }

  async exists(address: OpcUaAddress, signal: AbortSignal): Promise<boolean> {
    return (await this.standingOf(address, signal)) !== 'absent'
  }

  async statesOf(address: OpcUaAddress, session: UaSession, signal: AbortSignal): Promise<StateNames | undefined> {
    const states = this.#known.get(session) ?? new Map<string, StateNames | undefined>()
    this.#known.set(session, states)
    const key = formatOpcUaAddress(address)
    if (states.has(key)) return states.get(key)
    const found = await this.#states.ask(address, 1, signal)
    states.set(key, found)
    return found
  }
}

/** Where the server does not tell the access level, its answer has to do. */
function standingOf(nodeClass: unknown, userAccessLevel: unknown): Standing {
  if (nodeClass !== NodeClass.Variable) return 'absent'
  return typeof userAccessLevel === 'number' && (userAccessLevel & HISTORY_READ) === 0 ? 'closed' : 'readable'
}
