/**
 * MemoryLog: a SampleLog without a disk, for tests of the stages above the port, with the failures a real log has:
 * an append refused before it happened, and one that happened but whose answer was lost.
 */
import { addWindow, overlaps } from '../../src/domain/coverage.ts'
import { BanyanError } from '../../src/domain/errors.ts'
import type { TagId } from '../../src/domain/tag-id.ts'
import type {
  AppendEntry,
  AppendReceipt,
  LogPage,
  LogPosition,
  LogWriter,
  LoggedRecord,
  SampleLog,
  TagProgress,
} from '../../src/log/log.ts'

export type AppendFault = 'refused' | 'answer-lost'

export class MemoryLog implements SampleLog {
  readonly kind = 'embedded'
  readonly shardCount: number
  readonly records: LoggedRecord[][]
  readonly #durable: Map<TagId, TagProgress>[]
  readonly #epochs: number[]
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
    return {
      tags,
      append: async (batch: readonly AppendEntry[]): Promise<AppendReceipt> => {
        this.appends += 1
        if (this.#epochs[shard] !== epoch) throw new BanyanError('BANYAN_LOG_FENCED', 'fenced')
        const fault = this.down ? 'refused' : this.nextFault()
        if (fault === 'refused') throw unavailable('refused')
        if (batch.some((entry) => this.refuses(entry))) throw new BanyanError('BANYAN_LOG_REJECTED', 'too large')
        for (const entry of batch) {
          const before = tags.get(entry.tag) ?? { covered: [], samples: 0 }
          if (overlaps(before.covered, entry.covers)) throw new BanyanError('BANYAN_INTERNAL', 'overlap')
          for (const sample of entry.samples) {
            this.records[shard]!.push({
              offset: BigInt(this.records[shard]!.length),
              record: { tag: entry.tag, sample, rev: 0, op: 'put', source: entry.source },
            })
          }
          const after = {
            covered: addWindow(before.covered, entry.covers),
            samples: before.samples + entry.samples.length,
          }
          tags.set(entry.tag, after)
          durable.set(entry.tag, after)
        }
        if (fault === 'answer-lost') throw unavailable('answer lost')
        return { entries: [] }
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

  async publish(): Promise<void> {
    return
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
}

function unavailable(message: string): BanyanError {
  return new BanyanError('BANYAN_LOG_UNAVAILABLE', message, { retryable: true })
}
