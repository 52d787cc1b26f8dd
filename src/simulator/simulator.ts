/**
 * The simulated historian: a PI Web API server over a model that tests and demonstrations can bend.
 *
 * Below `/piwebapi` it answers as the real product does, as far as public documents and recordings tell; everything
 * that is unknown, and every fault, is a switch. Below `/simulator` (loopback, no password) other processes read the
 * truth and the counters and change switches and history; in the same process `historian` does that directly.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { HistorianClock } from './clock.ts'
import type { ApiContext } from './context.ts'
import { ControlServer, CONTROL_PATH } from './control.ts'
import { RequestCounters, type Counters } from './counters.ts'
import { Historian } from './historian.ts'
import { LoopWatch } from './loop-watch.ts'
import type { SimulatorAuth } from './http/access.ts'
import { ApiServer, BASE_PATH } from './http/api-server.ts'
import type { ApiRequest } from './http/router.ts'
import { MidwayChanges } from './midway.ts'
import { Random } from './random.ts'
import { apiRoutes } from './routes/api.ts'
import { SCENARIOS, type ScenarioName } from './scenarios/named.ts'
import { changeSwitches, switchesSchema, type Switches } from './switches.ts'
import { truthOf, type TruthRow } from './truth.ts'

export interface SimulatorOptions {
  /** Default `demo`. */
  readonly scenario?: ScenarioName
  /** Decides the history and the order of faults. Default 1. */
  readonly seed?: number
  /** Multiplies the size of the scenario. Default 1. */
  readonly scale?: number
  /** `manual` (default) stands still until `historian.clock` is told otherwise; `real` is the machine's clock. */
  readonly clock?: 'manual' | 'real'
  /** Where a manual clock stands and history ends, in ticks; default 2026-01-01T00:00:00Z. */
  readonly now?: bigint
  readonly auth?: SimulatorAuth
  /** Serves HTTPS with this certificate. */
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly switches?: Partial<Switches>
}

export interface Simulator {
  readonly historian: Historian
  /** As they stand. */
  readonly switches: Switches
  changeSwitches(change: Partial<Switches>): void
  /** Starts listening on 127.0.0.1; port 0 takes a free one. `url` is the base of the API. */
  listen(port?: number): Promise<{ readonly url: string; readonly port: number }>
  /** Cuts what is running and stops listening; may listen again. */
  close(): Promise<void>
  /** What the server keeps in memory only is lost: stream update markers. Archive and switches stay. */
  restart(): void
  truth(): Iterable<TruthRow>
  counters(): Counters
  resetCounters(): void
  /** Calls back before each routed request; returns how to stop that. */
  observe(observer: (request: ApiRequest) => void): () => void
}

/** 2026-01-01T00:00:00Z. */
const DEFAULT_NOW = 17_672_256_000_000_000n
const TICKS_PER_MS = 10_000n
/** Idle connections live as long as http.sys keeps them; Node's five seconds reset clients that reuse them. */
const KEEP_ALIVE_MS = 120_000

export function createSimulator(options: SimulatorOptions = {}): Simulator {
  return new SimulatorServer(options)
}

class SimulatorServer implements Simulator {
  readonly historian: Historian
  readonly #counters = new RequestCounters()
  readonly #loop = new LoopWatch()
  readonly #options: SimulatorOptions
  readonly #api: ApiServer
  readonly #control: ControlServer
  readonly #restart: () => void
  #switches: Switches
  #server: Server | undefined

  constructor(options: SimulatorOptions) {
    this.#options = options
    const seed = options.seed ?? 1
    const clock = new HistorianClock(options.clock ?? 'manual', options.now ?? DEFAULT_NOW)
    this.historian = new Historian(clock)
    SCENARIOS[options.scenario ?? 'demo'](this.historian, { random: new Random(seed), scale: options.scale ?? 1 })
    this.#switches = changeSwitches(switchesSchema.parse({}), options.switches ?? {})
    const context: ApiContext = {
      historian: this.historian,
      switches: () => this.#switches,
      // Another stream than the history's: the same faults whatever the scenario.
      dice: new Random(seed ^ 0x5eed),
      counters: this.#counters,
      loop: this.#loop,
      midway: new MidwayChanges(this.historian),
      now: () => clock.now() + BigInt(Math.round(this.#switches.clockOffsetMs)) * TICKS_PER_MS,
    }
    this.#api = new ApiServer(context, options.auth ?? { type: 'none' })
    const { routes, restart } = apiRoutes(context, this.#api)
    this.#api.use(routes)
    this.#restart = restart
    this.#control = new ControlServer(this)
  }

  get switches(): Switches {
    return this.#switches
  }

  changeSwitches(change: Partial<Switches>): void {
    this.#switches = changeSwitches(this.#switches, change)
  }

  async listen(port = 0): Promise<{ url: string; port: number }> {
    if (this.#server !== undefined) throw new Error('the simulator is listening already')
    this.#loop.start()
    const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
      void this.#handle(incoming, outgoing)
    }
    const { tls } = this.#options
    const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle)
    server.keepAliveTimeout = KEEP_ALIVE_MS
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the simulator has no port')
    return { url: `${this.#origin(address.port)}${BASE_PATH}`, port: address.port }
  }

  async close(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    this.#loop.stop()
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  restart(): void {
    this.#restart()
  }

  truth(): Iterable<TruthRow> {
    return truthOf(this.historian)
  }

  counters(): Counters {
    return this.#counters.snapshot()
  }

  resetCounters(): void {
    this.#counters.reset()
  }

  observe(observer: (request: ApiRequest) => void): () => void {
    return this.#api.observe(observer)
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    // A client that goes away in the middle is its own business.
    outgoing.on('error', () => outgoing.destroy())
    try {
      if (incoming.url?.startsWith(`${CONTROL_PATH}/`) === true) await this.#control.serve(incoming, outgoing)
      else await this.#api.serve(incoming, outgoing, this.#originOf(incoming))
    } catch {
      outgoing.destroy()
    }
  }

  #originOf(incoming: IncomingMessage): string {
    const { host } = incoming.headers
    return host === undefined ? this.#origin(incoming.socket.localPort ?? 0) : `${this.#scheme()}://${host}`
  }

  #origin(port: number): string {
    return `${this.#scheme()}://127.0.0.1:${String(port)}`
  }

  #scheme(): string {
    return this.#options.tls === undefined ? 'http' : 'https'
  }
}
