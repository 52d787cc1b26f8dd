/** The short form of the scripted day; `npm run soak` lives all of it. Both logs at once: most of it is waiting. */
import { describe, expect, it } from 'vitest'
import { describeOnKafka, kafkaBrokers, newPrefix } from '../harness/kafka.ts'
import { scriptedDay } from '../harness/scripted-day.ts'
import { REQUESTS_PER_SECOND } from '../harness/sync-site.ts'
import type { LogChoice } from '../harness/workbench.ts'

const LIMIT_MS = 900_000
/** Hours of a quarter of an hour. */
const SCALE = 0.25

async function expectProvenDay(log: LogChoice): Promise<void> {
  const { truth, comparison, visibility, writes, peakPerSecond } = await scriptedDay(log, SCALE)
  expect(comparison).toMatchObject({ missing: 0, extra: 0, examples: [] })
  expect(truth.violations).toEqual([])
  expect(visibility.invisible).toEqual([])
  // That nothing happened would prove nothing.
  expect(visibility.demanded).toBeGreaterThan(50)
  expect(truth.counts.edited).toBeGreaterThan(20)
  expect(truth.counts.deleted).toBeGreaterThan(10)
  expect(writes).toBe(0)
  expect(peakPerSecond).toBeLessThanOrEqual(REQUESTS_PER_SECOND)
}

describe.concurrent('a scripted day, embedded log', () => {
  it('ends with the historian’s truth and every change a revision', { timeout: LIMIT_MS }, async () => {
    await expectProvenDay({ kind: 'embedded' })
  })
})

describeOnKafka(
  'a scripted day, real Kafka',
  () => {
    it('ends with the historian’s truth and every change a revision', { timeout: LIMIT_MS }, async () => {
      await expectProvenDay({ kind: 'kafka', brokers: kafkaBrokers, topicPrefix: newPrefix() })
    })
  },
  { concurrent: true },
)
