/** Two who want to write: one does, the other is told who it is and leaves with 6. Nothing is written twice. */
import { describe, expect, it } from 'vitest'
import { describeOnKafka, kafkaBrokers, newPrefix } from '../../harness/kafka.ts'
import { Workbench, type Outcome } from '../../harness/workbench.ts'
import { openSite, toldBy, whenReading, type SiteOptions } from './site.ts'

const LIMIT_MS = 120_000

/** Slow enough that the second certainly comes in the middle. */
const SLOW: SiteOptions = {
  historian: { scenario: 'dense', scale: 0.01, switches: { latencyMs: 100 } },
  pageSize: 200,
  concurrency: 2,
}

describe('two backfills of one store', { timeout: LIMIT_MS }, () => {
  it('the second exits 6 and names the first, which is not disturbed', async (context) => {
    const site = await openSite(context, SLOW)
    let second: Promise<Outcome> | undefined
    let firstPid = 0
    whenReading(site.simulator, 5, () => {
      second = site.run('backfill', '--quiet')
    })
    const first = await site.bench.run(['backfill', '--quiet'], { onStart: (pid) => (firstPid = pid) })
    expect(first).toMatchObject({ code: 0, stderr: '' })
    if (second === undefined) throw new Error('the second was never started')
    const told = toldBy(await second)
    expect(told.code).toBe(6)
    expect(told.error).toContain('"banyan backfill of test-site"')
    expect(told.error).toContain(`process ${String(firstPid)} `)
    await site.expectExact()
  })
})

describeOnKafka('two stores, one bridge name, one Kafka', () => {
  it(
    'the newcomer takes over, the other is fenced out with 6, no sample is there twice',
    { timeout: LIMIT_MS },
    async (context) => {
      const log = { kind: 'kafka', brokers: kafkaBrokers, topicPrefix: newPrefix() } as const
      const site = await openSite(context, { ...SLOW, log })
      const other = new Workbench({ url: site.url, log, pageSize: 200 })
      context.onTestFinished(() => {
        other.remove()
      })
      let newcomer: Promise<Outcome> | undefined
      whenReading(site.simulator, 20, () => {
        // The first is not done before the newcomer, a process of its own, has come.
        site.simulator.changeSwitches({ latencyMs: 1500 })
        newcomer = other.run(['backfill', '--quiet'])
      })
      const told = toldBy(await site.run('backfill', '--quiet'))
      site.simulator.changeSwitches({ latencyMs: 0 })
      expect(told).toMatchObject({ code: 6, error: expect.stringContaining(log.topicPrefix) as string })
      expect(told.hint).toMatch(/`bridge` name/)
      expect(await newcomer).toMatchObject({ code: 0 })
      await site.expectExact()
      await site.completes()
    },
  )
})
