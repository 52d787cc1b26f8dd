/**
 * What kafkajs 2.2.4 gets wrong, or leaves undone, when answers are lost: each case loses or doubles records with the
 * bare client, or leaves it stuck. With the adapter every record is there once, as a foreign consumer sees it.
 */
import { ConfigResourceTypes } from 'kafkajs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import type { KafkaLogOptions } from '../../src/log/kafka/options.ts'
import type { AppendEntry, Correction, SampleLog } from '../../src/log/log.ts'
import { partitionOf } from '../../src/log/partitioner.ts'
import { API, KafkaProxy, type ApiName, type Loss } from '../harness/kafka-proxy.ts'
import { appendAll, expectExactly } from '../harness/kafka-replay.ts'
import { describeOnKafka, kafkaBrokers, kafkaOptions, plainKafka, removeTopics } from '../harness/kafka.ts'
import { amendEntry, deleted, edited, late, secondsEntry, tagNamed } from '../log/build-samples.ts'

const never = new AbortController().signal
const SETTING_TAKES_MS = 2_000
const TAGS = [1, 2, 3, 4, 5].map(tagNamed)
const { partitions: PARTITIONS } = kafkaOptions()

/** Windows one after the other; with each but the first come corrections of the one before. */
function batchesOf(count: number, size: number): AppendEntry[][] {
  return Array.from({ length: count }, (_, n) => [
    ...TAGS.map((tag) => secondsEntry(tag, n * size, (n + 1) * size)),
    ...(n === 0 ? [] : TAGS.map((tag) => amendEntry(tag, n - 1, correctionsFrom((n - 1) * size)))),
  ])
}

function correctionsFrom(n: number): Correction[] {
  return [edited(n), deleted(n + 1), late(n + 2, 1), edited(n, 2)]
}

describeOnKafka('an append when answers are lost', () => {
  let proxy: KafkaProxy
  let prefix: string
  let opened: SampleLog[]

  function open(overrides: Partial<KafkaLogOptions> = {}): SampleLog {
    const log = openKafkaLog(kafkaOptions({ topicPrefix: prefix, brokers: [proxy.brokers], ...overrides }))
    opened.push(log)
    return log
  }

  beforeEach(async () => {
    proxy = await KafkaProxy.start(kafkaBrokers)
    prefix = kafkaOptions().topicPrefix
    opened = []
    await open({ brokers: [kafkaBrokers] }).create(never)
  })
  afterEach(async () => {
    for (const log of opened) await log.close()
    await proxy.stop()
    await removeTopics(prefix)
  })

  it.each<[ApiName, Loss, number]>([
    ['produce', 'response', 0],
    ['produce', 'response', 3],
    ['produce', 'request', 1],
    ['addPartitionsToTxn', 'response', 0],
    ['addPartitionsToTxn', 'request', 1],
    ['endTxn', 'response', 0],
    ['endTxn', 'response', 2],
    ['endTxn', 'request', 1],
    ['findCoordinator', 'response', 3],
    ['findCoordinator', 'request', 5],
  ])('%s, lost %s after %d: every record once', async (api, loss, skip) => {
    const batches = batchesOf(4, 30)
    proxy.lose(api, loss, { skip })
    await appendAll(open(), batches)
    expect(proxy.hits).toBe(1)
    await expectExactly(`${prefix}.samples`, batches)
  })

  it('many at random: every record once', async () => {
    const batches = batchesOf(40, 10)
    const apis = Object.keys(API).filter((api) => api !== 'metadata') as ApiName[]
    for (const [n, api] of apis.entries()) {
      for (let i = 0; i < 4; i++) {
        proxy.lose(api, 'response', { skip: 3 + n + 7 * i })
        proxy.lose(api, 'request', { skip: 11 + n + 9 * i })
      }
    }
    await appendAll(open(), batches)
    expect(proxy.hits).toBeGreaterThan(10)
    await expectExactly(`${prefix}.samples`, batches)
  })

  it.each<[ApiName, Loss, number]>([
    ['produce', 'response', 0],
    ['produce', 'response', 3],
    ['produce', 'request', 2],
    // The second append, which holds corrections of what is covered: its data, the last of it, its checkpoints.
    ['produce', 'request', 4],
    ['produce', 'response', 6],
    ['produce', 'request', 7],
    ['produce', 'response', 7],
  ])('without transactions, %s, lost %s after %d: every record once', async (api, loss, skip) => {
    const batches = batchesOf(4, 30)
    proxy.lose(api, loss, { skip })
    await appendAll(open({ mode: 'idempotent' }), batches)
    expect(proxy.hits).toBe(1)
    await expectExactly(`${prefix}.samples`, batches)
  })

  it('without transactions, an amendment whose checkpoints never arrive is finished by the next writer, once', async () => {
    const log = open({ mode: 'idempotent', limits: { requestMs: 1_500 } })
    const [first, second] = batchesOf(2, 30)
    const writer = await log.openWriter(0, never)
    await writer.append(first!)
    // One request per partition with data gets through, then none.
    const partitions = new Set(TAGS.map((tag) => partitionOf(tag, PARTITIONS)))
    proxy.lose('produce', 'request', { skip: partitions.size, times: Infinity })
    await expect(writer.append(second!)).rejects.toMatchObject({ code: 'BANYAN_LOG_UNAVAILABLE', retryable: true })
    await writer.close()
    proxy.heal()
    await appendAll(log, [first!, second!])
    await expectExactly(`${prefix}.samples`, [first!, second!])
  })

  it('does not wait for ever for a cluster that died in the middle, and goes on when it is back', async () => {
    const batches = batchesOf(2, 30)
    const log = open({ limits: { requestMs: 1_500, connectMs: 1_500, takeOverMs: 3_000 } })
    const writer = await log.openWriter(0, never)
    await writer.append(batches[0]!)
    proxy.silence()
    await expect(writer.append(batches[1]!)).rejects.toMatchObject({ code: 'BANYAN_LOG_UNAVAILABLE', retryable: true })
    await writer.close()
    await expect(log.openWriter(0, never)).rejects.toMatchObject({ code: 'BANYAN_LOG_UNAVAILABLE', retryable: true })
    proxy.heal()
    await appendAll(open(), batches)
    await expectExactly(`${prefix}.samples`, batches)
  })

  it('is spent before sequence numbers wrap, and its successor goes on without a loss', async () => {
    const batches = batchesOf(6, 20)
    expect(await appendAll(open({ limits: { recycleAfterRecords: 150 } }), batches)).toBeGreaterThan(1)
    await expectExactly(`${prefix}.samples`, batches)
  })

  it('leaves nothing of a batch whose one sample is too large, and says what to raise', async () => {
    const [good] = batchesOf(1, 10)
    const huge = secondsEntry(tagNamed('huge'), 0, 1)
    const sample = { ...huge.samples[0]!, type: 'string' as const, value: 'x'.repeat(2_000_000) }
    const writer = await open().openWriter(0, never)
    await expect(writer.append([...good!, { ...huge, samples: [sample] }])).rejects.toMatchObject({
      code: 'BANYAN_LOG_REJECTED',
      retryable: false,
      hint: expect.stringContaining('max.message.bytes') as string,
    })
    await writer.close()
    // The broker took the other partitions' records of the same request: a producer used again would lose records.
    await appendAll(open(), [good!])
    await expectExactly(`${prefix}.samples`, [good!])
  })

  it('refuses samples ahead of what the topic takes, and says what to raise', async () => {
    const admin = plainKafka().admin()
    await admin.connect()
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: `${prefix}.samples`,
          configEntries: [{ name: 'message.timestamp.after.max.ms', value: '3600000' }],
        },
      ],
    })
    await admin.disconnect()
    // A broker takes a new setting up a moment after it has accepted it.
    await sleep(SETTING_TAKES_MS)
    const future = secondsEntry(tagNamed(1), 400_000_000, 400_000_010)
    const writer = await open().openWriter(0, never)
    await expect(writer.append([future])).rejects.toMatchObject({
      code: 'BANYAN_LOG_REJECTED',
      hint: expect.stringContaining('message.timestamp.after.max.ms') as string,
    })
    await writer.close()
  })

  it('compressed is the same data', async () => {
    const batches = batchesOf(3, 200)
    const log = open({ compression: 'gzip' })
    await appendAll(log, batches)
    await expectExactly(`${prefix}.samples`, batches)
    let count = 0
    for await (const { records } of log.read(new Map(), await log.end(never), never)) count += records.length
    expect(count).toBe((3 * 200 + 2 * correctionsFrom(0).length) * TAGS.length)
  })
})
