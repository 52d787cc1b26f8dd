/**
 * Unaccounted: records that a writer without transactions wrote, but died before it wrote their checkpoint.
 *
 * The window they belong to is appended again, because nothing says it is covered; `take` then tells the writer which
 * of its records are in the log already. Equality is equality of the whole record text, counted: what the historian
 * changed in between is written as it is now, and stands beside the earlier copy. That, and a late request of a writer
 * thought dead, are the limits of this mode. Corrections lie inside the coverage: of those, only the ones this process
 * may send again are looked for.
 */
import { covers } from '../../domain/coverage.ts'
import { BanyanError } from '../../domain/errors.ts'
import type { TagId } from '../../domain/tag-id.ts'
import { ticks } from '../../domain/ticks.ts'
import type { TagProgress } from '../log.ts'
import { decodeRecord } from '../record.ts'
import type { PartitionReader } from './partition-reader.ts'
import type { SentCorrections } from './sent-corrections.ts'

/** An append is some 10,000 records; a tail this long means that the checkpoints are gone. */
const MAX_UNACCOUNTED = 1_000_000

interface Copy {
  readonly partition: number
  readonly offset: bigint
}

export class Unaccounted {
  /** By record text; copies ascending by offset, because a text always has the same key and so one partition. */
  readonly #copies = new Map<string, Copy[]>()
  #count = 0
  /** Of this writer and its predecessors in this process. */
  readonly corrections: SentCorrections

  constructor(corrections: SentCorrections) {
    this.corrections = corrections
  }

  /** Looks from `from` on for records whose time their tag's coverage does not include, and for corrections in doubt. */
  async scan(
    reader: PartitionReader,
    at: { readonly topic: string; readonly partition: number; readonly from: bigint },
    tags: ReadonlyMap<TagId, TagProgress>,
    signal: AbortSignal,
  ): Promise<void> {
    const { topic, partition, from } = at
    const until = await reader.highWatermark(topic, partition, signal)
    for await (const page of reader.read(topic, partition, from, until, signal)) {
      for (const { value, offset } of page.records) {
        if (value === null) continue
        const text = value.toString('utf8')
        if (this.corrections.has(text) || !isCovered(text, tags)) this.#add(text, { partition, offset })
      }
      if (this.#count > MAX_UNACCOUNTED) throw tooMany(topic)
    }
  }

  get count(): number {
    return this.#count
  }

  /** The offset of one copy of this record, which is then accounted for; undefined when there is none. */
  take(text: string): bigint | undefined {
    const copies = this.#copies.get(text)
    const copy = copies?.shift()
    if (copy === undefined) return undefined
    this.#count -= 1
    if (copies?.length === 0) this.#copies.delete(text)
    return copy.offset
  }

  /** Where a later scan must start, given where the partitions end: no position passes a record still unaccounted. */
  positions(ends: ReadonlyMap<number, bigint>): Map<number, bigint> {
    const positions = new Map(ends)
    for (const copies of this.#copies.values()) {
      for (const { partition, offset } of copies) {
        const known = positions.get(partition)
        if (known !== undefined && offset < known) positions.set(partition, offset)
      }
    }
    return positions
  }

  #add(text: string, copy: Copy): void {
    const copies = this.#copies.get(text)
    if (copies) copies.push(copy)
    else this.#copies.set(text, [copy])
    this.#count += 1
  }
}

function isCovered(text: string, tags: ReadonlyMap<TagId, TagProgress>): boolean {
  const { tag, sample } = decodeRecord(text)
  const covered = tags.get(tag)?.covered
  return covered !== undefined && covers(covered, { from: sample.ticks, until: ticks(sample.ticks + 1n) })
}

function tooMany(topic: string): BanyanError {
  return new BanyanError(
    'BANYAN_LOG_UNSAFE',
    `${topic} holds more than ${MAX_UNACCOUNTED} records that no checkpoint accounts for`,
    { hint: 'The checkpoints topic was deleted or belongs to another bridge. Use another topicPrefix, or restore it.' },
  )
}
