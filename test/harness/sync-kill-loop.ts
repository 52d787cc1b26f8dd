/**
 * Sync kill loop: `banyan sync` killed with -9 every few seconds, at random moments and inside commits, while the
 * plant goes on sending, correcting and deleting; now and then it is left alone until the log is complete.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Random } from '../../src/simulator/random.ts'
import type { Failpoint } from '../../src/util/failpoint.ts'
import type { CurrentTruth } from './current-truth.ts'
import type { Comparison } from './expected.ts'
import { HOUR_MS, MINUTE_MS, SyncSite, type SyncSiteOptions } from './sync-site.ts'
import { visibilityOf, type Visibility } from './visible-changes.ts'

export interface SyncKillLoopOptions extends SyncSiteOptions {
  readonly kills: number
  /** Each is armed once per round of the loop, in turn with kills at random moments. */
  readonly failpoints: readonly Failpoint[]
}

export interface SyncKillLoopResult {
  readonly kills: number
  readonly killsByFailpoint: Readonly<Record<string, number>>
  readonly truth: CurrentTruth
  readonly comparison: Comparison
  readonly visibility: Visibility
  readonly writes: number
  readonly peakPerSecond: number
}

/** A start takes about a second; later kills land in rounds, sweeps and folds. */
const EARLIEST_KILL_MS = 500
const KILL_SPREAD_MS = 5_000
/** Not reached by then, it is not on this daemon's way. On Kafka a writer first waits out what a killed one left open. */
const FAILPOINT_LIMIT_MS = 30_000
const VISITS = 3
const PLANT_STEP_MS = 12_000
const PAUSE_MS = 100
const KILLS_BETWEEN_CHECKS = 8

export async function syncKillLoop(options: SyncKillLoopOptions): Promise<SyncKillLoopResult> {
  const random = new Random(options.seed ?? 1)
  const killsByFailpoint: Record<string, number> = {}
  const site = await SyncSite.open(options)
  try {
    site.plant.step(3 * HOUR_MS)
    await site.backfill()
    await runToCompletion(site)
    for (let kills = 0; kills < options.kills; kills++) {
      const failpoint = kills % 2 === 0 ? options.failpoints[(kills / 2) % options.failpoints.length] : undefined
      const limitMs = failpoint === undefined ? EARLIEST_KILL_MS + random.next() * KILL_SPREAD_MS : FAILPOINT_LIMIT_MS
      const visit = 1 + random.below(VISITS)
      const daemon = site.startDaemon(
        failpoint === undefined ? {} : { BANYAN_FAILPOINT: `${failpoint}:${String(visit)}` },
      )
      const deadlineMs = performance.now() + limitMs
      while (performance.now() < deadlineMs && !daemon.hasEnded) {
        site.plant.step(PLANT_STEP_MS)
        await sleep(PAUSE_MS)
      }
      if (daemon.hasEnded && failpoint !== undefined) {
        killsByFailpoint[failpoint] = (killsByFailpoint[failpoint] ?? 0) + 1
      }
      const { code, signal, stderr } = await daemon.kill()
      if (signal !== 'SIGKILL') throw new Error(`sync ended by itself with ${String(code)}: ${stderr}`)
      // What happens while nobody looks has to be found afterwards.
      site.plant.step(MINUTE_MS)
      if (kills % KILLS_BETWEEN_CHECKS === KILLS_BETWEEN_CHECKS - 1) await runToCompletion(site)
    }
    await runToCompletion(site)
    const { truth, comparison } = await site.compare()
    const { writes, peakPerSecond } = site.simulator.counters()
    const visibility = visibilityOf(site.plant, 'sim', truth)
    return { kills: options.kills, killsByFailpoint, truth, comparison, visibility, writes, peakPerSecond }
  } finally {
    await site.close()
  }
}

async function runToCompletion(site: SyncSite): Promise<void> {
  const daemon = site.startDaemon()
  await daemon.ready()
  await site.complete()
  const { code, stderr } = await daemon.stop()
  if (code !== 0) throw new Error(`sync did not drain, it ended with ${String(code)}: ${stderr}`)
}
