/** A small site with one workload: simulated historian, embedded log, store, and time that passes when it is told to. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { runBackfill } from '../../../src/app/backfill.ts'
import { Bridge } from '../../../src/app/bridge.ts'
import { CutoverDesk } from '../../../src/app/cutover/desk.ts'
import type { Outcome } from '../../../src/app/cutover/outcome.ts'
import { runVerify } from '../../../src/app/verify.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { cellStart } from '../../../src/domain/cell.ts'
import { formatTicks, ticks, ticksFromMs, type Ticks } from '../../../src/domain/ticks.ts'
import type { SampleLog } from '../../../src/log/log.ts'
import type { Simulator } from '../../../src/simulator/simulator.ts'
import { FACT_WINDOW_MS } from '../../../src/store/cutover-facts.ts'
import type { Store } from '../../../src/store/store.ts'
import { silentLogger } from '../../../src/telemetry/logger.ts'
import { startSimulator } from '../../harness/simulator.ts'

export const never = new AbortController().signal
export const HOUR = 36_000_000_000n
const MINUTE_MS = 60_000
const HOURS = 6n
const SAMPLES_PER_HOUR = 4n
/** Two tags, six whole hours each. */
export const CELLS = 12

export const GATES = 'gates: { streak: 1h, consumerCycle: 1h, soak: 1h, canary: [50] }'

export interface SiteOptions {
  /** YAML of the workload's gates and criticality. */
  readonly workload?: string
}

export class CutoverSite {
  readonly folder: string
  readonly simulator: Simulator
  readonly store: Store
  readonly log: SampleLog
  readonly bridge: Bridge
  readonly desk: CutoverDesk
  /** Start of the first cell. */
  readonly from: Ticks

  private constructor(parts: Pick<CutoverSite, 'folder' | 'simulator' | 'store' | 'log' | 'bridge' | 'from'>) {
    this.folder = parts.folder
    this.simulator = parts.simulator
    this.store = parts.store
    this.log = parts.log
    this.bridge = parts.bridge
    this.from = parts.from
    this.desk = this.newDesk()
  }

  static async open({ workload = `criticality: C, ${GATES}` }: SiteOptions = {}): Promise<CutoverSite> {
    // Some minutes into an hour, so that the newest whole cell is settled.
    const hour = cellStart(ticksFromMs(Date.now()), HOUR)
    const now = ticks(hour + (HOUR * 3n) / 10n)
    vi.useFakeTimers({ toFake: ['Date'], now: Number(now / 10_000n) })
    const from = ticks(hour - HOURS * HOUR)
    const { simulator, url } = await startSimulator({ scenario: 'empty', now })
    for (const name of ['FLOW', 'LEVEL']) {
      simulator.historian.createPoint({ name, pointType: 'Float32' })
      for (let at = from; at < now; at = ticks(at + HOUR / SAMPLES_PER_HOUR)) {
        simulator.historian.insert(name, at, Number(at % 1_000_003n) / 7)
      }
    }
    const folder = mkdtempSync(join(tmpdir(), 'banyan-cutover-'))
    const file = join(folder, 'banyan.yaml')
    writeFileSync(
      file,
      [
        'bridge: here',
        'store: ./store.db',
        `historians: { sim: { piWebApi: { url: "${url}", dataServer: BANYANSIM, auth: { type: none } } } }`,
        `tags: [{ historian: sim, include: ["*"], backfill: { from: "${formatTicks(from)}" } }]`,
        'log: { embedded: { file: ./log.db } }',
        'workloads:',
        `  boiler: { tags: ["FLOW", "LEVEL"], consumers: [{ name: grafana, staleness: 60s }], ${workload} }`,
      ].join('\n'),
    )
    const bridge = new Bridge(loadConfig({ file, environment: {}, workingDirectory: folder }), silentLogger)
    const log = await bridge.log()
    await log.create(never)
    onTestFinished(async () => {
      await bridge.close()
      vi.useRealTimers()
      rmSync(folder, { recursive: true, force: true })
    })
    return new CutoverSite({ folder, simulator, store: await bridge.store(), log, bridge, from })
  }

  /** Another process would have one of its own. */
  newDesk(): CutoverDesk {
    return new CutoverDesk({ bridge: this.bridge, store: this.store, version: '1.0.0' })
  }

  async backfill(): Promise<void> {
    const everything = { tags: [], from: undefined, until: undefined, order: undefined, job: undefined }
    await runBackfill(this.bridge, everything, () => undefined, never)
  }

  async verify(): Promise<void> {
    const everything = {
      tags: [],
      historian: undefined,
      from: undefined,
      until: undefined,
      depth: 'projection',
    } as const
    await runVerify(this.bridge, '1.0.0', everything, () => undefined, never)
  }

  /** Time passes, and the daemon notes every ten minutes that all is well, as far as it looked. */
  later(minutes: number, isGreen = true): void {
    const beganMs = Date.now()
    vi.setSystemTime(beganMs + minutes * MINUTE_MS)
    for (let startMs = beganMs - (beganMs % FACT_WINDOW_MS); startMs <= Date.now(); startMs += FACT_WINDOW_MS) {
      const lags = [{ consumer: 'grafana', p99Ms: 2_000, maxMs: 5_000 }]
      this.store.cutoverFacts.recordWindow({ workload: 'boiler', startMs, isGreen, isSilent: false, lags })
    }
  }

  /** As far as `shadowing`, rehearsed. */
  async shadowing(): Promise<void> {
    await this.backfill()
    await this.verify()
    for (const phase of ['backfilling', 'mirroring', 'verifying']) {
      decided(await this.desk.advance('boiler', { actor: 'banyan' }, never), phase)
    }
    this.later(90)
    decided(await this.desk.advance('boiler', { actor: 'ada' }, never), 'shadowing')
    decided(await this.desk.drill('boiler', { actor: 'ada' }, never))
  }

  /** Requested, verified since, and advanced. */
  async step(): Promise<Outcome> {
    decided(await this.desk.request('boiler', { actor: 'ada' }, never))
    await this.verify()
    return this.desk.advance('boiler', { actor: 'ada' }, never)
  }

  /** What consumers read. */
  async routing(): Promise<unknown[]> {
    const records: unknown[] = []
    for await (const { value } of this.log.readSide('routing', never)) records.push(JSON.parse(value))
    return records
  }

  async audit(): Promise<string[]> {
    const lines: string[] = []
    for await (const { value } of this.log.readSide('audit', never)) lines.push(value)
    return lines
  }
}

/** Throws what was refused, with the gates that do not pass. */
export function decided(outcome: Outcome, phase?: string): Extract<Outcome, { kind: 'decided' }> {
  if (outcome.kind === 'refused') {
    const open = outcome.assessment?.decision?.gates.filter((gate) => gate.outcome !== 'pass')
    throw new Error(`refused: ${outcome.reason} ${JSON.stringify(open ?? outcome.hint)}`)
  }
  if (phase !== undefined && outcome.event.to !== phase) throw new Error(`went to ${outcome.event.to}`)
  return outcome
}
