/**
 * SampleLog in one SQLite file: for one machine, demonstrations and tests, with the same promises as Kafka.
 *
 * The file is opened at the first call that needs it, so that `preflight` can look at a target that does not exist.
 * All work is synchronous inside SQLite; a call blocks the process for as long as its page or batch takes.
 */
import type Database from 'better-sqlite3'
import { BanyanError } from '../../domain/errors.ts'
import type { TagId } from '../../domain/tag-id.ts'
import { reasonOf } from '../../util/abort.ts'
import type { LogFinding, LogPage, LogPlan, LogPosition, LogWriter, SampleLog, SideRecord, SideTopic } from '../log.ts'
import { partitionOf } from '../partitioner.ts'
import { embeddedLogError } from './errors.ts'
import { inspectLogFile } from './preflight.ts'
import { readPartition } from './reader.ts'
import { createLogFile, openLogFile } from './schema.ts'
import { readSideRecords, writeSideRecords } from './side-records.ts'
import { openEmbeddedWriter } from './writer.ts'

export interface EmbeddedLogOptions {
  /** Absolute path of the log file. */
  readonly file: string
  /** Fixed when the file is created. */
  readonly partitions: number
  /** Name of the bridge: its checkpoints are its own. */
  readonly bridge: string
  /** Writer shards; default 1, because one SQLite file takes one write at a time. */
  readonly writers?: number
}

export function openEmbeddedLog(options: EmbeddedLogOptions): SampleLog {
  return new EmbeddedLog(options)
}

class EmbeddedLog implements SampleLog {
  readonly kind = 'embedded'
  readonly shardCount: number
  readonly #options: EmbeddedLogOptions
  #db: Database.Database | undefined
  #closed = false

  constructor(options: EmbeddedLogOptions) {
    this.#options = options
    this.shardCount = options.writers ?? 1
  }

  shardOf(tag: TagId): number {
    return partitionOf(tag, this.#options.partitions) % this.shardCount
  }

  async preflight(_plan: LogPlan, signal: AbortSignal): Promise<LogFinding[]> {
    throwIfAborted(signal)
    const { file, partitions, bridge } = this.#options
    return inspectLogFile(file, partitions, bridge)
  }

  async create(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    createLogFile(this.#options.file, this.#options.partitions)
  }

  async openWriter(shard: number, signal: AbortSignal): Promise<LogWriter> {
    throwIfAborted(signal)
    const { file, bridge, partitions } = this.#options
    return openEmbeddedWriter({
      db: this.#open(),
      file,
      bridge,
      shard,
      shardCount: this.shardCount,
      partitionOf: (tag) => partitionOf(tag, partitions),
      shardOf: (tag) => this.shardOf(tag),
    })
  }

  async *read(from: LogPosition, until: LogPosition, signal: AbortSignal): AsyncIterable<LogPage> {
    throwIfAborted(signal)
    const db = this.#open()
    const ends = this.#ends()
    for (const [partition, end] of until) {
      const start = from.get(partition) ?? 0n
      const known = ends.get(partition) ?? 0n
      if (start > known || end > known) throw this.#beyond(partition, start > known ? start : end, known)
      if (start >= end) continue
      for (const page of readPartition(db, this.#options.file, partition, Number(start), Number(end))) {
        yield page
        throwIfAborted(signal)
      }
    }
  }

  async begin(signal: AbortSignal): Promise<LogPosition> {
    throwIfAborted(signal)
    return new Map([...this.#ends().keys()].map((partition) => [partition, 0n]))
  }

  async end(signal: AbortSignal): Promise<LogPosition> {
    throwIfAborted(signal)
    return this.#ends()
  }

  async publish(topic: SideTopic, records: readonly SideRecord[], signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    this.#translated((db) => {
      writeSideRecords(db, topic, records)
    })
  }

  async *readSide(topic: SideTopic, signal: AbortSignal): AsyncGenerator<SideRecord> {
    throwIfAborted(signal)
    for (const record of readSideRecords(this.#open(), this.#options.file, topic)) {
      yield record
      throwIfAborted(signal)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#db?.close()
    this.#db = undefined
  }

  #ends(): Map<number, bigint> {
    const rows = this.#translated((db) =>
      db.prepare<[], [number, number]>('SELECT partition, next_offset FROM partitions ORDER BY partition').raw().all(),
    )
    return new Map(rows.map(([partition, next]) => [partition, BigInt(next)]))
  }

  #open(): Database.Database {
    if (this.#closed) {
      throw new BanyanError('BANYAN_INTERNAL', `the log file ${this.#options.file} is closed`, {
        hint: 'This is a defect of Banyan: report it with the log of this run.',
      })
    }
    this.#db ??= openLogFile(this.#options.file, this.#options.partitions)
    return this.#db
  }

  #translated<T>(body: (db: Database.Database) => T): T {
    const db = this.#open()
    try {
      return body(db)
    } catch (error) {
      throw embeddedLogError(error, this.#options.file)
    }
  }

  #beyond(partition: number, asked: bigint, end: bigint): BanyanError {
    const { file } = this.#options
    return new BanyanError(
      'BANYAN_LOG_CORRUPT',
      `${file} ends before offset ${asked.toString()}: records are missing`,
      {
        hint: 'An older copy of the file is in its place: restore the right one, or run `banyan store rebuild`.',
        context: { file, partition, asked: asked.toString(), end: end.toString() },
      },
    )
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw reasonOf(signal)
}
