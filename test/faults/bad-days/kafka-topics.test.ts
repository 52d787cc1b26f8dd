/** Topics that would lose data are refused with the command that mends them; what that command sets is enough. */
import { randomBytes } from 'node:crypto'
import { ConfigResourceTypes } from 'kafkajs'
import { expect, it } from 'vitest'
import { createTopic, describeOnKafka, kafkaBrokers, newPrefix, plainKafka } from '../../harness/kafka.ts'
import { failuresOf, openSite, toldBy } from './site.ts'

const LIMIT_MS = 120_000
/** As the workbench configures it. */
const PARTITIONS = 4
/** Beyond Kafka's default limit of a megabyte. */
const HUGE_SAMPLE_BYTES = 2_000_000
const HOUR_TICKS = 36_000_000_000n

async function configure(topic: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const admin = plainKafka().admin()
  await admin.connect()
  try {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }))
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
    })
  } finally {
    await admin.disconnect()
  }
}

/** Does what the hint says: `kafka-configs.sh … --entity-name T --add-config k=v`. */
async function carryOut(hint: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const command = /^kafka-configs\.sh .*--entity-name (\S+) --add-config (\S+)=(\S+)$/
  const [, topic = '', name = '', value = ''] = command.exec(hint) ?? []
  expect(topic, hint).not.toBe('')
  // Replaces all settings of the topic, unlike the script.
  await configure(topic, { ...settings, [name]: value })
}

/** What a careful administrator would set, but for the setting under test. */
const SAFE = {
  'retention.ms': '-1',
  'segment.ms': '315360000000',
  'message.timestamp.before.max.ms': '9223372036854775807',
}

describeOnKafka('topics made by others', () => {
  it.for<readonly [string, 'samples' | 'checkpoints', Readonly<Record<string, string>>]>([
    ['finite retention', 'samples', { ...SAFE, 'retention.ms': '604800000' }],
    ['compacted samples', 'samples', { ...SAFE, 'cleanup.policy': 'compact' }],
    ['too small a message limit', 'samples', { ...SAFE, 'max.message.bytes': '1000' }],
    ['a timestamp limit', 'samples', { ...SAFE, 'message.timestamp.before.max.ms': '86400000' }],
    ['a compression Banyan cannot read', 'samples', { ...SAFE, 'compression.type': 'lz4' }],
    ['checkpoints that are deleted', 'checkpoints', { 'cleanup.policy': 'delete', 'segment.bytes': '1048576' }],
  ])('%s: exit 2, and the command in the hint mends it', { timeout: LIMIT_MS }, async ([, kind, settings], context) => {
    const topicPrefix = newPrefix()
    const site = await openSite(context, { log: { kind: 'kafka', brokers: kafkaBrokers, topicPrefix } })
    const topic = `${topicPrefix}.${kind}`
    await createTopic(topic, kind === 'samples' ? PARTITIONS : 1, settings)
    const told = toldBy(await site.run('backfill', '--quiet'))
    expect(told).toMatchObject({ code: 2, error: expect.stringContaining(topic) as string })
    await carryOut(told.hint, settings)
    await site.completes()
  })

  it('another number of partitions: exit 2, and the number to configure', { timeout: LIMIT_MS }, async (context) => {
    const topicPrefix = newPrefix()
    const site = await openSite(context, { log: { kind: 'kafka', brokers: kafkaBrokers, topicPrefix } })
    await createTopic(`${topicPrefix}.samples`, 3, SAFE)
    const told = toldBy(await site.run('backfill', '--quiet'))
    expect(told).toMatchObject({
      code: 2,
      error: expect.stringContaining('3 partitions') as string,
      hint: expect.stringContaining('log.kafka.partitions to 3') as string,
    })
    site.edit('partitions: 4', 'partitions: 3')
    await site.completes()
  })

  it(
    'a sample larger than the topic takes: its tag fails with the limit to raise, the others are complete',
    { timeout: LIMIT_MS },
    async (context) => {
      const topicPrefix = newPrefix()
      const site = await openSite(context, { log: { kind: 'kafka', brokers: kafkaBrokers, topicPrefix } })
      const { historian } = site.simulator
      historian.createPoint({ name: 'HUGE', pointType: 'String' })
      // Random, so that compression does not make it fit.
      const text = randomBytes(HUGE_SAMPLE_BYTES).toString('base64')
      historian.insert('HUGE', historian.clock.now() - HOUR_TICKS, text)
      const failures = failuresOf(await site.run('backfill', '--quiet', '--json'))
      expect(failures).toMatchObject([
        { name: 'HUGE', code: 'BANYAN_LOG_REJECTED', hint: expect.stringContaining('max.message.bytes') as string },
      ])
      const { id } = historian.point('HUGE')
      await site.expectExact(({ pointId }) => pointId !== id)
      await configure(`${topicPrefix}.samples`, { ...SAFE, 'max.message.bytes': String(4 * HUGE_SAMPLE_BYTES) })
      await site.completes()
    },
  )

  it('no topics at all: the first run makes them', { timeout: LIMIT_MS }, async (context) => {
    const site = await openSite(context, { log: { kind: 'kafka', brokers: kafkaBrokers, topicPrefix: newPrefix() } })
    await site.completes()
  })

  it(
    'records deleted behind its back: exit 2, because covered windows are gone',
    { timeout: LIMIT_MS },
    async (context) => {
      const topicPrefix = newPrefix()
      const site = await openSite(context, { log: { kind: 'kafka', brokers: kafkaBrokers, topicPrefix } })
      await site.completes()
      const admin = plainKafka().admin()
      await admin.connect()
      await admin.fetchTopicOffsets(`${topicPrefix}.samples`)
      await admin.deleteTopicRecords({ topic: `${topicPrefix}.samples`, partitions: [{ partition: 0, offset: '5' }] })
      await admin.disconnect()
      const told = toldBy(await site.run('backfill', '--quiet'))
      expect(told).toMatchObject({
        code: 2,
        error: expect.stringContaining(`${topicPrefix}.samples-0 begins at offset 5`) as string,
      })
      const fresh = newPrefix()
      expect(told.hint).toMatch(/another log\.kafka\.topicPrefix/)
      site.edit(topicPrefix, fresh)
      // The store still knows the old log; it asks whether that is meant.
      expect(toldBy(await site.run('backfill', '--quiet'))).toMatchObject({
        code: 2,
        hint: expect.stringContaining('banyan store rebuild') as string,
      })
      await site.run('check', '--create-topics', '--quiet')
      expect((await site.run('store', 'rebuild', '--quiet')).code).toBe(0)
      const outcome = await site.run('backfill', '--quiet', '--json')
      expect(outcome, outcome.stderr).toMatchObject({ code: 0 })
      expect(JSON.parse(outcome.stdout)).toMatchObject({ recordsInLog: [...site.simulator.truth()].length })
    },
  )
})
