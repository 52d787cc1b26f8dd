/**
 * The site of `banyan demo`: what an operator and a daemon do, on demand, by the code of the commands and of the daemon.
 *
 * All of cutover lives by the clock of the simulated plant, so that an hour passes when the story says so: the desk, and
 * a connection to the store of its own, in which the same facts are noted as in a plant.
 */
import type { Bridge } from '../../app/bridge.ts'
import { CutoverDesk } from '../../app/cutover/desk.ts'
import type { Outcome } from '../../app/cutover/outcome.ts'
import { repairPlanFrom } from '../../app/repair-plan.ts'
import type { RepairReport } from '../../app/repair-run.ts'
import { runRepair } from '../../app/repair.ts'
import { runVerify } from '../../app/verify.ts'
import { decodeRoutingRecord, sideFor, type RoutingRecord } from '../../cutover/routing.ts'
import { BridgeWeather } from '../../daemon/bridge-weather.ts'
import { CutoverService } from '../../daemon/cutover-service.ts'
import { type OnceReport, syncOnce } from '../../daemon/once.ts'
import { PHASES } from '../../domain/workload.ts'
import type { ParityReport } from '../../report/model.ts'
import type { Simulator } from '../../simulator/simulator.ts'
import { FACT_WINDOW_MS } from '../../store/cutover-facts.ts'
import { openStore, type Store } from '../../store/store.ts'
import { readVersion } from '../version.ts'
import { CONSUMERS, HISTORIAN, TAGS, WORKLOAD } from './demo-config.ts'
import { Plant } from './plant.ts'
import { StoredHistorian } from './stored-historian.ts'

/** A window of ten minutes is looked at twice: early, and when the tail and its sweep have gone through. */
const EARLY_MS = 120_000
const LATE_MS = 360_000

export interface DemoSiteParts {
  readonly bridge: Bridge
  readonly simulator: Simulator
  readonly folder: string
  readonly signal: AbortSignal
}

export class DemoSite {
  readonly bridge: Bridge
  readonly folder: string
  readonly signal: AbortSignal
  readonly plant: Plant
  readonly desk: CutoverDesk
  readonly #store: Store
  readonly #historian: StoredHistorian
  readonly #service: CutoverService

  private constructor({ bridge, simulator, folder, signal }: DemoSiteParts, bridgesStore: Store) {
    this.bridge = bridge
    this.folder = folder
    this.signal = signal
    this.plant = new Plant(simulator.historian)
    const clock = this.plant.nowMs
    const version = readVersion()
    this.#store = openStore(bridge.config.store, { clock })
    this.desk = new CutoverDesk({ bridge, store: this.#store, version, clock })
    this.#historian = new StoredHistorian({ bridge, store: bridgesStore, historian: HISTORIAN, clock })
    this.#service = new CutoverService({
      bridge,
      store: this.#store,
      desk: this.desk,
      historians: [this.#historian],
      weather: new BridgeWeather({ version, clock, zoneOffset: () => 0 }),
      logger: bridge.logger,
      clock,
    })
  }

  /** The bridge must have copied already: what is known of its tags is read. */
  static async open(parts: DemoSiteParts): Promise<DemoSite> {
    const site = new DemoSite(parts, await parts.bridge.store())
    await site.desk.adopt(parts.signal)
    return site
  }

  /** Idempotent. The bridge stays open. */
  close(): void {
    this.#store.close()
  }

  /** One round of the tail, and one sweep as far back as the configuration says. */
  async sync(): Promise<OnceReport> {
    const report = await syncOnce(this.bridge, { lookBackMs: undefined, acceptDeletions: false }, this.signal)
    await this.#historian.compared(report.revisions, this.signal)
    return report
  }

  /** Compares everything the workload reads. */
  async verify(): Promise<ParityReport> {
    const all = { tags: TAGS, historian: undefined, from: undefined, until: undefined, depth: 'log' } as const
    const { report } = await runVerify(this.bridge, readVersion(), all, () => undefined, this.signal)
    await this.#historian.compared(undefined, this.signal)
    return report
  }

  /** Replays the windows of the report's plan, and compares them again. */
  async repair({ repairPlan }: ParityReport): Promise<RepairReport> {
    const windows = repairPlanFrom(repairPlan, this.bridge.config.bridge)
    const report = await runRepair(this.bridge, { windows, acceptDeletions: false }, () => undefined, this.signal)
    await this.#historian.compared(report.revisions, this.signal)
    return report
  }

  /** What the daemon does every few seconds: notes how things are, and sends back what is served when it must. */
  async watch(): Promise<void> {
    await this.#service.watch(this.signal)
  }

  /** What the daemon does with a workload it finds configured: registers it, and takes the steps that are so already. */
  async register(): Promise<void> {
    await this.watch()
    for (let at = PHASES.indexOf('registered'); at < PHASES.indexOf('verifying'); at++) {
      await this.#service.prepare(this.signal)
    }
  }

  /** Asks for the next step, has everything compared since, and tries to take it. */
  async step(actor: string): Promise<{ readonly outcome: Outcome; readonly report?: ParityReport }> {
    const request = await this.desk.request(WORKLOAD, { actor }, this.signal)
    if (request.kind === 'refused') return { outcome: request }
    const report = await this.verify()
    return { outcome: await this.desk.advance(WORKLOAD, { actor }, this.signal), report }
  }

  /** Lets the next windows of ten minutes pass, with the tail following. Answers the samples it copied. */
  async passWindows(count: number): Promise<number> {
    let samples = 0
    for (let i = 0; i < count; i++) {
      const now = this.plant.nowMs()
      this.plant.later(FACT_WINDOW_MS - (now % FACT_WINDOW_MS) + EARLY_MS)
      await this.watch()
      samples += (await this.sync()).samples
      this.plant.later(LATE_MS)
      await this.watch()
    }
    return samples
  }

  /** How many consumers the routing in the log sends there. */
  async consumersOnLog(): Promise<number> {
    let routing: RoutingRecord | undefined
    const log = await this.bridge.log()
    for await (const { key, value } of log.readSide('routing', this.signal)) {
      if (key === WORKLOAD) routing = decodeRoutingRecord(value)
    }
    return CONSUMERS.filter((name) => sideFor(routing, name, { killed: false }) === 'log').length
  }
}
