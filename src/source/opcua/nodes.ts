/** Nodes: which of them exist in the session of now, and what states a digital one has. Asked once per session. */
import './foreign-log.ts'
import { AttributeIds, NodeClass } from 'node-opcua-client'
import { formatOpcUaAddress, type OpcUaAddress } from '../../domain/opc-ua-address.ts'
import { Coalescer } from '../coalesce.ts'
import { readAttributes } from './attributes.ts'
import type { UaSession } from './connection.ts'
import { COALESCE_MS } from './options.ts'
import type { Requests } from './requests.ts'
import { readStates } from './states.ts'
import type { StateNames } from './value.ts'

/** Nodes of one question. */
const MAX_NODES_TOGETHER = 500

interface Known {
  readonly variables: Set<string>
  readonly states: Map<string, StateNames | undefined>
}

export class Nodes {
  readonly #requests: Requests
  /** A server that restarts may come back with other nodes: what is known dies with the session. */
  readonly #known = new WeakMap<UaSession, Known>()
  readonly #variables: Coalescer<OpcUaAddress, boolean>
  readonly #states: Coalescer<OpcUaAddress, StateNames | undefined>

  constructor(requests: Requests) {
    this.#requests = requests
    const limits = { maxAsks: MAX_NODES_TOGETHER, maxRows: MAX_NODES_TOGETHER, waitMs: COALESCE_MS }
    this.#variables = new Coalescer(limits, async (asks, signal) => {
      const reads = asks.map(({ what }) => ({ address: what, attributeId: AttributeIds.NodeClass }))
      const classes = await readAttributes(requests, reads, 'looking whether nodes exist', signal)
      for (const [index, { resolve }] of asks.entries()) resolve(classes[index]?.value === NodeClass.Variable)
    })
    this.#states = new Coalescer(limits, async (asks, signal) => {
      const addresses = asks.map(({ what }) => what)
      const states = await readStates(requests, addresses, signal)
      for (const [index, { resolve }] of asks.entries()) resolve(states[index])
    })
  }

  /** Is there such a variable? An empty history is believed of no other node. */
  async isVariable(address: OpcUaAddress, session: UaSession, signal: AbortSignal): Promise<boolean> {
    const { variables } = this.#knownOf(session)
    const key = formatOpcUaAddress(address)
    if (variables.has(key)) return true
    const found = await this.#variables.ask(address, 1, signal)
    // One that is not there may be made at any time.
    if (found) variables.add(key)
    return found
  }

  /** In the session of now. */
  async exists(address: OpcUaAddress, signal: AbortSignal): Promise<boolean> {
    return this.isVariable(address, await this.#requests.session(signal), signal)
  }

  async statesOf(address: OpcUaAddress, session: UaSession, signal: AbortSignal): Promise<StateNames | undefined> {
    const { states } = this.#knownOf(session)
    const key = formatOpcUaAddress(address)
    if (states.has(key)) return states.get(key)
    const found = await this.#states.ask(address, 1, signal)
    states.set(key, found)
    return found
  }

  #knownOf(session: UaSession): Known {
    const known = this.#known.get(session) ?? { variables: new Set(), states: new Map() }
    this.#known.set(session, known)
    return known
  }
}
