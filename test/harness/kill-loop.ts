/**
 * Kill loop: `banyan backfill` killed with -9 again and again, at every named failpoint and at random moments, until
 * it was killed often enough; each time it gets to the end, an independent reader compares the log with the truth and
 * a new log is begun.
 */
import type { Failpoint } from '../../src/util/failpoint.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { Random } from '../../src/simulator/random.ts'
import { compareKeys, keyOfRecord, keyOfTruth, type Comparison } from './expected.ts'
import type { Outcome, Workbench } from './workbench.ts'

export interface KillLoopOptions {
  readonly simulator: Simulator
  /** A workbench with an empty log of its own. */
  readonly newBench: () => Workbench
  /** Kills at random moments, on top of one run per failpoint and visit. */
  readonly randomKills: number
  /** Each failpoint is armed for these visits, from 1. */
  readonly visits: readonly number[]
  readonly seed: number
}

export interface KillLoopResult {
  readonly kills: number
  readonly killsByFailpoint: Readonly<Record<string, number>>
  /** One per time the end was reached. */
  readonly comparisons: readonly Comparison[]
}

/** The failpoints on a backfill's way. */
export const BACKFILL_FAILPOINTS = [
  'page-read',
  'append-begun',
  'data-sent',
  'checkpoint-sent',
  'append-committed',
  'coverage-cached',
  'fold-staged',
  'fold-committed',
] as const satisfies readonly Failpoint[]

/** Startup takes about this long on a quiet machine; later kills land while it copies. */
const EARLIEST_KILL_MS = 300
const KILL_SPREAD_MS = 2_500

export async function killLoop(options: KillLoopOptions): Promise<KillLoopResult> {
  const random = new Random(options.seed)
  const comparisons: Comparison[] = []
  const killsByFailpoint: Record<string, number> = {}
  let kills = 0
  let bench = options.newBench()

  const run = async (env: Readonly<Record<string, string>>, killAfterMs?: number): Promise<Outcome> => {
    let timer: NodeJS.Timeout | undefined
    const outcome = await bench.run(['backfill', '--quiet'], {
      env,
      onStart: (pid) => {
        if (killAfterMs !== undefined) timer = setTimeout(() => process.kill(pid, 'SIGKILL'), killAfterMs)
      },
    })
    clearTimeout(timer)
    if (outcome.signal === 'SIGKILL') kills += 1
    else if (outcome.code !== 0) throw new Error(`backfill ended with ${String(outcome.code)}: ${outcome.stderr}`)
    return outcome
  }
  const finish = async (): Promise<void> => {
    comparisons.push(compare(options.simulator, await bench.readLog()))
    bench.remove()
    bench = options.newBench()
  }

  try {
    for (const name of BACKFILL_FAILPOINTS) {
      for (const visit of options.visits) {
        const outcome = await run({ BANYAN_FAILPOINT: `${name}:${String(visit)}` })
        if (outcome.signal === 'SIGKILL') killsByFailpoint[name] = (killsByFailpoint[name] ?? 0) + 1
        else await finish()
      }
    }
    for (const wanted = kills + options.randomKills; kills < wanted;) {
      const outcome = await run({}, EARLIEST_KILL_MS + random.next() * KILL_SPREAD_MS)
      if (outcome.code === 0) await finish()
    }
    await run({})
    await finish()
  } finally {
    bench.remove()
  }
  return { kills, killsByFailpoint, comparisons }
}

export function compare(simulator: Simulator, records: readonly string[]): Comparison {
  return compareKeys(
    Array.from(simulator.truth(), (row) => keyOfTruth('sim', row)),
    records.map((text) => keyOfRecord(text)),
  )
}
