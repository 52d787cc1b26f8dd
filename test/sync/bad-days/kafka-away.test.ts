/** The broker goes away and comes back, dies, and leaves its partitions to another. */
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest'
import { startKafka, type RunningKafka } from '../../../scripts/kafka/broker.ts'
import { describeOnKafka, newPrefix, plainKafka } from '../../harness/kafka.ts'
import { MINUTE_MS, type SyncSite } from '../../harness/sync-site.ts'
import { endsWell, BAD_DAY, liveOn, openRunning, openSite, warnings } from './bad-day.ts'

describeOnKafka('a broker', () => {
  let kafka: RunningKafka

  beforeAll(async () => {
    kafka = await startKafka()
  })
  afterAll(() => kafka.stop())

  function open(context: TestContext): Promise<SyncSite> {
    return openRunning(context, { log: { kind: 'kafka', brokers: kafka.brokers, topicPrefix: newPrefix() } })
  }

  it('that is down for a while: the historian is the buffer', BAD_DAY, async (context) => {
    const site = await open(context)
    await kafka.halt('SIGTERM')
    await site.liveAlone(10 * MINUTE_MS)
    await site.daemon.unready('log-down')
    await site.liveAlone(10 * MINUTE_MS)
    await kafka.resume()
    await endsWell(site)
    // Once per outage, whatever the number of attempts.
    expect(warnings(site).filter((msg) => msg.startsWith('append failed')).length).toBeLessThanOrEqual(2)
  })

  it('that is killed and starts again while samples arrive', BAD_DAY, async (context) => {
    const site = await open(context)
    await liveOn(site, 5 * MINUTE_MS)
    await kafka.halt('SIGKILL')
    await kafka.resume()
    await liveOn(site, 5 * MINUTE_MS)
    await kafka.halt('SIGKILL')
    await site.liveAlone(5 * MINUTE_MS)
    await kafka.resume()
    await endsWell(site)
  })
})

describeOnKafka('two brokers', () => {
  it('whose leaders move when one of them dies', BAD_DAY, async (context) => {
    const config = { 'transaction.state.log.replication.factor': '2' }
    const first = await startKafka({ config })
    context.onTestFinished(() => first.stop())
    const second = await startKafka({ config, joins: first })
    context.onTestFinished(() => second.stop())
    const topicPrefix = newPrefix()
    const site = await openSite(context, { log: { kind: 'kafka', brokers: first.brokers, topicPrefix } })
    site.edit('replicationFactor: 1', 'replicationFactor: 2')
    site.edit(`"${first.brokers}"`, `"${first.brokers}", "${second.brokers}"`)
    await site.startDaemon().ready()
    await site.complete()
    const admin = plainKafka(first.brokers).admin()
    await admin.connect()
    context.onTestFinished(() => admin.disconnect())
    const leaders = async (): Promise<Set<number>> => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [`${topicPrefix}.samples`] })
      return new Set(topics[0]?.partitions.map(({ leader }) => leader))
    }
    expect(await leaders()).toEqual(new Set([1, 2]))

    await second.halt('SIGKILL')
    await liveOn(site, 10 * MINUTE_MS)
    await site.complete()
    expect(await leaders()).toEqual(new Set([1]))
    await second.resume()
    await endsWell(site)
  })
})
