/**
 * The writer of one shard of the embedded log. One append is one SQLite transaction: it checks that this writer is
 * still the newest (the epoch), inserts the records, and replaces the checkpoints. A crash leaves all of it or none.
 */
import type Database from 'better-sqlite3'
import { BanyanError } from '../../domain/errors.ts'
import type { TagId } from '../../domain/tag-id.ts'
import { ticksFromMs } from '../../domain/ticks.ts'
import { failpoint } from '../../util/failpoint.ts'
import { checkpointKey, decodeCheckpoint, encodeCheckpoint } from '../checkpoint.ts'
import { recordsOf } from '../entry-records.ts'
import type { AppendEntry, AppendReceipt, LogWriter, TagProgress } from '../log.ts'
import { progressAfter } from '../progress.ts'
import { encodeRecord, type SampleRecord } from '../record.ts'
import { embeddedLogError, RESTORE_HINT } from './errors.ts'

export interface WriterPlace {
  readonly db: Database.Database
  readonly file: string
  readonly bridge: string
  readonly shard: number
  readonly shardCount: number
  readonly partitionOf: (tag: TagId) => number
  readonly shardOf: (tag: TagId) => number
}

/**
 * Takes a new epoch, which fences whoever held the shard, and reads the durable coverage in the same transaction. Where
 * the tags were split in another way before, all writers of that split are fenced.
 */
export function openEmbeddedWriter(place: WriterPlace): LogWriter {
  const { db, bridge, shard, shardCount, file } = place
  try {
    return db
      .transaction(() => {
        const highest = db.prepare<[], number | null>('SELECT max(epoch) FROM writers').pluck().get() ?? 0
        const epoch = highest + 1
        db.prepare('DELETE FROM writers WHERE bridge = ? AND shard_count <> ?').run(bridge, shardCount)
        db.prepare('REPLACE INTO writers (bridge, shard, shard_count, epoch) VALUES (?, ?, ?, ?)').run(
          bridge,
          shard,
          shardCount,
          epoch,
        )
        return new EmbeddedWriter(place, epoch, loadProgress(place))
      })
      .immediate()
  } catch (error) {
    throw embeddedLogError(error, file)
  }
}

/** By the tag, not by the shard that wrote it: the split may have been another then. */
function loadProgress({ db, bridge, shard, shardOf }: WriterPlace): Map<TagId, TagProgress> {
  const tags = new Map<TagId, TagProgress>()
  const rows = db.prepare<[string], string>('SELECT record FROM checkpoints WHERE bridge = ?').pluck()
  for (const text of rows.iterate(bridge)) {
    const { tag, progress } = decodeCheckpoint(text)
    if (shardOf(tag) === shard) tags.set(tag, progress)
  }
  return tags
}

class EmbeddedWriter implements LogWriter {
  readonly tags: ReadonlyMap<TagId, TagProgress>
  readonly #tags: Map<TagId, TagProgress>
  readonly #place: WriterPlace
  readonly #epoch: number
  readonly #statements: Statements
  #state: 'open' | 'spent' | 'closed' = 'open'

  constructor(place: WriterPlace, epoch: number, tags: Map<TagId, TagProgress>) {
    this.#place = place
    this.#epoch = epoch
    this.#tags = tags
    this.tags = tags
    this.#statements = prepare(place.db)
  }

  async append(batch: readonly AppendEntry[]): Promise<AppendReceipt> {
    if (this.#state !== 'open') {
      throw new BanyanError('BANYAN_INTERNAL', `append to a ${this.#state} writer of shard ${this.#place.shard}`, {
        hint: 'Nothing was written. This is a defect of Banyan: report it with the log of this run.',
      })
    }
    const changed = this.#judge(batch)
    try {
      const receipt = this.#place.db.transaction(() => this.#write(batch, changed)).immediate()
      failpoint('append-committed')
      for (const [tag, progress] of changed) this.#tags.set(tag, progress)
      return receipt
    } catch (error) {
      this.#state = 'spent'
      throw embeddedLogError(error, this.#place.file)
    }
  }

  async close(): Promise<void> {
    this.#state = 'closed'
  }

  /** Before anything is written: what it refuses leaves the writer usable. */
  #judge(batch: readonly AppendEntry[]): Map<TagId, TagProgress> {
    for (const { tag } of batch) this.#assertOwn(tag)
    return progressAfter(this.#tags, batch)
  }

  #write(batch: readonly AppendEntry[], changed: ReadonlyMap<TagId, TagProgress>): AppendReceipt {
    const { bridge, shard } = this.#place
    const { epochOf, insertCheckpoint } = this.#statements
    if (epochOf.get(bridge, shard) !== this.#epoch) throw this.#fenced()
    failpoint('append-begun')
    const entries: AppendReceipt['entries'][number][] = []
    for (const entry of batch) {
      const records = recordsOf(entry)
      if (records.length > 0) entries.push(this.#writeRecords(entry.tag, records))
    }
    failpoint('data-sent')
    const updatedAt = ticksFromMs(Date.now())
    for (const [tag, progress] of changed) {
      const text = encodeCheckpoint({ bridge, shard, tag, progress, updatedAt })
      insertCheckpoint.run(checkpointKey(bridge, tag), bridge, text)
    }
    failpoint('checkpoint-sent')
    return { entries }
  }

  #writeRecords(tag: TagId, records: readonly SampleRecord[]): AppendReceipt['entries'][number] {
    const { nextOffsetOf, insertRecord, moveNextOffset } = this.#statements
    const partition = this.#place.partitionOf(tag)
    const first = nextOffsetOf.get(partition)
    if (first === undefined) {
      throw new BanyanError('BANYAN_LOG_CORRUPT', `the log file ${this.#place.file} has lost partition ${partition}`, {
        hint: RESTORE_HINT,
      })
    }
    let next = first
    for (const record of records) {
      insertRecord.run(partition, next, encodeRecord(record))
      next += 1
    }
    moveNextOffset.run(next, partition)
    return { tag, partition, firstOffset: BigInt(first), lastOffset: BigInt(next - 1) }
  }

  #assertOwn(tag: TagId): void {
    const { shard } = this.#place
    const owner = this.#place.shardOf(tag)
    if (owner === shard) return
    throw new BanyanError(
      'BANYAN_INTERNAL',
      `refused to append ${tag} through shard ${shard}: shard ${owner} owns it`,
      {
        hint: 'Nothing was written. This is a defect of Banyan: report it with the log of this run.',
      },
    )
  }

  #fenced(): BanyanError {
    const { bridge, shard, file } = this.#place
    return new BanyanError('BANYAN_LOG_FENCED', `another process writes shard ${shard} of ${bridge} in ${file}`, {
      hint: 'Stop one of the two: see who holds the lease with `banyan status`.',
      context: { bridge, shard },
    })
  }
}

interface Statements {
  readonly epochOf: Database.Statement<[string, number], number>
  readonly nextOffsetOf: Database.Statement<[number], number>
  readonly insertRecord: Database.Statement<[number, number, string]>
  readonly moveNextOffset: Database.Statement<[number, number]>
  readonly insertCheckpoint: Database.Statement<[string, string, string]>
}

function prepare(db: Database.Database): Statements {
  return {
    epochOf: db.prepare<[string, number], number>('SELECT epoch FROM writers WHERE bridge = ? AND shard = ?').pluck(),
    nextOffsetOf: db.prepare<[number], number>('SELECT next_offset FROM partitions WHERE partition = ?').pluck(),
    insertRecord: db.prepare('INSERT INTO samples (partition, offset, record) VALUES (?, ?, ?)'),
    moveNextOffset: db.prepare('UPDATE partitions SET next_offset = ? WHERE partition = ?'),
    insertCheckpoint: db.prepare('REPLACE INTO checkpoints (key, bridge, record) VALUES (?, ?, ?)'),
  }
}
