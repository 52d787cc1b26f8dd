/** The preflight on a real broker: what it says about topics that somebody else made. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { LogFinding } from '../../src/log/log.ts'
import { createTopic, describeOnKafka, kafkaBrokers, newPrefix, openTestLog, removeTopics } from '../harness/kafka.ts'
import { second, secondsEntry, tagNamed } from '../log/build-samples.ts'

const never = new AbortController().signal
const PLAN = { oldest: second(0), newest: second(1) }

describeOnKafka('preflight', () => {
  let prefix: string

  beforeEach(() => {
    prefix = newPrefix()
  })
  afterEach(() => removeTopics(prefix))

  async function findings(overrides: Parameters<typeof openTestLog>[0] = {}): Promise<LogFinding[]> {
    const log = openTestLog({ topicPrefix: prefix, ...overrides })
    try {
      return await log.preflight(PLAN, never)
    } finally {
      await log.close()
    }
  }

  async function make(topic: string, numPartitions: number, settings: Record<string, string> = {}): Promise<void> {
    await createTopic(`${prefix}.${topic}`, numPartitions, settings)
  }

  function named(all: readonly LogFinding[], name: string): LogFinding | undefined {
    return all.find((finding) => finding.name === name)
  }

  it('is content with what create makes, and leaves it as it is', async () => {
    const log = openTestLog({ topicPrefix: prefix })
    await log.create(never)
    const writer = await log.openWriter(0, never)
    await writer.append([secondsEntry(tagNamed(1), 0, 5)])
    expect((await log.preflight(PLAN, never)).filter(({ ok }) => !ok)).toEqual([])
    // The probe is a writer of another name: this one is not fenced.
    await writer.append([secondsEntry(tagNamed(1), 5, 10)])
    await log.close()
  })

  it('refuses the defaults, each with the command that mends it', async () => {
    await make('samples', 4)
    await make('checkpoints', 1)
    await make('tags', 4)
    const bad = (await findings()).filter(({ ok }) => !ok)
    expect(bad.map(({ name }) => name).toSorted()).toEqual([
      'checkpoints.cleanup.policy',
      'checkpoints.segment.bytes',
      'samples.retention.ms',
      'samples.segment.ms',
      'tags.cleanup.policy',
      'topics.cutover',
    ])
    expect(named(bad, 'samples.retention.ms')?.hint).toBe(
      `kafka-configs.sh --bootstrap-server ${kafkaBrokers} --alter --entity-type topics --entity-name ${prefix}.samples --add-config retention.ms=-1`,
    )
  })

  it.each<[string, string, Record<string, string>]>([
    ['samples.cleanup.policy', 'samples', { 'cleanup.policy': 'compact' }],
    ['samples.retention.bytes', 'samples', { 'retention.bytes': '1000000' }],
    ['samples.message.timestamp.type', 'samples', { 'message.timestamp.type': 'LogAppendTime' }],
    ['samples.message.timestamp.after.max.ms', 'samples', { 'message.timestamp.after.max.ms': '1000' }],
    ['samples.message.timestamp.before.max.ms', 'samples', { 'message.timestamp.before.max.ms': '1000' }],
    ['samples.max.message.bytes', 'samples', { 'max.message.bytes': '10000' }],
    ['samples.compression.type', 'samples', { 'compression.type': 'zstd' }],
    ['samples.unclean.leader.election.enable', 'samples', { 'unclean.leader.election.enable': 'true' }],
    ['samples.leaders', 'samples', { 'min.insync.replicas': '2' }],
    ['checkpoints.cleanup.policy', 'checkpoints', { 'cleanup.policy': 'compact,delete' }],
    ['routing.cleanup.policy', 'routing', { 'cleanup.policy': 'delete' }],
    ['audit.cleanup.policy', 'audit', { 'cleanup.policy': 'compact', 'retention.ms': '-1' }],
    ['audit.retention.ms', 'audit', {}],
    ['audit.retention.bytes', 'audit', { 'retention.ms': '-1', 'retention.bytes': '1000000' }],
  ])('finds %s', async (name, topic, settings) => {
    await make(topic, topic === 'checkpoints' ? 1 : 4, settings)
    expect(named(await findings(), name)).toMatchObject({ ok: false, hint: expect.any(String) as string })
  })

  it('the hint about a wrong policy is the command that mends it', async () => {
    await make('audit', 1, { 'cleanup.policy': 'compact', 'retention.ms': '-1' })
    expect(named(await findings(), 'audit.cleanup.policy')?.hint).toBe(
      `kafka-configs.sh --bootstrap-server ${kafkaBrokers} --alter --entity-type topics --entity-name ${prefix}.audit --add-config cleanup.policy=delete`,
    )
  })

  it('a log of an earlier version lacks the topics of cutover only, and gets them', async () => {
    await make('samples', 4, { 'retention.ms': '-1', 'segment.ms': '315360000000' })
    await make('checkpoints', 1, { 'cleanup.policy': 'compact', 'segment.bytes': '1048576' })
    await make('tags', 4, { 'cleanup.policy': 'compact' })
    const bad = (await findings()).filter(({ ok }) => !ok)
    expect(bad).toMatchObject([
      { name: 'topics.cutover', missing: true, detail: `missing: ${prefix}.routing, ${prefix}.audit` },
    ])
    const log = openTestLog({ topicPrefix: prefix })
    await log.create(never)
    await log.close()
    expect((await findings()).filter(({ ok }) => !ok)).toEqual([])
  })

  it('more partitions of routing and audit than needed are fine: the records are in the first', async () => {
    await make('routing', 3, { 'cleanup.policy': 'compact' })
    await make('audit', 3, { 'retention.ms': '-1' })
    const log = openTestLog({ topicPrefix: prefix })
    await log.create(never)
    expect((await log.preflight(PLAN, never)).filter(({ ok }) => !ok)).toEqual([])
    const events = ['a', 'b', 'c', 'd', 'e'].map((key) => ({ key, value: '{}' }))
    await log.publish('audit', events, never)
    const read: unknown[] = []
    for await (const record of log.readSide('audit', never)) read.push(record)
    expect(read).toEqual(events)
    await log.close()
  })

  it('finds counts that differ from the configuration, and a writer is refused for them', async () => {
    await make('samples', 3)
    await make('checkpoints', 2, { 'cleanup.policy': 'compact' })
    const all = await findings({ replicationFactor: 3 })
    for (const name of [
      'samples.partitions',
      'checkpoints.partitions',
      'samples.replicas',
      'samples.min.insync.replicas',
    ]) {
      expect(named(all, name)).toMatchObject({ ok: false })
    }
    const log = openTestLog({ topicPrefix: prefix })
    await expect(log.openWriter(0, never)).rejects.toMatchObject({ code: 'BANYAN_LOG_UNSAFE' })
    await log.close()
  })

  it('finds another bridge in the checkpoints', async () => {
    const stranger = openTestLog({ topicPrefix: prefix, bridge: 'south' })
    await stranger.create(never)
    const writer = await stranger.openWriter(0, never)
    await writer.append([secondsEntry(tagNamed(1), 0, 5)])
    await stranger.close()
    expect(named(await findings(), 'checkpoints.owner')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('south') as string,
    })
    expect(named(await findings({ bridge: 'south' }), 'checkpoints.owner')).toMatchObject({ ok: true })
  })

  it('finds a transaction timeout the brokers do not allow', async () => {
    expect(named(await findings({ transactionTimeoutMs: 3_600_000 }), 'transactions')).toMatchObject({
      ok: false,
      hint: expect.stringContaining('transaction.max.timeout.ms') as string,
    })
  })
})
