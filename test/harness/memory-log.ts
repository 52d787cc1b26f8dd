/**
 * MemoryLog: a SampleLog without a disk, for tests of the stages above the port, with the failures a real log has:
 * an append refused before it happened, and one that happened but whose answer was lost.
 */
import { BanyanError } from '../../src/domain/errors.ts'
import type { TagId } from '../../src/domain/tag-id.ts'
import { recordsOf } from '../../src/log/entry-records.ts'
import type {
  AppendEntry,
  AppendReceipt,
  LogPage,
  LogPosition,
  LogWriter,
  LoggedRecord,
  SampleLog,
  SideRecord,
  SideTopic,
  TagProgress,
} from '../../src/log/log.ts'
import { progressAfter } from '../../src/log/progress.ts'

export type AppendFault = 'refused' | 'answer-lost'

export class MemoryLog implements SampleLog {
  readonly kind = 'embedded'
  readonly shardCount: number
  readonly records: LoggedRecord[][]
  readonly #durable: Map<TagId, TagProgress>[]
  readonly #epochs: number[]
  readonly #side: Record<SideTopic, SideRecord[]> = { tags: [], routing: [], audit: [] }
  /** Asked once per append; undefined lets it pass. */
  nextFault: () => AppendFault | undefined = () => undefined
  /** Entries refused for good, as a log does with what is too large for it. */
  refuses: (entry: AppendEntry) => boolean = () => false
  /** While true nothing can be opened or appended. */
  down = false
  appends = 0

  constructor(shardCount = 1) {
    this.shardCount = shardCount
    this.records = Array.from({ length: shardCount }, () => [])
    this.#durable = Array.from({ length: shardCount }, () => new Map<TagId, TagProgress>())
    this.#epochs = Array.from({ length: shardCount }, () => 0)
  }

  shardOf(tag: TagId): number {
    return Buffer.from(tag).reduce((sum, byte) => sum + byte, 0) % this.shardCount
  }

  async preflight(): Promise<[]> {
    return []
  }

  async create(): Promise<void> {
    return
  }

  async openWriter(shard: number): Promise<LogWriter> {
    if (this.down) throw unavailable('log is down')
    const durable = this.#durable[shard]!
    const epoch = (this.#epochs[shard]! += 1)
    const tags = new Map(durable)
    let isSpent = false
    return {
      tags,
      append: async (batch: readonly AppendEntry[]): Promise<AppendReceipt> => {
        if (isSpent) throw new BanyanError('BANYAN_INTERNAL', 'append on a writer that is spent')
        this.appends += 1
        const changed = progressAfter(tags, batch)
        isSpent = true
        if (this.#epochs[shard] !== epoch) throw new BanyanError('BANYAN_LOG_FENCED', 'fenced')
        const fault = this.down ? 'refused' : this.nextFault()
        if (fault === 'refused') throw unavailable('refused')
        if (batch.some((entry) => this.refuses(entry))) throw new BanyanError('BANYAN_LOG_REJECTED', 'too large')
        const entries = batch.flatMap((entry) => this.#write(shard, entry))
        for (const [tag, progress] of changed) durable.set(tag, progress)
        if (fault === 'answer-lost') throw unavailable('answer lost')
        for (const [tag, progress] of changed) tags.set(tag, progress)
        isSpent = false
        return { entries }
      },
      close: async () => undefined,
    }
  }

  async *read(from: LogPosition, until: LogPosition): AsyncIterable<LogPage> {
    for (const [partition, end] of until) {
      const records = this.records[partition]!.slice(Number(from.get(partition) ?? 0n), Number(end))
      yield { partition, records, next: end }
    }
  }

  async begin(): Promise<LogPosition> {
    return new Map(this.records.map((_, partition) => [partition, 0n]))
  }

  async end(): Promise<LogPosition> {
    return new Map(this.records.map((records, partition) => [partition, BigInt(records.length)]))
  }

  async publish(topic: SideTopic, records: readonly SideRecord[]): Promise<void> {
    if (this.down) throw unavailable('log is down')
    this.#side[topic].push(...records)
  }

  async *readSide(topic: SideTopic): AsyncIterable<SideRecord> {
    yield* this.#side[topic].slice()
  }

  async close(): Promise<void> {
    return
  }

  allRecords(): LoggedRecord[] {
    return this.records.flat()
  }

  coverageOf(tag: TagId): TagProgress | undefined {
    return this.#durable[this.shardOf(tag)]!.get(tag)
  }

  #write(partition: number, entry: AppendEntry): AppendReceipt['entries'] {
    const records = this.records[partition]!
    const firstOffset = BigInt(records.length)
    for (const record of recordsOf(entry)) records.push({ offset: BigInt(records.length), record })
    const lastOffset = BigInt(records.length) - 1n
    return lastOffset < firstOffset ? [] : [{ tag: entry.tag, partition, firstOffset, lastOffset }]
  }
}

function unavailable(message: string): BanyanError {
  return new BanyanError('BANYAN_LOG_UNAVAILABLE', message, { retryable: true })
}
