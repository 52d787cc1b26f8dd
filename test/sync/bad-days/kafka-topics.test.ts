/** Topics are deleted under a running daemon; the disk under its store is full while Kafka lives. */
import { expect, it, type TestContext } from 'vitest'
import { describeOnKafka, kafkaBrokers, newPrefix, plainKafka } from '../../harness/kafka.ts'
import { MINUTE_MS, type SyncSite } from '../../harness/sync-site.ts'
import { afterRounds, endsWell, BAD_DAY, limitFiles, liveOn, openRunning, warnings } from './bad-day.ts'

async function open(context: TestContext): Promise<{ site: SyncSite; topicPrefix: string }> {
  const topicPrefix = newPrefix()
  const site = await openRunning(context, { log: { kind: 'kafka', brokers: kafkaBrokers, topicPrefix } })
  return { site, topicPrefix }
}

type Admin = ReturnType<ReturnType<typeof plainKafka>['admin']>

async function withAdmin<T>(body: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = plainKafka().admin()
  await admin.connect()
  try {
    return await body(admin)
  } finally {
    await admin.disconnect()
  }
}

describeOnKafka('topics', () => {
  it.concurrent.for(['samples', 'checkpoints'])(
    'of %s that are deleted end the daemon with 2, and nothing is made anew',
    BAD_DAY,
    async (kind, context) => {
      const { site, topicPrefix } = await open(context)
      const topic = `${topicPrefix}.${kind}`
      await withAdmin((admin) => admin.deleteTopics({ topics: [topic], timeout: 10_000 }))
      site.plant.step(5 * MINUTE_MS)
      const { code, stderr } = await site.daemon.ended
      expect(code, stderr).toBe(2)
      expect(stderr).toMatch(new RegExp(`^Error: .*${topic}`, 'm'))
      expect(await withAdmin((admin) => admin.listTopics())).not.toContain(topic)
      // A supervisor starts it again: that must not begin a new log in place of the old one.
      const again = site.startDaemon()
      expect((await again.ended).code).not.toBe(0)
      expect(again.outcome.stderr).toMatch(/^Error: /m)
    },
  )

  it.concurrent('are written on while there is no room for the store', BAD_DAY, async (context) => {
    const { site } = await open(context)
    limitFiles(site, 4096)
    await site.daemon.unready('store-down')
    const before = (await site.bench.readLog()).length
    await liveOn(site, 10 * MINUTE_MS)
    await afterRounds(site, 3)
    expect((await site.bench.readLog()).length).toBeGreaterThan(before)
    limitFiles(site, 'unlimited')
    await endsWell(site)
    expect(warnings(site)).toContain('the store cannot be written; copying goes on')
  })
})
