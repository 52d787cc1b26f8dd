/**
 * `npm run soak`: the long form of both kill loops, on both logs. Backfill: at least 50 kills at random moments and
 * several at each named failpoint. Sync: 100 kills, one every few seconds, at random moments and inside commits, while
 * samples arrive, are edited and deleted. Then the scripted day, all 24 hours of it. Afterwards not a sample missing,
 * none twice, no revision wrong, by readers that share nothing with Banyan.
 *
 * `npm run soak -- <backfill kills> <sync kills> <scale of the day>` runs it longer or shorter; 0 leaves a part out.
 */
import { createSimulator } from '../src/simulator/simulator.ts'
import { FAILPOINTS } from '../src/util/failpoint.ts'
import { killLoop } from '../test/harness/kill-loop.ts'
import { scriptedDay } from '../test/harness/scripted-day.ts'
import { syncKillLoop } from '../test/harness/sync-kill-loop.ts'
import { Workbench, type LogChoice } from '../test/harness/workbench.ts'
import { startKafka } from './kafka/broker.ts'

const BACKFILL_KILLS = Number(process.argv[2] ?? 50)
const SYNC_KILLS = Number(process.argv[3] ?? 100)
const DAY_SCALE = Number(process.argv[4] ?? 1)

let failed = 0
let prefix = 0
const kafka = await startKafka()
try {
  const logs: (() => LogChoice)[] = [
    () => ({ kind: 'embedded' }),
    () => ({ kind: 'kafka', brokers: kafka.brokers, topicPrefix: `soak-${String(++prefix)}` }),
  ]
  for (const log of logs) {
    if (BACKFILL_KILLS > 0) await soakBackfill(log)
    if (SYNC_KILLS > 0) await soakSync(log())
    if (DAY_SCALE > 0) await soakDay(log())
  }
} finally {
  await kafka.stop()
}
process.exitCode = failed > 0 ? 1 : 0

async function soakBackfill(log: () => LogChoice): Promise<void> {
  const simulator = createSimulator({ scenario: 'demo', scale: 0.2 })
  // Past the settle time, so that the newest samples are copied too.
  simulator.historian.clock.advance(60_000)
  const { url } = await simulator.listen()
  try {
    const { kills, killsByFailpoint, comparisons } = await killLoop({
      simulator,
      newBench: () => new Workbench({ url, log: log(), pageSize: 200, requestsPerSecond: 100 }),
      randomKills: BACKFILL_KILLS,
      visits: [1, 2, 5],
      seed: Date.now() % 1_000_000,
    })
    const missing = comparisons.reduce((sum, { missing }) => sum + missing, 0)
    const extra = comparisons.reduce((sum, { extra }) => sum + extra, 0)
    const { writes } = simulator.counters()
    tell(
      `backfill, ${log().kind}: ${String(kills)} kills, ${String(comparisons.length)} complete logs of ` +
        `${String(comparisons[0]?.expected ?? 0)} samples: ${String(missing)} missing, ${String(extra)} extra, ` +
        `${String(writes)} writes to the historian; by failpoint ${JSON.stringify(killsByFailpoint)}`,
      comparisons.flatMap(({ examples }) => examples),
      missing + extra + writes,
    )
  } finally {
    await simulator.close()
  }
}

async function soakSync(log: LogChoice): Promise<void> {
  const result = await syncKillLoop({ log, kills: SYNC_KILLS, failpoints: FAILPOINTS, seed: Date.now() % 1_000_000 })
  const { truth, comparison, visibility, writes } = result
  const { edited, deleted, undeleted } = truth.counts
  const faults = comparison.missing + comparison.extra + truth.violations.length + visibility.invisible.length + writes
  tell(
    `sync, ${log.kind}: ${String(result.kills)} kills, ${String(comparison.expected)} samples: ` +
      `${String(comparison.missing)} missing, ${String(comparison.extra)} extra, ` +
      `${String(truth.violations.length)} wrong revisions among ${String(edited + deleted + undeleted)}, ` +
      `${String(visibility.invisible.length)} of ${String(visibility.demanded)} changes not visible, ` +
      `${String(writes)} writes to the historian; by failpoint ${JSON.stringify(result.killsByFailpoint)}`,
    [...comparison.examples, ...truth.violations, ...visibility.invisible],
    faults,
  )
}

async function soakDay(log: LogChoice): Promise<void> {
  const { truth, comparison, visibility, writes, peakPerSecond } = await scriptedDay(log, DAY_SCALE)
  const { late, edited, deleted, undeleted } = truth.counts
  const faults = comparison.missing + comparison.extra + truth.violations.length + visibility.invisible.length + writes
  tell(
    `day, ${log.kind}: ${String(comparison.expected)} samples: ${String(comparison.missing)} missing, ` +
      `${String(comparison.extra)} extra, ${String(truth.violations.length)} wrong revisions among ` +
      `${String(edited)} edited, ${String(deleted)} deleted, ${String(undeleted)} put back (${String(late)} late), ` +
      `${String(visibility.invisible.length)} of ${String(visibility.demanded)} changes not visible, ` +
      `${String(writes)} writes to the historian, at most ${String(peakPerSecond)} requests per second`,
    [...comparison.examples, ...truth.violations, ...visibility.invisible],
    faults,
  )
}

function tell(line: string, details: readonly string[], faults: number): void {
  if (faults > 0) failed += 1
  if (faults > 0) console.log(details.slice(0, 20).join('\n'))
  console.log(line)
}
