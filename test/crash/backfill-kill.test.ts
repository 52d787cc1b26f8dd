/** The short form of the kill loop; `npm run soak` runs the long one. */
import { describe, expect, it } from 'vitest'
import { describeOnKafka, kafkaBrokers, newPrefix } from '../harness/kafka.ts'
import { BACKFILL_FAILPOINTS, killLoop, type KillLoopResult } from '../harness/kill-loop.ts'
import { startSimulator } from '../harness/simulator.ts'
import { Workbench, type LogChoice } from '../harness/workbench.ts'

const LIMIT_MS = 400_000
const PAST_SETTLE_MS = 60_000

async function shortLoop(logChoice: () => LogChoice): Promise<KillLoopResult> {
  const { simulator, url } = await startSimulator({ scenario: 'demo', scale: 0.05 })
  simulator.historian.clock.advance(PAST_SETTLE_MS)
  const result = await killLoop({
    simulator,
    newBench: () => new Workbench({ url, log: logChoice(), pageSize: 100, requestsPerSecond: 60 }),
    randomKills: 6,
    visits: [1],
    seed: 7,
  })
  expect(simulator.counters().writes).toBe(0)
  return result
}

function expectExact(result: KillLoopResult): void {
  for (const comparison of result.comparisons) {
    expect(comparison).toMatchObject({ missing: 0, extra: 0, examples: [] })
    expect(comparison.expected).toBeGreaterThan(10_000)
  }
  // A failpoint that is never reached would prove nothing.
  expect(Object.keys(result.killsByFailpoint).toSorted()).toEqual(BACKFILL_FAILPOINTS.toSorted())
}

describe('backfill killed -9, embedded log', () => {
  it('ends with every sample once', { timeout: LIMIT_MS }, async () => {
    expectExact(await shortLoop(() => ({ kind: 'embedded' })))
  })
})

describeOnKafka('backfill killed -9, real Kafka', () => {
  it(
    'ends with every sample once for a read_committed consumer, no transaction left open',
    { timeout: LIMIT_MS },
    async () => {
      expectExact(await shortLoop(() => ({ kind: 'kafka', brokers: kafkaBrokers, topicPrefix: newPrefix() })))
    },
  )
})
