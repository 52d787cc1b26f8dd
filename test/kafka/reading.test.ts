/** Reading by position on a real broker: aborted records, open transactions, deleted records. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Producer } from 'kafkajs'
import { KafkaConnection } from '../../src/log/kafka/connection.ts'
import { ClusterClient } from '../../src/log/kafka/cluster-client.ts'
import { limitsOf } from '../../src/log/kafka/options.ts'
import { PartitionReader } from '../../src/log/kafka/partition-reader.ts'
import type { SampleLog } from '../../src/log/log.ts'
import { describeOnKafka, kafkaBrokers, kafkaOptions, openTestLog, plainKafka, removeTopics } from '../harness/kafka.ts'
import { secondsEntry, tagNamed } from '../log/build-samples.ts'

const never = new AbortController().signal

describeOnKafka('a partition reader', () => {
  let prefix: string
  let topic: string
  let log: SampleLog
  let client: ClusterClient
  let reader: PartitionReader
  let producers: Producer[]

  beforeEach(async () => {
    const options = kafkaOptions({ partitions: 1, limits: { decisionMs: 1_000 } })
    prefix = options.topicPrefix
    topic = `${prefix}.samples`
    log = openTestLog({ ...options })
    await log.create(never)
    client = new ClusterClient(new KafkaConnection(options), [kafkaBrokers], limitsOf(options))
    reader = new PartitionReader(client, 1_000)
    producers = []
  })
  afterEach(async () => {
    for (const producer of producers) await producer.disconnect()
    await log.close()
    await client.close()
    await removeTopics(prefix)
  })

  async function producer(id: string): Promise<Producer> {
    const made = plainKafka().producer({ transactionalId: `${prefix}-${id}`, transactionTimeout: 60_000 })
    producers.push(made)
    await made.connect()
    return made
  }

  function message(value: string, key: string | Buffer = 'key'): { topic: string; messages: object[] } {
    return { topic, messages: [{ key, value, partition: 0 }] }
  }

  async function valuesFrom(from: bigint): Promise<string[]> {
    const values: string[] = []
    const until = await reader.end(topic, 0, never)
    for await (const { records, next } of reader.read(topic, 0, from, until, never)) {
      values.push(...records.map(({ value }) => value?.toString('utf8') ?? ''))
      expect(next).toBeLessThanOrEqual(until)
    }
    return values
  }

  it('shows no record of two aborted transactions, wherever in them it starts', async () => {
    const [a, b, c] = [await producer('a'), await producer('b'), await producer('c')]
    const [ta, tb] = [await a.transaction(), await b.transaction()]
    for (let i = 0; i < 3; i++) {
      await ta.send(message(`aborted-a${i}`) as never)
      await tb.send(message(`aborted-b${i}`) as never)
    }
    await ta.abort()
    await tb.abort()
    // The markers follow the answers: both must be there, or the committed record would stand before one of them.
    await reader.end(topic, 0, never)
    const tc = await c.transaction()
    await tc.send(message('committed') as never)
    await tc.commit()
    const end = await reader.end(topic, 0, never)
    for (let from = 0n; from <= 8n; from++) expect([from, await valuesFrom(from)]).toEqual([from, ['committed']])
    expect(end).toBe(10n)
  })

  it('is not misled by a key of four zero bytes inside an aborted transaction', async () => {
    const a = await producer('a')
    const ta = await a.transaction()
    await ta.send(message('x0') as never)
    await ta.send(message('x1', Buffer.alloc(4)) as never)
    await ta.send(message('x2') as never)
    await ta.abort()
    const tb = await a.transaction()
    await tb.send(message('committed', Buffer.alloc(4)) as never)
    await tb.commit()
    expect(await valuesFrom(0n)).toEqual(['committed'])
  })

  it('keeps committed records that stand between aborted ones', async () => {
    const [a, b] = [await producer('a'), await producer('b')]
    const [ta, tb] = [await a.transaction(), await b.transaction()]
    for (let i = 0; i < 4; i++) {
      await ta.send(message(`aborted-${i}`) as never)
      await tb.send(message(`kept-${i}`) as never)
    }
    await ta.abort()
    await tb.commit()
    expect(await valuesFrom(0n)).toEqual(['kept-0', 'kept-1', 'kept-2', 'kept-3'])
  })

  it('waits for an open transaction, then says that it is undecided', async () => {
    const writer = await log.openWriter(0, never)
    await writer.append([secondsEntry(tagNamed(1), 0, 10)])
    await writer.close()
    const stuck = await (await producer('stuck')).transaction()
    await stuck.send(message('{}') as never)
    const until = await reader.highWatermark(topic, 0, never)
    const read = async (): Promise<bigint> => {
      let reached = 0n
      for await (const { next } of log.read(new Map(), new Map([[0, until]]), never)) reached = next
      return reached
    }
    await expect(read()).rejects.toMatchObject({ code: 'BANYAN_LOG_UNAVAILABLE', retryable: true })
    await stuck.abort()
    expect(await read()).toBe(until)
  })

  it('refuses a position whose records were deleted, and one beyond the end', async () => {
    const writer = await log.openWriter(0, never)
    await writer.append([secondsEntry(tagNamed(1), 0, 10)])
    await writer.append([secondsEntry(tagNamed(1), 10, 20)])
    await writer.close()
    const end = await log.end(never)
    const admin = plainKafka().admin()
    await admin.connect()
    // The admin client deletes only in topics whose metadata it has seen.
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '5' }] })
    await admin.disconnect()
    const drain = async (from: bigint, until: bigint): Promise<void> => {
      for await (const { next } of log.read(new Map([[0, from]]), new Map([[0, until]]), never))
        expect(next).toBeGreaterThan(from)
    }
    expect(await log.begin(never)).toEqual(new Map([[0, 5n]]))
    await expect(drain(0n, 20n)).rejects.toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
    await drain(5n, end.get(0)!)
    await expect(drain(end.get(0)! + 1n, end.get(0)! + 2n)).rejects.toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
    await expect(drain(5n, end.get(0)! + 5n)).rejects.toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
    const findings = await log.preflight(
      { oldest: secondsEntry(tagNamed(1), 0, 1).covers.from, newest: secondsEntry(tagNamed(1), 0, 1).covers.until },
      never,
    )
    expect(findings.find(({ name }) => name === 'samples.begin')).toMatchObject({ ok: false })
  })

  it('skips what a stranger wrote, and goes on behind it', async () => {
    const plain = plainKafka().producer()
    producers.push(plain)
    await plain.connect()
    await plain.send(message('not json') as never)
    const writer = await log.openWriter(0, never)
    await writer.append([secondsEntry(tagNamed(1), 0, 10)])
    await writer.close()
    let count = 0
    for await (const { records } of log.read(new Map(), await log.end(never), never)) count += records.length
    expect(count).toBe(10)
  })
})
