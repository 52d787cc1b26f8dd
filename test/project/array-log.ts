/** A SampleLog that is an array, for folding: it can be read, grown and damaged, and not written through the port. */
import type { TagId } from '../../src/domain/tag-id.ts'
import type { LoggedRecord, LogPage, LogPosition, SampleLog } from '../../src/log/log.ts'
import type { SampleRecord } from '../../src/log/record.ts'
import { reasonOf } from '../../src/util/abort.ts'

const refuse = (): never => {
  throw new Error('not part of this log')
}

export class ArrayLog implements SampleLog {
  readonly kind = 'embedded'
  readonly shardCount = 1
  readonly shardOf = refuse
  readonly preflight = refuse
  readonly create = refuse
  readonly openWriter = refuse
  readonly publish = refuse
  readonly readSide = refuse
  readonly #partitions: LoggedRecord[][]
  readonly #ends: bigint[]
  readonly #pageSize: number
  /** First offset still held, per partition. */
  readonly held: bigint[]

  constructor(partitionCount: number, pageSize: number) {
    this.#partitions = Array.from({ length: partitionCount }, () => [])
    this.#ends = this.#partitions.map(() => 0n)
    this.held = this.#partitions.map(() => 0n)
    this.#pageSize = pageSize
  }

  partitionOf(tag: TagId): number {
    return (tag.charCodeAt(tag.length - 1) + tag.length) % this.#partitions.length
  }

  /** One transaction: its records, and a marker behind them in every partition it touched. */
  append(records: readonly SampleRecord[]): void {
    const touched = new Set<number>()
    for (const record of records) {
      const partition = this.partitionOf(record.tag)
      touched.add(partition)
      this.#partitions[partition]!.push({ offset: this.#ends[partition]!, record })
      this.#ends[partition]! += 1n
    }
    for (const partition of touched) this.#ends[partition]! += 1n
  }

  /** Offsets without a committed record, as aborted transactions and the records of other bridges leave them. */
  leap(partition: number, offsets: bigint): void {
    this.#ends[partition]! += offsets
  }

  /** Offset and record of all that was appended to a partition and is still held. */
  recordsOf(partition: number): readonly LoggedRecord[] {
    return this.#partitions[partition]!
  }

  /** Forgets the records below `offset`. */
  deleteBelow(partition: number, offset: bigint): void {
    this.#partitions[partition] = this.#partitions[partition]!.filter((r) => r.offset >= offset)
    this.held[partition] = offset
  }

  async begin(): Promise<LogPosition> {
    return new Map(this.held.entries())
  }

  async end(): Promise<LogPosition> {
    return new Map(this.#ends.entries())
  }

  async *read(from: LogPosition, until: LogPosition, signal: AbortSignal): AsyncGenerator<LogPage> {
    // Partition after partition, in pages.
    for (const [partition, end] of until) {
      let at = from.get(partition) ?? 0n
      while (at < end) {
        await Promise.resolve()
        if (signal.aborted) throw reasonOf(signal)
        const start = at
        const records = this.#partitions
          [partition]!.filter((r) => r.offset >= start && r.offset < end)
          .slice(0, this.#pageSize)
        at = records.length < this.#pageSize ? end : records.at(-1)!.offset + 1n
        yield { partition, records, next: at }
      }
    }
  }

  async close(): Promise<void> {
    await Promise.resolve()
  }
}
