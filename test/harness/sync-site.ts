/**
 * SyncSite: a living plant, a user's folder and the daemon that follows it, with the one question that matters: does
 * the log, read by an independent reader, say what the historian says?
 *
 * Plant time passes much faster than real time, in steps small enough, compared with how often the daemon looks at the
 * historian's clock, not to be taken for a clock that was set.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts'
import { readCurrentTruth, type CurrentTruth } from './current-truth.ts'
import { Daemon, freeAddress } from './daemon.ts'
import { compareKeys, keyOfTruth, type Comparison } from './expected.ts'
import { Plant } from './plant.ts'
import { Workbench, type LogChoice } from './workbench.ts'

export interface SyncSiteOptions {
  readonly log: LogChoice
  readonly seed?: number
  readonly tags?: number
  readonly auth?: NonNullable<SimulatorOptions['auth']>
  /** YAML lines below `sync`, in place of rounds every second and sweeps every two. */
  readonly sync?: readonly string[]
  /** Of every daemon of the site. */
  readonly flags?: readonly string[]
}

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
/** What the simulator's peak is held against. */
export const REQUESTS_PER_SECOND = 100

/** `sync` as sites have it unless told otherwise. */
export const SYNC = ['interval: 1s', 'settle: 30s', 'catalogue: 5s', 'sweeps: [{ every: 2s, lookBack: 30d }]']
/** Past the settle time everything sent is final. */
const REST_MS = 2 * MINUTE_MS
const STEP_MS = 2 * MINUTE_MS
const STEPS_PER_ROUND = 5
const STEP_PAUSE_MS = 100
/** A round comes every second; one that failed is not waited for longer. */
const ROUND_LIMIT_MS = 5_000
/** Includes the minute for which a clock that seemed to jump has to be steady before it is believed. */
const COMPLETE_LIMIT_MS = 240_000
const POLL_MS = 1_000

export class SyncSite {
  readonly simulator: Simulator
  readonly plant: Plant
  readonly bench: Workbench
  /** Base of the historian's API. */
  readonly url: string
  /** Where the daemon listens, `127.0.0.1:<port>`. */
  readonly listen: string
  readonly #flags: readonly string[]
  #daemon: Daemon | undefined

  static async open(options: SyncSiteOptions): Promise<SyncSite> {
    const { log, seed = 1, tags = 24, auth = { type: 'none' }, sync = SYNC, flags = [] } = options
    const simulator = createSimulator({ scenario: 'empty', seed, auth })
    const plant = new Plant(simulator, { seed, tags })
    const { url } = await simulator.listen()
    const listen = await freeAddress()
    const bench = new Workbench({ url, log, listen, sync, pageSize: 500, requestsPerSecond: REQUESTS_PER_SECOND })
    return new SyncSite(simulator, plant, bench, { url, listen, flags })
  }

  private constructor(
    simulator: Simulator,
    plant: Plant,
    bench: Workbench,
    { url, listen, flags }: { readonly url: string; readonly listen: string; readonly flags: readonly string[] },
  ) {
    this.simulator = simulator
    this.plant = plant
    this.bench = bench
    this.url = url
    this.listen = listen
    this.#flags = flags
  }

  get daemon(): Daemon {
    if (this.#daemon === undefined) throw new Error('no daemon was started')
    return this.#daemon
  }

  /** In place of one that has ended. */
  startDaemon(env: Readonly<Record<string, string>> = {}): Daemon {
    if (this.#daemon?.hasEnded === false) throw new Error('a daemon is running')
    this.#daemon = Daemon.start(this.bench, this.listen, env, this.#flags)
    return this.#daemon
  }

  /** Replaces a text of the configuration, which must be there. */
  edit(from: string, to: string): void {
    const text = readFileSync(this.bench.configFile, 'utf8')
    if (!text.includes(from)) throw new Error(`the configuration does not say "${from}"`)
    writeFileSync(this.bench.configFile, text.replace(from, to))
  }

  /** Copies what there is, as an operator does before the first start. */
  async backfill(): Promise<void> {
    const { code, stderr } = await this.bench.run(['backfill', '--quiet'])
    if (code !== 0) throw new Error(`backfill ended with ${String(code)}: ${stderr}`)
  }

  /** Plant time passes while the daemon follows, round by round. */
  async live(plantMs: number): Promise<void> {
    for (let leftMs = plantMs; leftMs > 0; leftMs -= STEP_MS * STEPS_PER_ROUND) {
      const before = await this.#rounds()
      await this.liveAlone(Math.min(leftMs, STEP_MS * STEPS_PER_ROUND))
      const deadlineMs = performance.now() + ROUND_LIMIT_MS
      while (performance.now() < deadlineMs && (await this.#rounds()) === before) await sleep(STEP_PAUSE_MS)
    }
  }

  /** Plant time passes whatever the daemon does, if there is one. */
  async liveAlone(plantMs: number): Promise<void> {
    for (let leftMs = plantMs; leftMs > 0; leftMs -= STEP_MS) {
      this.plant.step(Math.min(leftMs, STEP_MS))
      await sleep(STEP_PAUSE_MS)
    }
  }

  /**
   * Lets the plant rest, and waits until the log says what the historian says; from then on the plant's changes are
   * demanded to be visible. Throws, telling the difference, when that does not come.
   */
  async complete(): Promise<CurrentTruth> {
    this.plant.jump(REST_MS)
    this.simulator.historian.clock.run(1)
    const deadlineMs = performance.now() + COMPLETE_LIMIT_MS
    for (;;) {
      const { truth, comparison } = await this.compare()
      if (comparison.missing + comparison.extra === 0) {
        this.plant.mark()
        return truth
      }
      if (this.daemon.hasEnded || performance.now() > deadlineMs) throw new Error(await this.#complaint(comparison))
      await sleep(POLL_MS)
    }
  }

  /** The log and the historian as they are. What a deleted tag had stays in the log, and is left out. */
  async compare(): Promise<{ readonly truth: CurrentTruth; readonly comparison: Comparison }> {
    const truth = readCurrentTruth(await this.bench.readLog())
    const gone = new Set(Array.from(this.plant.gone.keys(), (id) => `sim/${String(id)}`))
    const wanted = Array.from(this.plant.truth(), (row) => keyOfTruth('sim', row, { ord: false }))
    const found = truth.keys.filter((key) => !gone.has(key.slice(0, key.indexOf('|'))))
    return { truth, comparison: compareKeys(wanted, found) }
  }

  /** Waits until every sweep has been all the way through once more. */
  async sweptOnce(): Promise<void> {
    const endsOf = async (): Promise<string[]> =>
      (await this.daemon.status()).sweeps.map(({ lastEndedAtMs }) => String(lastEndedAtMs))
    // The first end may be of a run that had begun before.
    for (let end = 0; end < 2; end++) {
      const before = await endsOf()
      await this.daemon.until('done with a sweep', async () => (await endsOf()).every((at, i) => at !== before[i]))
    }
  }

  async close(): Promise<void> {
    if (this.#daemon?.hasEnded === false) await this.#daemon.kill()
    await this.simulator.close()
    this.bench.remove()
  }

  async #rounds(): Promise<number> {
    if (this.#daemon === undefined || this.#daemon.hasEnded) return 0
    const status = await this.#daemon.status().catch(() => undefined)
    return status?.historians[0]?.rounds ?? 0
  }

  async #complaint({ missing, extra, examples }: Comparison): Promise<string> {
    const status = await this.daemon.status().catch(() => 'no status')
    const { stderr } = this.daemon.outcome
    const differences = `${String(missing)} missing, ${String(extra)} extra\n${examples.join('\n')}`
    return `the log does not say what the historian says: ${differences}\n${JSON.stringify(status, null, 2)}\n${stderr.slice(-4000)}`
  }
}
