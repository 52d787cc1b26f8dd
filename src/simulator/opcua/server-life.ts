/**
 * ServerLife: the double from one start to the next stop. What a server keeps in memory only (sessions, continuation
 * points, the order of its namespaces) lives and ends here.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { AddressSpace, HistoryReadRequest, HistoryReadValueId, OPCUAServer, UAVariable } from 'node-opcua'
import type { Historian } from '../historian.ts'
import { PLANT_FOLDER, PLANT_NAMESPACE, PlantAddressSpace } from './address-space.ts'
import { SERVER_URI, type Certificates } from './certificates.ts'
import type { RequestTally } from './counters.ts'
import { DataValues, dateOf } from './data-value.ts'
import type { Dialect } from './dialect.ts'
import { createHistoryServer } from './history-server.ts'
import { HistoryService, type HistoryAnswer } from './history-service.ts'
import type { NodeOpcua } from './node-opcua.ts'
import type { Plant } from './plant.ts'
import type { OpcUaSwitches } from './switches.ts'

export interface ServerLifeOptions {
  readonly opcua: NodeOpcua
  readonly certificates: Certificates
  readonly historian: Historian
  readonly dialect: Dialect
  readonly plant: Plant
  readonly tally: RequestTally
  readonly switches: () => OpcUaSwitches
  /** 0: a free one. */
  readonly port: number
  readonly namespacesBefore: number
  readonly users: ReadonlyMap<string, string>
  readonly anonymous: boolean
  /** How long the history answer that is ready now is held back. */
  readonly nextDelayMs: () => number
}

export interface ServerLife {
  readonly port: number
  switchesChanged(): void
  killSessions(): void
  stop(): Promise<void>
}

const TICKS_PER_MS = 10_000n
/** Sessions and connections at once, enough for any test. */
const MAX_SESSIONS = 100

export async function startServerLife(options: ServerLifeOptions): Promise<ServerLife> {
  const life = new Life(options)
  await life.start()
  return life
}

class Life implements ServerLife {
  readonly #options: ServerLifeOptions
  readonly #server: OPCUAServer
  #history: HistoryService | undefined
  #nodes: PlantAddressSpace | undefined

  constructor(options: ServerLifeOptions) {
    this.#options = options
    const { opcua, certificates, users, anonymous } = options
    this.#server = createHistoryServer(
      opcua,
      {
        port: options.port,
        host: '127.0.0.1',
        hostname: '127.0.0.1',
        allowAnonymous: anonymous,
        userManager: { isValidUser: (name: string, password: string) => users.get(name) === password },
        serverCertificateManager: certificates.clients,
        userCertificateManager: certificates.users,
        certificateFile: certificates.certificateFile,
        privateKeyFile: certificates.privateKeyFile,
        nodesets: [opcua.nodesets.standard],
        isAuditing: false,
        maxConnectionsPerEndpoint: MAX_SESSIONS,
        serverCapabilities: { maxSessions: MAX_SESSIONS },
        serverInfo: { applicationUri: SERVER_URI, productUri: SERVER_URI },
        buildInfo: { productName: 'Banyan OPC UA simulator', softwareVersion: '1', manufacturerName: 'Banyan' },
      },
      (request, session) => this.#answer(request, session),
    )
  }

  get port(): number {
    return this.#server.endpoints[0]?.port ?? 0
  }

  async start(): Promise<void> {
    const { tally } = this.#options
    await this.#server.initialize()
    this.#serve()
    this.#server.on('request', (request) => {
      const service = request.schema.name
      tally.requested(service)
      // History comes from the plant itself, and is asked for too often to go through all nodes each time.
      if (service !== 'HistoryReadRequest') this.#nodes?.follow()
    })
    this.#server.on('create_session', () => {
      tally.sessions += 1
    })
    this.#server.on('session_closed', (session) => {
      this.#history?.continuationPoints.closeSession(session)
    })
    await this.#server.start()
  }

  switchesChanged(): void {
    const { maxNodesPerCall } = this.#options.switches()
    this.#server.engine.serverCapabilities.operationLimits.maxNodesPerHistoryReadData = maxNodesPerCall
    this.#nodes?.follow()
  }

  killSessions(): void {
    const { engine } = this.#server
    for (const session of engine.getSessions()) engine.closeSession(session.authenticationToken, true, 'Terminated')
  }

  async stop(): Promise<void> {
    await this.#server.shutdown(0)
  }

  #serve(): void {
    const { opcua, historian, plant, switches, dialect, tally } = this.#options
    const { addressSpace } = this.#server.engine
    if (addressSpace === null) throw new Error('the OPC UA server has no address space')
    for (let n = 1; n <= this.#options.namespacesBefore; n++) {
      addressSpace.registerNamespace(`urn:banyan:simulator:before:${String(n)}`)
    }
    const namespace = addressSpace.registerNamespace(PLANT_NAMESPACE)
    const values = new DataValues(opcua)
    this.#nodes = new PlantAddressSpace({ opcua, values, plant, dataServer: historian.primary, switches }, namespace)
    this.#history = new HistoryService({
      opcua,
      dialect,
      plant,
      values,
      tally,
      switches,
      nameOf: ({ nodeId }) => nameIn(opcua, namespace.index, nodeId),
      exists: ({ nodeId }) => addressSpace.findNode(nodeId) !== null,
    })
    this.#bind(addressSpace)
    this.switchesChanged()
  }

  /** The clock is the historian's, and ServiceLevel a switch. */
  #bind(addressSpace: AddressSpace): void {
    const { opcua, historian, switches } = this.#options
    const { DataType, Variant, VariableIds } = opcua
    const now = (): Date => {
      const offset = BigInt(Math.round(switches().clockOffsetMs)) * TICKS_PER_MS
      return dateOf(historian.clock.now() + offset).date
    }
    const status = addressSpace.findNode(VariableIds.Server_ServerStatus) as UAVariable
    // The library answers CurrentTime out of this object, and marks it as changed whenever asked.
    status.$extensionObject = new Proxy(status.$extensionObject as object, {
      get: (target, name): unknown => {
        const machineValue: unknown = Reflect.get(target, name)
        return name === 'currentTime' ? now() : machineValue
      },
    })
    const level = addressSpace.findNode(VariableIds.Server_ServiceLevel) as UAVariable
    const get = () => new Variant({ dataType: DataType.Byte, value: switches().serviceLevel })
    level.bindVariable({ get }, true)
  }

  async #answer(request: HistoryReadRequest, session: object): Promise<HistoryAnswer> {
    const { tally, nextDelayMs } = this.#options
    if (this.#history === undefined) throw new Error('the OPC UA server is not ready')
    tally.historyReadBegan(request.nodesToRead?.length ?? 0)
    try {
      const answer = this.#history.answer(request, session)
      const delayMs = nextDelayMs()
      if (delayMs > 0) await sleep(delayMs)
      return answer
    } finally {
      tally.historyReadEnded()
    }
  }
}

/** Names of plant nodes; their folder is just another object of the server. */
function nameIn(opcua: NodeOpcua, index: number, nodeId: HistoryReadValueId['nodeId']): string | undefined {
  if (nodeId.namespace !== index || nodeId.identifierType !== opcua.NodeIdType.STRING) return undefined
  const name = String(nodeId.value)
  return name === PLANT_FOLDER ? undefined : name
}
