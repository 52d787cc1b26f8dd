/**
 * Publishes keyed records to a compacted topic. Rare (the catalogue, once an hour), so each call has a producer of its
 * own and no idle connection is kept. After a failure publishing again is harmless: the last record per key counts.
 */
import type { Message } from 'kafkajs'
import type { SideRecord } from '../log.ts'
import { partitionOf } from '../partitioner.ts'
import type { AppendSession } from './append-session.ts'
import { sendsOf } from './batches.ts'

/** `partitionCount`: of the topic; the session must not need a transaction. */
export async function publishRecords(
  session: AppendSession,
  topic: string,
  partitionCount: number,
  records: readonly SideRecord[],
  signal: AbortSignal,
): Promise<void> {
  const byPartition = new Map<number, Message[]>()
  for (const { key, value } of records) {
    const partition = partitionOf(key, partitionCount)
    const message = { key, value, partition }
    const messages = byPartition.get(partition)
    if (messages) messages.push(message)
    else byPartition.set(partition, [message])
  }
  try {
    await session.open(signal)
    for (const slices of sendsOf(byPartition)) {
      signal.throwIfAborted()
      await session.send(topic, slices)
    }
  } finally {
    await session.close()
  }
}
