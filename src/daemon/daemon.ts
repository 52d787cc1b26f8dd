/**
 * The daemon: lease, log, and then generations of services, one per configuration, until a signal drains it.
 *
 * Crash-only: every state it needs is in the log or the store, so being killed at any instruction and being stopped
 * differ only in how much is read again. What waiting can mend is waited for, and told by /readyz; what it cannot
 * mend ends the process with the exit code that says so.
 */
import type { Bridge } from '../app/bridge.ts'
import { CutoverDesk } from '../app/cutover/desk.ts'
import { withLease } from '../app/lease.ts'
import { knownSelection } from '../app/known-selection.ts'
import { buildCutoverReport } from '../app/cutover/report.ts'
import { LogSession } from '../app/log-session.ts'
import { buildParityReportAside } from '../app/parity-report.ts'
import { prepareTarget } from '../app/target.ts'
import type { ResolvedConfig } from '../config/config.ts'
import { BanyanError } from '../domain/errors.ts'
import type { SampleLog } from '../log/log.ts'
import { LEASE_HEARTBEAT_MS, type Lease } from '../store/lease.ts'
import type { Store } from '../store/store.ts'
import { reasonOf, sleep } from '../util/abort.ts'
import { BridgeWeather } from './bridge-weather.ts'
import { Generation } from './generation.ts'
import { KeepGoing } from './keep-going.ts'
import { LiveReport } from './live-report.ts'
import { logPlanOf } from './log-plan.ts'
import { Reloader } from './reloader.ts'
import { RoutingBoard } from './routing-board.ts'
import { type Stops, stopsOf } from './stops.ts'

export interface DaemonParts {
  readonly bridge: Bridge
  readonly version: string
  /** Reads the configuration again; throws BANYAN_CONFIG_INVALID. */
  readonly loadConfig: () => ResolvedConfig
  /** Calls the listener at every SIGHUP; answers how to stop that. */
  readonly onReloadAsked: (listener: () => void) => () => void
  /** Once the services run; with the address of the web server, if there is one. */
  readonly onStarted: (url: string | undefined) => void
  /** Asks for the drain. */
  readonly signal: AbortSignal
}

const LOOK_AT_LEASE_EVERY_MS = 1_000
/** A report over HTTP is held in memory as a whole: some tens of megabytes for so many. */
const REPORTED_TAGS_MAX = 2_000

/** Resolves when drained. Rejects with what ended it otherwise. */
export async function runDaemon(parts: DaemonParts): Promise<void> {
  const { bridge, signal } = parts
  const store = await bridge.store()
  const log = await bridge.log()
  const holder = `banyan sync of ${bridge.config.bridge}`
  const never = new AbortController().signal
  await outwaitDead(store, signal)
  await withLease(store, holder, bridge.logger, never, async (lease, lost) => {
    const stops = stopsOf(signal, lost)
    try {
      await new Daemon(parts, store, log, lease).run(stops)
    } finally {
      stops.release()
    }
    // The services take their end for a drain; it was none.
    if (lost.aborted) throw reasonOf(lost)
  })
}

/**
 * A machine that was reset leaves a lease that looks alive for some seconds more; ending with "held elsewhere" would
 * keep a service manager from starting the daemon again. A living holder gives a sign every few seconds and is not
 * waited for.
 */
async function outwaitDead(store: Store, signal: AbortSignal): Promise<void> {
  for (;;) {
    const holder = store.lease.current()
    const isSilent = holder !== undefined && Date.now() - holder.heartbeatAtMs > 2 * LEASE_HEARTBEAT_MS
    if (!isSilent || holder.isStale) return
    await sleep(LOOK_AT_LEASE_EVERY_MS, signal)
  }
}

class Daemon {
  readonly #parts: DaemonParts
  readonly #store: Store
  readonly #log: SampleLog
  readonly #lease: Lease
  /** Under the configuration in force. */
  #bridge: Bridge
  /** Under the configuration in force. */
  #desk: CutoverDesk
  /** Undefined while the log is being opened: nothing can be reloaded yet. */
  #reloader: Reloader | undefined

  constructor(parts: DaemonParts, store: Store, log: SampleLog, lease: Lease) {
    this.#parts = parts
    this.#bridge = parts.bridge
    this.#store = store
    this.#log = log
    this.#lease = lease
    this.#desk = this.#deskOf(parts.bridge)
  }

  async run(stops: Stops): Promise<void> {
    const { bridge, version } = this.#parts
    this.#store.jobs.interruptOrphans(this.#lease)
    this.#store.schedules.interruptOrphans()
    const board = new RoutingBoard({
      desk: () => this.#desk,
      killSwitchFile: bridge.config.cutover.killSwitch,
      environment: process.env,
      logger: bridge.logger.child({ component: 'routing' }),
      clock: () => performance.now(),
    })
    board.start()
    const { epoch } = this.#lease
    const live = new LiveReport({ bridge, store: this.#store, version, epoch, board, drain: stops.drain })
    let web: RunningWeb | undefined
    // From the first moment on: without a listener the signal would end the process.
    const stopListening = this.#parts.onReloadAsked(() => {
      if (this.#reloader === undefined)
        bridge.logger.warn({}, 'configuration not reloaded: the log is still being opened')
      else void this.#reloader.asked()
    })
    try {
      web = await this.#startWeb(live, board)
      const session = await this.#openLog(live, stops)
      if (session === undefined) return
      this.#parts.onStarted(web?.url)
      try {
        await this.#runGenerations(session, live, stops)
      } catch (error) {
        // That what they left behind cannot be appended follows from what ended the services: that is to be told.
        await session.close().catch(() => undefined)
        throw error
      }
      await session.close()
    } finally {
      stopListening()
      live.close()
      board.close()
      await web?.close()
    }
  }

  async #startWeb(live: LiveReport, board: RoutingBoard): Promise<RunningWeb | undefined> {
    const { config, logger } = this.#bridge
    if (config.web === undefined) return undefined
    const { startWeb } = await import('../web/web.ts')
    return startWeb({
      listen: config.web,
      live: () => live.report(),
      report: () => this.#reportParity(),
      cutoverReport: async () => this.#reportCutover(),
      routing: board,
      logger: logger.child({ component: 'web' }),
    })
  }

  #deskOf(bridge: Bridge): CutoverDesk {
    return new CutoverDesk({ bridge, store: this.#store, version: this.#parts.version })
  }

  /** From the store: the gates are asked by who wants to take a step. */
  #reportCutover() {
    const { bridge } = this.#bridge.config
    return buildCutoverReport(this.#desk, { bridge, version: this.#parts.version, nowMs: Date.now() })
  }

  async #reportParity() {
    const bridge = this.#bridge
    const selection = knownSelection(this.#store, bridge.config.tags)
    const tags = selection.selected.length
    if (tags > REPORTED_TAGS_MAX) {
      throw new BanyanError('BANYAN_USAGE', `${tags} tags are too many for one answer`, {
        hint: 'Ask for some of them: `banyan report --tag …`.',
      })
    }
    const scope = { tags: [], historian: undefined, from: undefined, until: undefined }
    return buildParityReportAside(bridge, this.#store, { version: this.#parts.version, scope, selection })
  }

  /** Waits for a log that is away. Undefined when asked to stop meanwhile. */
  async #openLog(live: LiveReport, { drain }: Stops): Promise<LogSession | undefined> {
    const { bridge } = this.#parts
    const store = this.#store
    const log = this.#log
    const lease = this.#lease
    const keepGoing = new KeepGoing('opening the log', bridge.logger.child({ component: 'daemon' }))
    live.setOpening(keepGoing)
    let session: LogSession | undefined
    const open = async (): Promise<void> => {
      await prepareTarget(log, store, logPlanOf(bridge.config), drain)
      session = await LogSession.open({ bridge, store, log, lease, waitsForEver: true }, () => undefined, drain)
    }
    try {
      while (!(await keepGoing.attempt(open, drain)));
    } catch (error) {
      if (drain.aborted && this.#parts.signal.aborted) return undefined
      throw error
    }
    return session
  }

  async #runGenerations(session: LogSession, live: LiveReport, stops: Stops): Promise<void> {
    const { bridge, loadConfig, version } = this.#parts
    let current = bridge
    const weather = new BridgeWeather({ version, clock: Date.now, zoneOffset: () => -new Date().getTimezoneOffset() })
    try {
      for (;;) {
        const previous = this.#reloader
        const reloader = new Reloader({ current, loadConfig, live })
        this.#reloader = reloader
        this.#bridge = current
        if (current !== bridge) this.#desk = this.#deskOf(current)
        if (previous?.isAskedAgain === true) void reloader.asked()
        const generation = new Generation({
          bridge: current,
          store: this.#store,
          log: this.#log,
          lease: this.#lease,
          session,
          live,
          logPlan: logPlanOf(current.config),
          desk: this.#desk,
          weather,
        })
        await generation.run(stops, reloader.signal)
        if (stops.drain.aborted || reloader.next === undefined) return
        await current.closeSources()
        current = reloader.next
      }
    } finally {
      await current.closeSources()
    }
  }
}

interface RunningWeb {
  readonly url: string
  close(): Promise<void>
}
