/**
 * Publishes keyed records to a side topic. Rare (the catalogue, once an hour; a decision), so each call has a producer of
 * its own and no idle connection is kept. After a failure publishing again is harmless: where the last record per key
 * counts it is the same, and an event of the audit chain says by its number that it is no new one.
 */
import { groupBy } from '../../util/group-by.ts'
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
  const messages = records.map(({ key, value }) => ({ key, value, partition: partitionOf(key, partitionCount) }))
  const byPartition = groupBy(messages, ({ partition }) => partition)
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
