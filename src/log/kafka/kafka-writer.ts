/**
 * KafkaWriter: the one writer of a shard.
 *
 * An append is judged (progress.ts), encoded, sent partition by partition, then its checkpoints, then committed. Its
 * progress counts only after the commit. Whatever fails after the judgement leaves the writer spent: the outcome may be
 * unknown, and only a new writer's look at the log can tell.
 */
import type { Message } from 'kafkajs'
import { BanyanError } from '../../domain/errors.ts'
import type { TagId } from '../../domain/tag-id.ts'
import { floorToMs, ticksFromMs } from '../../domain/ticks.ts'
import { failpoint } from '../../util/failpoint.ts'
import { checkpointKey, encodeCheckpoint } from '../checkpoint.ts'
import { recordsOf } from '../entry-records.ts'
import type { AppendEntry, AppendReceipt, LogWriter, TagProgress } from '../log.ts'
import { partitionOf } from '../partitioner.ts'
import { progressAfter } from '../progress.ts'
import { encodeRecord } from '../record.ts'
import type { AppendSession } from './append-session.ts'
import { type PartitionSlice, sendsOf } from './batches.ts'
import type { ShardState } from './shard-state.ts'
import type { Unaccounted } from './tail-scan.ts'

export interface KafkaWriterOptions {
  readonly bridge: string
  readonly shard: number
  readonly writers: number
  readonly partitions: number
  readonly samplesTopic: string
  readonly checkpointsTopic: string
  readonly recycleAfterRecords: number
  /** Present without transactions: checkpoints then say how far the data is accounted for. */
  readonly unaccounted: Unaccounted | undefined
}

/** Kafka takes timestamp 0 for "now" and has none before 1970. */
const LEAST_TIMESTAMP_MS = 1

/** Records of one entry and where they end up: in a slice still to be sent, or in the log already. */
interface Placement {
  readonly tag: TagId
  readonly partition: number
  /** Index of the first new message among the partition's, and how many are new. */
  readonly first: number
  count: number
  /** Lowest and highest offset of records that were in the log already. */
  low: bigint | undefined
  high: bigint | undefined
}

export class KafkaWriter implements LogWriter {
  readonly #options: KafkaWriterOptions
  readonly #tags: Map<TagId, TagProgress>
  /** Next offset per data partition, as far as this writer knows. */
  readonly #ends: Map<number, bigint>
  readonly #session: AppendSession
  #sentRecords = 0
  #state: 'idle' | 'appending' | 'spent' | 'closed' = 'idle'

  constructor(options: KafkaWriterOptions, session: AppendSession, state: ShardState) {
    this.#options = options
    this.#session = session
    this.#tags = state.tags
    this.#ends = new Map(state.accounted)
  }

  get tags(): ReadonlyMap<TagId, TagProgress> {
    return this.#tags
  }

  async append(batch: readonly AppendEntry[]): Promise<AppendReceipt> {
    if (this.#state !== 'idle') throw this.#unusable()
    const changed = this.#judge(batch)
    this.#state = 'appending'
    try {
      const { byPartition, placements } = this.#place(batch)
      const receipt = changed.size === 0 ? { entries: [] } : await this.#write(byPartition, placements, changed)
      for (const [tag, progress] of changed) this.#tags.set(tag, progress)
      this.#options.unaccounted?.corrections.settle(this.#tags)
      this.#state = 'idle'
      return receipt
    } catch (error) {
      this.#state = 'spent'
      await this.#session.abandon()
      throw error
    }
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return
    const wasAppending = this.#state === 'appending'
    this.#state = 'closed'
    await (wasAppending ? this.#session.abandon() : this.#session.close())
  }

  /** Before anything is written: what it refuses leaves the writer usable. */
  #judge(batch: readonly AppendEntry[]): Map<TagId, TagProgress> {
    for (const { tag } of batch) this.#refuseStranger(tag)
    return progressAfter(this.#tags, batch)
  }

  async #write(
    byPartition: ReadonlyMap<number, readonly Message[]>,
    placements: readonly Placement[],
    changed: ReadonlyMap<TagId, TagProgress>,
  ): Promise<AppendReceipt> {
    const { samplesTopic, checkpointsTopic } = this.#options
    this.#refuseIfWorn()
    await this.#session.begin()
    failpoint('append-begun')
    const offsets = new Map<number, bigint[]>()
    for (const slices of sendsOf(byPartition)) {
      this.#record(offsets, slices, await this.#session.send(samplesTopic, slices))
    }
    failpoint('data-sent')
    const checkpoints = this.#checkpoints(changed)
    for (const slices of sendsOf(new Map([[this.#options.shard, checkpoints]]))) {
      await this.#session.send(checkpointsTopic, slices)
    }
    failpoint('checkpoint-sent')
    await this.#session.commit()
    failpoint('append-committed')
    this.#sentRecords += placements.reduce((sum, { count }) => sum + count, 0) + checkpoints.length
    return { entries: placements.flatMap((placement) => receiptOf(placement, offsets.get(placement.partition) ?? [])) }
  }

  /** Encodes everything before anything is sent: what cannot be recorded spoils nothing. */
  #place(batch: readonly AppendEntry[]): { byPartition: Map<number, Message[]>; placements: Placement[] } {
    const { partitions, unaccounted } = this.#options
    const byPartition = new Map<number, Message[]>()
    const placements: Placement[] = []
    for (const entry of batch) {
      const records = recordsOf(entry)
      if (records.length === 0) continue
      const { tag } = entry
      const partition = partitionOf(tag, partitions)
      let messages = byPartition.get(partition)
      if (!messages) byPartition.set(partition, (messages = []))
      const placement: Placement = {
        tag,
        partition,
        first: messages.length,
        count: 0,
        low: undefined,
        high: undefined,
      }
      const key = Buffer.from(tag, 'utf8')
      for (const record of records) {
        const text = encodeRecord(record)
        if (entry.kind === 'amend') unaccounted?.corrections.sending(text, entry)
        const known = unaccounted?.take(text)
        if (known === undefined) {
          const timestamp = String(Math.max(LEAST_TIMESTAMP_MS, floorToMs(record.sample.ticks)))
          messages.push({ key, value: text, partition, timestamp })
        } else {
          if (placement.low === undefined || known < placement.low) placement.low = known
          if (placement.high === undefined || known > placement.high) placement.high = known
        }
      }
      placement.count = messages.length - placement.first
      placements.push(placement)
    }
    return { byPartition, placements }
  }

  /** Notes where every message of the slices is, and refuses an answer that cannot be true. */
  #record(offsets: Map<number, bigint[]>, slices: readonly PartitionSlice[], bases: ReadonlyMap<number, bigint>): void {
    for (const { partition, messages } of slices) {
      const base = bases.get(partition) ?? 0n
      if (base < (this.#ends.get(partition) ?? 0n)) {
        // The broker took the batch for a repetition of an earlier one: it is not in the log.
        throw new BanyanError(
          'BANYAN_LOG_UNAVAILABLE',
          `${this.#options.samplesTopic}-${partition} acknowledged offset ${base}, which was taken before`,
          { retryable: true, hint: 'Nothing was counted; the window is written again by a new writer.' },
        )
      }
      this.#ends.set(partition, base + BigInt(messages.length))
      let list = offsets.get(partition)
      if (!list) offsets.set(partition, (list = []))
      for (let i = 0; i < messages.length; i++) list.push(base + BigInt(i))
    }
  }

  #checkpoints(changed: ReadonlyMap<TagId, TagProgress>): Message[] {
    const { bridge, shard, unaccounted } = this.#options
    const updatedAt = ticksFromMs(Date.now())
    const messages: Message[] = []
    for (const [tag, progress] of changed) {
      // The last record only: until it is durable, the data before it is not accounted for.
      const isLast = messages.length === changed.size - 1
      const offsets = unaccounted && isLast ? { offsets: unaccounted.positions(this.#ends) } : {}
      messages.push({
        key: checkpointKey(bridge, tag),
        value: encodeCheckpoint({ bridge, shard, tag, progress, updatedAt, ...offsets }),
        partition: shard,
      })
    }
    return messages
  }

  /**
   * Not replaced in here: becoming the writer again without another look at the coverage would, after another process
   * took over, fence that one and write its windows twice.
   */
  #refuseIfWorn(): void {
    if (this.#sentRecords < this.#options.recycleAfterRecords) return
    throw new BanyanError('BANYAN_LOG_UNAVAILABLE', `the producer of shard ${this.#options.shard} is worn out`, {
      retryable: true,
      hint: 'Nothing was written; a new writer goes on.',
      context: { shard: this.#options.shard, records: this.#sentRecords },
    })
  }

  #refuseStranger(tag: TagId): void {
    const { partitions, writers, shard } = this.#options
    if (partitionOf(tag, partitions) % writers === shard) return
    throw new BanyanError('BANYAN_INTERNAL', `${tag} is not a tag of writer shard ${shard}`, {
      context: { tag, shard },
    })
  }

  #unusable(): BanyanError {
    return new BanyanError('BANYAN_INTERNAL', `append on a writer that is ${this.#state}`, {
      hint: 'Close it and open a new one.',
      context: { shard: this.#options.shard },
    })
  }
}

function receiptOf(placement: Placement, offsets: readonly bigint[]): AppendReceipt['entries'] {
  const { tag, partition, first, count, low, high } = placement
  const places = [low, high, count > 0 ? offsets[first] : undefined, count > 0 ? offsets[first + count - 1] : undefined]
  const known = places.filter((offset) => offset !== undefined)
  const [start = 0n] = known
  return [
    {
      tag,
      partition,
      firstOffset: known.reduce((least, offset) => (offset < least ? offset : least), start),
      lastOffset: known.reduce((most, offset) => (offset > most ? offset : most), start),
    },
  ]
}
