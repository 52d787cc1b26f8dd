/**
 * AppendSession: how a writer's records become durable; one implementation with transactions, one without.
 *
 * Call order: `open`, then any number of `begin` · `send`… · `commit`. After anything rejects the session is good for
 * nothing but `abandon`.
 */
import type { Message, RecordMetadata } from 'kafkajs'
import { BanyanError } from '../../domain/errors.ts'
import type { PartitionSlice } from './batches.ts'

export interface AppendSession {
  /** Becomes the writer; with transactions this fences the predecessor and ends what it left open. */
  open(signal: AbortSignal): Promise<void>
  begin(): Promise<void>
  /** One send, acknowledged by all in-sync replicas: the offset of the first record of every slice. */
  send(topic: string, slices: readonly PartitionSlice[]): Promise<ReadonlyMap<number, bigint>>
  commit(): Promise<void>
  /** Rolls back what `begin` opened, as far as the broker can be reached, and never rejects. */
  abandon(): Promise<void>
  /** Orderly end between appends. */
  close(): Promise<void>
}

/** kafkajs takes the partition from the message: ours is computed once, for every client the same. */
export const explicitPartition =
  () =>
  (args: { message: Message }): number =>
    args.message.partition ?? -1

/**
 * The offsets a send really got. A fulfilled send proves nothing in kafkajs: after a leader move it can lack a
 * partition, answer one twice, or (for a partition that does not exist) be empty.
 */
export function checkedOffsets(
  topic: string,
  slices: readonly PartitionSlice[],
  answers: readonly RecordMetadata[],
): ReadonlyMap<number, bigint> {
  const offsets = new Map<number, bigint>()
  for (const { partition, errorCode, baseOffset } of answers) {
    if (errorCode !== 0 || baseOffset === undefined || BigInt(baseOffset) < 0n || offsets.has(partition)) {
      throw unproven(topic, `partition ${partition} answered code ${errorCode}, offset ${baseOffset ?? 'none'}`)
    }
    offsets.set(partition, BigInt(baseOffset))
  }
  if (offsets.size !== slices.length || !slices.every((slice) => offsets.has(slice.partition))) {
    throw unproven(topic, `${slices.length} partitions were written, ${offsets.size} acknowledged`)
  }
  return offsets
}

function unproven(topic: string, detail: string): BanyanError {
  return new BanyanError('BANYAN_LOG_UNAVAILABLE', `the write to ${topic} is not proven: ${detail}`, {
    retryable: true,
    hint: 'The leader of a partition moved in the middle of the write. Nothing was counted; the window is written again.',
    context: { topic },
  })
}
