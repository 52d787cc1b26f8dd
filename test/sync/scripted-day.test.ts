/**
 * A day in minutes: samples arrive, some of them late; samples are edited, deleted and put back, ties grow and shrink,
 * tags come, go, and change their name and type; the historian is out twice, the daemon is killed three times. Every
 * few hours, and at the end, the log says what the historian says, sample by sample, and every change is a revision.
 */
import { describe, expect, it, onTestFinished } from 'vitest'
import type { CurrentTruth } from '../harness/current-truth.ts'
import { describeOnKafka, kafkaBrokers, newPrefix } from '../harness/kafka.ts'
import { HOUR_MS, MINUTE_MS, REQUESTS_PER_SECOND, SyncSite } from '../harness/sync-site.ts'
import { visibilityOf } from '../harness/visible-changes.ts'
import type { LogChoice } from '../harness/workbench.ts'

const LIMIT_MS = 1_200_000
/** Of plant time, until a failpoint is reached: more than enough for three appends. */
const MAX_STEPS = 300

async function liveOneDay(site: SyncSite): Promise<CurrentTruth> {
  const { plant, simulator } = site
  plant.step(6 * HOUR_MS)
  await site.backfill()
  await site.startDaemon().ready()
  await site.complete()

  await site.live(3 * HOUR_MS)
  await site.complete()

  await site.live(HOUR_MS)
  await site.daemon.kill()
  await site.liveAlone(10 * MINUTE_MS)
  site.startDaemon()
  await site.live(HOUR_MS)
  plant.addTag()
  plant.renameTag('FLOAT32.006', 'TIC.RENAMED')
  await site.live(HOUR_MS)
  await site.complete()

  // Out for an hour; the daemon is killed meanwhile and has to start while nobody answers.
  await site.live(HOUR_MS)
  simulator.changeSwitches({ outage: 503 })
  await site.liveAlone(30 * MINUTE_MS)
  await site.daemon.kill()
  await site.startDaemon().alive()
  await site.liveAlone(30 * MINUTE_MS)
  expect(await site.daemon.readiness()).toMatchObject({ isReady: false })
  simulator.changeSwitches({ outage: 0 })
  await site.live(HOUR_MS)
  await site.complete()

  await site.live(HOUR_MS)
  plant.retypeTag('INT32.003', 'Float64')
  plant.deleteTag('STRING.005')
  await site.live(2 * HOUR_MS)
  await site.complete()

  // Out again, under a daemon that goes on.
  await site.live(HOUR_MS)
  simulator.changeSwitches({ outage: 'reset' })
  await site.liveAlone(HOUR_MS)
  simulator.changeSwitches({ outage: 0 })
  await site.complete()

  // Killed in the middle of a commit.
  await site.live(2 * HOUR_MS)
  await site.daemon.stop()
  const doomed = site.startDaemon({ BANYAN_FAILPOINT: 'checkpoint-sent:3' })
  for (let left = MAX_STEPS; left > 0 && !doomed.hasEnded; left--) await site.liveAlone(2 * MINUTE_MS)
  expect(doomed.hasEnded).toBe(true)
  expect(await doomed.ended).toMatchObject({ signal: 'SIGKILL' })
  await site.startDaemon().ready()
  await site.live(3 * HOUR_MS)
  await site.complete()

  await site.live(3 * HOUR_MS)
  await site.complete()
  await site.sweptOnce()
  expect(await site.daemon.status()).toMatchObject({ problems: [], historians: [{ failingCount: 0, catchingUp: 0 }] })
  expect(await site.daemon.stop()).toMatchObject({ code: 0 })
  const { truth, comparison } = await site.compare()
  expect(comparison).toMatchObject({ missing: 0, extra: 0, examples: [] })
  return truth
}

async function expectProvenDay(log: LogChoice): Promise<void> {
  const site = await SyncSite.open({ log })
  onTestFinished(() => site.close())
  const truth = await liveOneDay(site)
  expect(truth.violations).toEqual([])
  const { demanded, invisible } = visibilityOf(site.plant, 'sim', truth)
  expect(invisible).toEqual([])
  // That nothing happened would prove nothing.
  expect(demanded).toBeGreaterThan(500)
  expect(truth.counts.edited).toBeGreaterThan(200)
  expect(truth.counts.deleted).toBeGreaterThan(100)
  expect(truth.counts.undeleted).toBeGreaterThan(10)
  const counters = site.simulator.counters()
  expect(counters.writes).toBe(0)
  expect(counters.peakPerSecond).toBeLessThanOrEqual(REQUESTS_PER_SECOND)
}

describe('a scripted day, embedded log', () => {
  it('ends with the historian’s truth and every change a revision', { timeout: LIMIT_MS }, async () => {
    await expectProvenDay({ kind: 'embedded' })
  })
})

describeOnKafka('a scripted day, real Kafka', () => {
  it('ends with the historian’s truth and every change a revision', { timeout: LIMIT_MS }, async () => {
    await expectProvenDay({ kind: 'kafka', brokers: kafkaBrokers, topicPrefix: newPrefix() })
  })
})
