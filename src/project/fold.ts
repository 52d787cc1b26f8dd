/**
 * Fold: records of the log, in order, to what they change in the cells. Pure but for its own running totals.
 *
 * A sample first written adds its hash. A revision subtracts the hash of what it supersedes and adds its own; a delete
 * only subtracts. What is deleted was subtracted already, so the next revision of a deleted sample subtracts nothing,
 * although its `before` repeats the last known value. `before` has the time of its record: a revision never leaves
 * its cell.
 *
 * Records that were written again add again. The revision that settles it says how many copies it supersedes: all of
 * them are subtracted, one fewer for a deleted sample, and all but one were never samples written for the first time.
 *
 * Because hashes are summed, the totals do not depend on how the records were cut into batches.
 */
import { cellStart } from '../domain/cell.ts'
import { hashSample } from '../domain/digest.ts'
import { BanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import { formatTicks, type Ticks } from '../domain/ticks.ts'
import type { LoggedRecord } from '../log/log.ts'
import type { SampleRecord } from '../log/record.ts'
import { tagInTwoPartitions, type CellDelta, type TagDelta } from '../store/cells.ts'
import type { OffsetRun } from '../store/offset-runs.ts'

/** Whether the latest record of a sample before this fold began is a delete. */
export type IsDeleted = (tag: TagId, ticks: Ticks, ord: number) => boolean

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type MutableCellDelta = Mutable<Omit<CellDelta, 'offsets'>> & { readonly offsets: Mutable<OffsetRun> }

interface TagFold {
  readonly tag: TagId
  readonly partition: number
  puts: number
  readonly cells: Map<Ticks, MutableCellDelta>
  /** The cell last touched: neighbours in the log mostly share it. */
  latest: MutableCellDelta | undefined
  /** By `ticks/ord`. */
  readonly deletions: Map<string, { ticks: Ticks; ord: number; deleted: boolean }>
}

export class Fold {
  readonly #width: bigint
  readonly #isDeleted: IsDeleted
  readonly #tags = new Map<TagId, TagFold>()
  #recordCount = 0
  #cellCount = 0

  constructor(width: bigint, isDeleted: IsDeleted) {
    this.#width = width
    this.#isDeleted = isDeleted
  }

  get recordCount(): number {
    return this.#recordCount
  }

  get cellCount(): number {
    return this.#cellCount
  }

  /** Records of one partition in offset order; throws BANYAN_LOG_CORRUPT for what no writer of ours appends. */
  add(partition: number, { offset, record }: LoggedRecord): void {
    const tag = this.#tagOf(partition, record.tag)
    const { ticks } = record.sample
    const cell = this.#cellOf(tag, ticks, offset)
    if (record.rev > 0 || record.op === 'delete') this.#supersede(tag, cell, record)
    if (record.op === 'put') {
      cell.count += 1
      cell.sum += hashSample(record.sample)
      if (record.rev === 0) tag.puts += 1
    }
    cell.records += 1
    cell.offsets.last = offset
    if (ticks < cell.minTicks) cell.minTicks = ticks
    if (ticks > cell.maxTicks) cell.maxTicks = ticks
    this.#recordCount += 1
  }

  /** What all records added so far change; tags in the order they were met. */
  *deltas(): Generator<TagDelta> {
    for (const { tag, partition, puts, cells, deletions } of this.#tags.values()) {
      yield { tag, partition, puts, cells: cells.values(), deletions: deletions.values() }
    }
  }

  #supersede(tag: TagFold, cell: MutableCellDelta, record: SampleRecord): void {
    const { ticks, ord } = record.sample
    if (record.before === undefined) {
      throw new BanyanError(
        'BANYAN_LOG_CORRUPT',
        `revision ${record.rev} of ${record.tag} at ${formatTicks(ticks)} does not say what it supersedes`,
        { hint: 'Something else than Banyan wrote to the topic; find out what.', context: { tag: record.tag } },
      )
    }
    const key = `${ticks.toString()}/${ord}`
    const wasDeleted = tag.deletions.get(key)?.deleted ?? this.#isDeleted(record.tag, ticks, ord)
    const copies = record.copies ?? 1
    const counted = wasDeleted ? copies - 1 : copies
    if (counted > 0) {
      cell.count -= counted
      cell.sum -= BigInt(counted) * hashSample({ ...record.before, ticks })
    }
    tag.puts -= copies - 1
    const deleted = record.op === 'delete'
    if (deleted !== wasDeleted) tag.deletions.set(key, { ticks, ord, deleted })
  }

  #tagOf(partition: number, tag: TagId): TagFold {
    const known = this.#tags.get(tag)
    if (known === undefined) {
      const fresh: TagFold = { tag, partition, puts: 0, cells: new Map(), latest: undefined, deletions: new Map() }
      this.#tags.set(tag, fresh)
      return fresh
    }
    if (known.partition !== partition) throw tagInTwoPartitions(tag, known.partition, partition)
    return known
  }

  /** The cell of a record; one not met before begins with it. */
  #cellOf(tag: TagFold, ticks: Ticks, offset: bigint): MutableCellDelta {
    const { latest } = tag
    if (latest !== undefined && ticks >= latest.start && ticks < latest.start + this.#width) return latest
    const start = cellStart(ticks, this.#width)
    let cell = tag.cells.get(start)
    if (cell === undefined) {
      const offsets = { first: offset, last: offset }
      cell = { start, count: 0, sum: 0n, records: 0, offsets, minTicks: ticks, maxTicks: ticks }
      tag.cells.set(start, cell)
      this.#cellCount += 1
    }
    tag.latest = cell
    return cell
  }
}
