/** A plant under load and a bridge that follows it, each in a process of its own, and what they cost. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Daemon, freeAddress } from '../../test/harness/daemon.ts'
import { Workbench, type LogChoice } from '../../test/harness/workbench.ts'
import type { LiveHistorian } from '../../src/telemetry/live-status.ts'
import { costOf } from './measure.ts'
import type { PlantOrder, PlantSize, PlantState } from './plant-orders.ts'

export const ROOT = join(import.meta.dirname, '..', '..')
export const MAIN = join(ROOT, 'dist', 'cli', 'main.js')

/** The 10,000 tags of a first round take some seconds, on a busy machine many. */
const READY_LIMIT_MS = 600_000

export interface SiteOptions {
  readonly size: PlantSize
  readonly log: LogChoice
  /** YAML lines below `sync`. */
  readonly sync: readonly string[]
}

export interface StartCost {
  readonly seconds: number
  /** Of the daemon. */
  readonly cpuSeconds: number
  readonly requests: number
}

/** What a stretch of time cost. */
export interface Stretch {
  readonly rounds: number
  /** Of the daemon, in seconds. */
  readonly cpuSeconds: number
  readonly requests: number
  readonly byRoute: Readonly<Record<string, number>>
}

/** Never due during a bench: what is measured has no sweep in it. */
export const NO_SWEEPS = 'sweeps: [{ cron: "0 0 1 1 *", lookBack: 1h }]'

export class Site {
  readonly bench: Workbench
  readonly #listen: string
  readonly #plant: ChildProcess
  readonly #tags: number
  #daemon: Daemon | undefined

  private constructor(bench: Workbench, listen: string, plant: ChildProcess, tags: number) {
    this.bench = bench
    this.#listen = listen
    this.#plant = plant
    this.#tags = tags
  }

  static async open({ size, log, sync }: SiteOptions): Promise<Site> {
    const plant = fork(join(ROOT, 'scripts/bench/plant-process.ts'), [JSON.stringify(size)], {
      execArgv: ['--import', 'tsx'],
      cwd: ROOT,
    })
    const [{ url }] = (await once(plant, 'message')) as [PlantState]
    const listen = await freeAddress()
    const limits = { pageSize: 10_000, concurrency: 8, requestsPerSecond: 50 }
    return new Site(new Workbench({ url, log, ...limits, listen, sync }), listen, plant, size.tags)
  }

  /** Not before `start`. */
  get daemon(): Daemon {
    if (this.#daemon === undefined) throw new Error('no daemon was started')
    return this.#daemon
  }

  /** Resolves with the cost of the start when a round has read all the tags. */
  async start(): Promise<StartCost> {
    const startedMs = performance.now()
    const { requests } = await this.plant({ do: 'look' })
    this.#daemon = Daemon.start(this.bench, this.#listen)
    await this.daemon.until('ready', async () => (await this.daemon.readiness()).isReady, READY_LIMIT_MS)
    await this.daemon.until(
      'aware of all tags',
      async () => (await this.#historian()).tags === this.#tags,
      READY_LIMIT_MS,
    )
    const { rounds } = await this.#historian()
    await this.daemon.until('through a round', async () => (await this.#historian()).rounds > rounds, READY_LIMIT_MS)
    return {
      seconds: (performance.now() - startedMs) / 1000,
      cpuSeconds: costOf((await this.daemon.status()).pid).cpuSeconds,
      requests: (await this.plant({ do: 'look' })).requests - requests,
    }
  }

  async plant(order: PlantOrder): Promise<PlantState> {
    const answer = once(this.#plant, 'message')
    this.#plant.send(order)
    const [state] = (await answer) as [PlantState]
    return state
  }

  /** Lets `seconds` go by undisturbed. */
  async watch(seconds: number): Promise<Stretch> {
    const { pid } = await this.daemon.status()
    const { rounds } = await this.#historian()
    const before = await this.plant({ do: 'look' })
    const { cpuSeconds } = costOf(pid)
    await sleep(seconds * 1000)
    const cost = costOf(pid)
    const after = await this.plant({ do: 'look' })
    const byRoute = Object.entries(after.byRoute).map(
      ([route, count]) => [route, count - (before.byRoute[route] ?? 0)] as const,
    )
    return {
      rounds: (await this.#historian()).rounds - rounds,
      cpuSeconds: cost.cpuSeconds - cpuSeconds,
      requests: after.requests - before.requests,
      byRoute: Object.fromEntries(byRoute.filter(([, count]) => count > 0)),
    }
  }

  /** Ends both. Throws when the daemon did not drain, complained, or when anything was written to the historian. */
  async close(): Promise<void> {
    try {
      if (this.#daemon !== undefined && !this.#daemon.hasEnded) {
        const { writes } = await this.plant({ do: 'look' })
        const { code, stderr } = await this.#daemon.stop()
        const complaint = stderr.split('\n').find((line) => /"level":"?(warn|error|[456]0)/.test(line))
        if (code !== 0 || writes > 0 || complaint !== undefined) {
          throw new Error(
            `the daemon ended with ${String(code)}, ${writes} writes to the historian: ${stderr.slice(-4000)}`,
          )
        }
      }
    } finally {
      this.#plant.disconnect()
      this.bench.remove()
    }
  }

  async #historian(): Promise<LiveHistorian> {
    const [historian] = (await this.daemon.status()).historians
    if (historian === undefined) throw new Error('the daemon has not begun to follow the historian')
    return historian
  }
}
