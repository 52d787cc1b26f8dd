/** The conformance archive, copied by the real command onto a real Kafka, read by Kafka's own consumer: the truth. */
import { expect, it } from 'vitest'
import { describeOnKafka, kafkaBrokers, newPrefix } from '../harness/kafka.ts'
import { compare } from '../harness/kill-loop.ts'
import { startSimulator } from '../harness/simulator.ts'
import { Workbench } from '../harness/workbench.ts'

const LIMIT_MS = 300_000
const CEILING = 150_000

describeOnKafka('backfill of the conformance archive', () => {
  it.each([1, 2, 7, 1000, CEILING])('page size %i: each sample once', { timeout: LIMIT_MS }, async (pageSize) => {
    // Pages of one sample are a request per tick: a tenth of the ties are as good as all.
    const { simulator, url } = await startSimulator({ scenario: 'conformance', scale: pageSize < 7 ? 0.1 : 1 })
    simulator.changeSwitches({ rateLimitPerSecond: 0 })
    const bench = new Workbench({
      url,
      log: { kind: 'kafka', brokers: kafkaBrokers, topicPrefix: newPrefix() },
      pageSize,
      requestsPerSecond: 1_000,
      concurrency: 8,
    })
    try {
      const outcome = await bench.run(['backfill', '--quiet', '--json'])
      expect(outcome.stderr).toBe('')
      expect(outcome).toMatchObject({ code: 0, signal: null })
      const comparison = compare(simulator, await bench.readLog())
      expect(comparison).toMatchObject({ missing: 0, extra: 0, examples: [] })
      expect(comparison.expected).toBeGreaterThan(1_000)
      expect(simulator.counters().writes).toBe(0)
    } finally {
      bench.remove()
    }
  })
})
