/** Looks at topics with a plain kafkajs consumer, read_committed, sharing no code with the adapter. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { plainKafka } from './kafka.ts'

export interface ObservedRecord {
  readonly partition: number
  readonly offset: bigint
  readonly key: string
  readonly value: string
  readonly timestamp: string
}

/** Everything committed in a topic right now. */
export async function observe(topic: string, brokers?: string): Promise<ObservedRecord[]> {
  const kafka = plainKafka(brokers)
  const admin = kafka.admin()
  await admin.connect()
  // Ends are last stable offsets: everything below is decided.
  const ends = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, BigInt(high)] as const)
  await admin.disconnect()
  const left = new Map(ends.filter(([, end]) => end > 0n))
  const records: ObservedRecord[] = []
  if (left.size === 0) return records
  const consumer = kafka.consumer({ groupId: `observer-${randomBytes(6).toString('hex')}`, maxWaitTimeInMs: 100 })
  // A batch of markers alone calls no handler: the end of the batch process does.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const end = left.get(payload.partition)
    if (end !== undefined && BigInt(payload.lastOffset) + 1n >= end) left.delete(payload.partition)
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      for (const { key, value, offset, timestamp } of batch.messages) {
        records.push({
          partition: batch.partition,
          offset: BigInt(offset),
          key: key?.toString('utf8') ?? '',
          value: value?.toString('utf8') ?? '',
          timestamp,
        })
      }
    },
  })
  while (left.size > 0) await sleep(20)
  await consumer.disconnect()
  return records
}

/** The last value per key. */
export async function sideRecordsOf(topic: string): Promise<Map<string, string>> {
  return new Map((await observe(topic)).map(({ key, value }) => [key, value]))
}
