/**
 * `npm run soak`: the long form of the kill loop, on both logs. At least 50 kills at random moments and several at
 * each named failpoint per log; then not a sample missing, not one twice, by readers that share nothing with Banyan.
 */
import { killLoop } from '../test/harness/kill-loop.ts'
import { Workbench, type LogChoice } from '../test/harness/workbench.ts'
import { createSimulator } from '../src/simulator/simulator.ts'
import { startKafka } from './kafka/broker.ts'

const RANDOM_KILLS = Number(process.argv[2] ?? 50)

const simulator = createSimulator({ scenario: 'demo', scale: 0.2 })
// Past the settle time, so that the newest samples are copied too.
simulator.historian.clock.advance(60_000)
const { url } = await simulator.listen()
const kafka = await startKafka()
let failed = 0
let prefix = 0
try {
  const choices: (() => LogChoice)[] = [
    () => ({ kind: 'embedded' }),
    () => ({ kind: 'kafka', brokers: kafka.brokers, topicPrefix: `soak-${String(++prefix)}` }),
  ]
  for (const choose of choices) {
    const { kind } = choose()
    const result = await killLoop({
      simulator,
      newBench: () => new Workbench({ url, log: choose(), pageSize: 200, requestsPerSecond: 100 }),
      randomKills: RANDOM_KILLS,
      visits: [1, 2, 5],
      seed: Date.now() % 1_000_000,
    })
    const missing = result.comparisons.reduce((sum, { missing }) => sum + missing, 0)
    const extra = result.comparisons.reduce((sum, { extra }) => sum + extra, 0)
    if (missing + extra > 0) {
      failed += 1
      console.log(result.comparisons.flatMap(({ examples }) => examples).join('\n'))
    }
    const samples = result.comparisons[0]?.expected ?? 0
    console.log(
      `${kind}: ${String(result.kills)} kills, ${String(result.comparisons.length)} complete logs of ${String(samples)} samples: ` +
        `${String(missing)} missing, ${String(extra)} extra; by failpoint ${JSON.stringify(result.killsByFailpoint)}`,
    )
  }
  const { writes } = simulator.counters()
  console.log(`writes to the historian: ${String(writes)}`)
  if (writes > 0) failed += 1
} finally {
  await kafka.stop()
  await simulator.close()
}
process.exitCode = failed > 0 ? 1 : 0
