/**
 * The OPC UA double: a server in front of the simulated historian, with the manners of a chosen dialect.
 *
 * It serves the same points as the simulated PI Web API, live changes included, as nodes
 * `nsu=urn:banyan:simulator;s=<point name>`. What is not PI's (other types, vendor status codes) comes from
 * `extraNodes`. Sessions, continuation points and the order of namespaces do not survive a stop; the address and the
 * certificate do.
 */
import { readFile } from 'node:fs/promises'
import type { OpcUaAddress } from '../../domain/opc-ua-address.ts'
import type { Historian } from '../historian.ts'
import { PLANT_NAMESPACE } from './address-space.ts'
import { openCertificates, type Certificates } from './certificates.ts'
import { RequestTally, type OpcUaCounters } from './counters.ts'
import { DIALECTS, type Dialect, type DialectName } from './dialect.ts'
import { completeRead } from './history-page.ts'
import { loadNodeOpcua, type NodeOpcua } from './node-opcua.ts'
import { Plant, type ExtraNode } from './plant.ts'
import type { UaRow } from './row.ts'
import { startServerLife, type ServerLife } from './server-life.ts'
import { changeOpcUaSwitches, opcUaSwitchesSchema, type OpcUaSwitches } from './switches.ts'

export interface OpcUaServerOptions {
  readonly historian: Historian
  /** Default `strict`. */
  readonly dialect?: DialectName | Dialect
  readonly switches?: Partial<OpcUaSwitches>
  readonly extraNodes?: readonly ExtraNode[]
  /** On 127.0.0.1; default 0, a free one. */
  readonly port?: number
  /** Folder for keys and certificates; default a temporary one. */
  readonly pki?: string
  /** Default `valid`. */
  readonly certificate?: 'valid' | 'expired'
  /** Refuse clients whose certificate was not trusted by `trustClient`. Default false. */
  readonly rejectUnknownClients?: boolean
  /** The same for the certificates users sign in with. Default false. */
  readonly rejectUnknownUsers?: boolean
  /** Passwords by user name. Default none. */
  readonly users?: ReadonlyMap<string, string>
  /** May one sign in without a name? Default true. */
  readonly anonymous?: boolean
}

export interface StartOptions {
  /** Namespaces registered before the plant's, which shift its index. Default as before. */
  readonly namespacesBefore?: number
}

export interface OpcUaServer {
  /** `opc.tcp://127.0.0.1:<port>`, the same after a restart. */
  readonly endpoint: string
  readonly port: number
  readonly namespaceUri: string
  readonly switches: OpcUaSwitches
  addressOf(name: string): OpcUaAddress
  changeSwitches(change: Partial<OpcUaSwitches>): void
  /** The next `answers` to HistoryRead are made at once but sent this much later. */
  delayNext(answers: number, ms: number): void
  /** All sessions end, as if they had expired; connections stay. */
  killSessions(): void
  /** Cuts all connections and stops listening. */
  stop(): Promise<void>
  /** Listens again, at the same address, knowing nothing of earlier sessions. */
  start(options?: StartOptions): Promise<void>
  restart(options?: StartOptions): Promise<void>
  /** Trusts a client's or a user's certificate (DER) from now on. */
  trustClient(certificate: Buffer): Promise<void>
  trustUser(certificate: Buffer): Promise<void>
  /** The server's own certificate, PEM. */
  certificate(): Promise<string>
  /** What a complete raw read of a node gives, oldest first, whatever the pages: all rows, or the newest of each time. */
  truth(name: string): UaRow[]
  counters(): OpcUaCounters
  /** For good: stops, and removes a temporary PKI folder. */
  close(): Promise<void>
}

export async function startOpcUaServer(options: OpcUaServerOptions): Promise<OpcUaServer> {
  const opcua = loadNodeOpcua()
  const certificates = await openCertificates(opcua, {
    pki: options.pki,
    certificate: options.certificate ?? 'valid',
    rejectUnknownClients: options.rejectUnknownClients ?? false,
    rejectUnknownUsers: options.rejectUnknownUsers ?? false,
  })
  const double = new OpcUaDouble(opcua, certificates, options)
  try {
    await double.start()
  } catch (error) {
    await certificates.remove()
    throw error
  }
  return double
}

class OpcUaDouble implements OpcUaServer {
  readonly namespaceUri = PLANT_NAMESPACE
  readonly #opcua: NodeOpcua
  readonly #certificates: Certificates
  readonly #options: OpcUaServerOptions
  readonly #dialect: Dialect
  readonly #plant: Plant
  readonly #tally = new RequestTally()
  #switches: OpcUaSwitches
  #port: number
  #namespacesBefore = 0
  #delayed = { answers: 0, ms: 0 }
  #life: ServerLife | undefined

  constructor(opcua: NodeOpcua, certificates: Certificates, options: OpcUaServerOptions) {
    this.#opcua = opcua
    this.#certificates = certificates
    this.#options = options
    const { dialect = 'strict' } = options
    this.#dialect = typeof dialect === 'string' ? DIALECTS[dialect] : dialect
    this.#plant = new Plant(options.historian, options.extraNodes ?? [])
    this.#switches = changeOpcUaSwitches(opcUaSwitchesSchema.parse({}), options.switches ?? {})
    this.#port = options.port ?? 0
  }

  get endpoint(): string {
    return `opc.tcp://127.0.0.1:${String(this.#port)}`
  }

  get port(): number {
    return this.#port
  }

  get switches(): OpcUaSwitches {
    return this.#switches
  }

  addressOf(name: string): OpcUaAddress {
    return { namespaceUri: PLANT_NAMESPACE, identifier: `s=${name}` }
  }

  changeSwitches(change: Partial<OpcUaSwitches>): void {
    this.#switches = changeOpcUaSwitches(this.#switches, change)
    this.#life?.switchesChanged()
  }

  delayNext(answers: number, ms: number): void {
    this.#delayed = { answers, ms }
  }

  killSessions(): void {
    this.#life?.killSessions()
  }

  async start({ namespacesBefore = this.#namespacesBefore }: StartOptions = {}): Promise<void> {
    if (this.#life !== undefined) throw new Error('the OPC UA server is running already')
    this.#namespacesBefore = namespacesBefore
    this.#life = await startServerLife({
      opcua: this.#opcua,
      certificates: this.#certificates,
      historian: this.#options.historian,
      dialect: this.#dialect,
      plant: this.#plant,
      tally: this.#tally,
      switches: () => this.#switches,
      port: this.#port,
      namespacesBefore,
      users: this.#options.users ?? new Map(),
      anonymous: this.#options.anonymous ?? true,
      nextDelayMs: () => this.#nextDelayMs(),
    })
    this.#port = this.#life.port
  }

  async stop(): Promise<void> {
    const life = this.#life
    this.#life = undefined
    await life?.stop()
  }

  async restart(options?: StartOptions): Promise<void> {
    await this.stop()
    await this.start(options)
  }

  async close(): Promise<void> {
    await this.stop()
    await this.#certificates.remove()
  }

  async trustClient(certificate: Buffer): Promise<void> {
    await this.#certificates.clients.trustCertificate(certificate)
  }

  async trustUser(certificate: Buffer): Promise<void> {
    await this.#certificates.users.trustCertificate(certificate)
  }

  certificate(): Promise<string> {
    return readFile(this.#certificates.certificateFile, 'utf8')
  }

  truth(name: string): UaRow[] {
    const node = this.#plant.find(name)
    if (node === undefined) throw new RangeError(`no node ${JSON.stringify(name)}`)
    return completeRead(node.series, this.#dialect)
  }

  counters(): OpcUaCounters {
    return this.#tally.snapshot()
  }

  #nextDelayMs(): number {
    if (this.#delayed.answers === 0) return this.#switches.latencyMs
    this.#delayed.answers -= 1
    return this.#delayed.ms
  }
}
