/** The short form of the daemon's kill loop; `npm run soak` runs the long one. Both logs at once: most of it is waiting. */
import { describe, expect, it } from 'vitest'
import type { Failpoint } from '../../src/util/failpoint.ts'
import { describeOnKafka, kafkaBrokers, newPrefix } from '../harness/kafka.ts'
import { REQUESTS_PER_SECOND } from '../harness/sync-site.ts'
import { syncKillLoop } from '../harness/sync-kill-loop.ts'
import type { LogChoice } from '../harness/workbench.ts'

const LIMIT_MS = 900_000
const KILLS = 16
/** Around the commit of samples and of corrections, the fold that the sweep compares with, and the sweep itself. */
const FAILPOINTS = [
  'append-begun',
  'data-sent',
  'checkpoint-sent',
  'append-committed',
  'fold-staged',
  'fold-committed',
  'sweep-compared',
  'amend-appended',
] as const satisfies readonly Failpoint[]

async function expectProvenLoop(log: LogChoice): Promise<void> {
  const result = await syncKillLoop({ log, kills: KILLS, failpoints: FAILPOINTS, seed: 3 })
  expect(result.comparison).toMatchObject({ missing: 0, extra: 0, examples: [] })
  expect(result.truth.violations).toEqual([])
  expect(result.visibility.invisible).toEqual([])
  // A loop in which nothing was corrected, or no failpoint reached, would prove nothing.
  expect(result.visibility.demanded).toBeGreaterThan(10)
  expect(Object.keys(result.killsByFailpoint).toSorted()).toEqual(FAILPOINTS.toSorted())
  expect(result.writes).toBe(0)
  expect(result.peakPerSecond).toBeLessThanOrEqual(REQUESTS_PER_SECOND)
}

describe.concurrent('sync killed -9, embedded log', () => {
  it('misses, repeats and mistakes nothing', { timeout: LIMIT_MS }, async () => {
    await expectProvenLoop({ kind: 'embedded' })
  })
})

describeOnKafka(
  'sync killed -9, real Kafka',
  () => {
    it('misses, repeats and mistakes nothing for a read_committed consumer', { timeout: LIMIT_MS }, async () => {
      await expectProvenLoop({ kind: 'kafka', brokers: kafkaBrokers, topicPrefix: newPrefix() })
    })
  },
  { concurrent: true },
)
