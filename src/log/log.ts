/**
 * SampleLog: the port to the durable, partitioned, append-only log (Kafka, or one SQLite file).
 *
 * The log is the truth about what has been copied. A tag lives in one partition and every partition in one writer
 * shard; samples and the coverage they extend become durable together or not at all. Errors: BanyanError with a
 * BANYAN_LOG_* code.
 */
import type { Coverage } from '../domain/coverage.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Sample } from '../domain/sample.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { SampleRecord } from './record.ts'

export interface SampleLog {
  readonly kind: 'kafka' | 'embedded'
  /** Number of writer shards; shards are 0 .. shardCount-1. */
  readonly shardCount: number

  /** The shard that writes this tag. Pure; the same for ever for a given partition count and number of writers. */
  shardOf(tag: TagId): number

  /**
   * Looks for everything about the target that would lose data: reachability, retention, compaction, timestamp and
   * size limits, partition count, replicas, rights. Changes nothing. Topics that do not exist are one finding with
   * `missing: true`; those of cutover, which a log of an earlier version lacks, are one of their own
   * (CUTOVER_TOPICS_FINDING). Never throws for what it finds; throws only when it cannot look.
   */
  preflight(plan: LogPlan, signal: AbortSignal): Promise<LogFinding[]>

  /** Creates what is missing, with settings that keep data for ever. Idempotent; touches nothing that exists. */
  create(signal: AbortSignal): Promise<void>

  /**
   * Becomes the one writer of a shard: fences any predecessor, then reads the shard's coverage from the log itself,
   * so that what it answers is what is durable. One open writer per shard.
   */
  openWriter(shard: number, signal: AbortSignal): Promise<LogWriter>

  /**
   * Committed records of `[from, until)`, per partition in offset order; aborted and control batches are filtered
   * out here. The last page of each partition has `next` equal to `until` for that partition even when the tail
   * holds no records. Waits for open transactions below `until` to be decided, and rejects with
   * BANYAN_LOG_UNAVAILABLE (retryable) when they are not within the adapter's deadline. A position below what the
   * log still holds rejects with BANYAN_LOG_CORRUPT: records were deleted.
   */
  read(from: LogPosition, until: LogPosition, signal: AbortSignal): AsyncIterable<LogPage>

  /** First offset still held, per partition. */
  begin(signal: AbortSignal): Promise<LogPosition>

  /** Committed end, per partition (exclusive): every record below it is decided. */
  end(signal: AbortSignal): Promise<LogPosition>

  /**
   * Appends keyed JSON records to a side topic, in order; resolves when all are durable. When it rejects any of them may
   * be, so that one published again may stand there twice.
   */
  publish(topic: SideTopic, records: readonly SideRecord[], signal: AbortSignal): Promise<void>

  /**
   * What was published, from the beginning to the end as of this call, the records of a key in order. Of a topic that
   * keeps the current record of each key, those before it may be there too. Where others may write to the same place (a
   * Kafka topic), what is no record of ours - without key or value, not UTF-8, too large - is left out with a warning.
   */
  readSide(topic: SideTopic, signal: AbortSignal): AsyncIterable<SideRecord>

  close(): Promise<void>
}

/** Topics beside the samples (contracts.md §1). */
export const SIDE_TOPICS = [
  /** What is known of each tag, by tag id; the last record per key is the current one. */
  'tags',
  /** Which side serves a workload, by its name; the last record per key is the current one. */
  'routing',
  /** Decisions about workloads, by name; all are kept, in order across the keys. */
  'audit',
] as const
export type SideTopic = (typeof SIDE_TOPICS)[number]

export interface SideRecord {
  readonly key: string
  readonly value: string
}

export interface LogWriter {
  /** What was durable when the writer was opened, plus what it has appended since. */
  readonly tags: ReadonlyMap<TagId, TagProgress>

  /**
   * Appends all entries atomically. Resolves only when durable; one call at a time.
   *
   * A cover entry adds its window to its tag's coverage. The windows of one tag must not overlap each other or what is
   * covered (BANYAN_INTERNAL): that is what keeps duplicates out. An amend entry changes what is covered already; it
   * names the amendment it builds on, and is refused (BANYAN_LOG_STALE) when the tag has another by now: that is what
   * keeps a revision from being written twice, or on top of a state it has not seen. A place entry says where the live
   * tail begins, and does nothing where that has been said. The batch is judged before any of it is written, and a
   * refused batch leaves the writer usable.
   *
   * When it rejects for any other reason the outcome may be unknown and the writer is spent: close it, open a new one,
   * and compare its coverage. BANYAN_LOG_FENCED: another process owns the shard, stop.
   */
  append(batch: readonly AppendEntry[]): Promise<AppendReceipt>

  /** Idempotent. Leaves no transaction open. */
  close(): Promise<void>
}

export interface TagProgress {
  readonly covered: Coverage
  /** Samples appended for this tag since ever: records with `rev` 0, late ones included. */
  readonly samples: number
  /** Amend entries appended for this tag since ever. */
  readonly amendments: number
  /**
   * From here on (inclusive) the live tail is responsible for the tag, below it backfill; fixed for ever by the tag's
   * first place entry, undefined before it.
   */
  readonly liveFrom: Ticks | undefined
}

export type AppendEntry = CoverEntry | AmendEntry | PlaceEntry

/** Samples of a window read for the first time. */
export interface CoverEntry {
  readonly kind?: 'cover'
  readonly tag: TagId
  readonly source: SampleRecord['source']
  /** The window whose samples these are: all of them, complete. */
  readonly covers: Window
  /** Ascending by (ticks, ord), inside `covers`; may be empty. */
  readonly samples: readonly Sample[]
}

/** Corrections inside what is covered: late samples (`put`, rev 0), edits and deletions (rev > 0). */
export interface AmendEntry {
  readonly kind: 'amend'
  readonly tag: TagId
  readonly source: SampleRecord['source']
  /** `TagProgress.amendments` when the state these corrections were computed from was read. */
  readonly after: number
  /** At least one; every one inside the tag's coverage, in the order in which they are to be appended. */
  readonly corrections: readonly Correction[]
  /**
   * How many of the late samples were acknowledged before, and lost from the log since: they are not counted again, so
   * that what is acknowledged stays what the log holds. Left out: none.
   */
  readonly restored?: number
}

/** Where the live tail of a tag begins. It has no records, and claims nothing read: only the checkpoint has it. */
export interface PlaceEntry {
  readonly kind: 'place'
  readonly tag: TagId
  readonly liveFrom: Ticks
}

/** A record without its tag and source. */
export type Correction = Omit<SampleRecord, 'tag' | 'source'>

export interface AppendReceipt {
  /** One per entry with records, in order: where they are. Offsets inclusive. */
  readonly entries: readonly { tag: TagId; partition: number; firstOffset: bigint; lastOffset: bigint }[]
}

/** What a run is about to write, for the preflight. */
export interface LogPlan {
  readonly oldest: Ticks
  /** Latest sample time expected; beyond now when tags with future data are copied. */
  readonly newest: Ticks
}

export interface LogFinding {
  /** Stable machine name, e.g. `samples.retention.ms`. */
  readonly name: string
  readonly ok: boolean
  readonly detail: string
  /** The command or setting that mends it; present when not ok. */
  readonly hint?: string
  /** True when the finding is that a topic or file does not exist yet, which `create` mends. */
  readonly missing?: boolean
}

/** Name of the finding about the topics of routing and audit. */
export const CUTOVER_TOPICS_FINDING = 'topics.cutover'

/** Next offset to read, per partition. Partitions not named start at 0. */
export type LogPosition = ReadonlyMap<number, bigint>

export interface LogPage {
  readonly partition: number
  /**
   * Offset order; committed sample records. Where others may write to the same place (a Kafka topic), what is no sample
   * record is left out with a warning, and a damaged one of ours shows in the projector's count; where only Banyan
   * writes, it rejects the read with BANYAN_LOG_CORRUPT.
   */
  readonly records: readonly LoggedRecord[]
  /** Where to go on in this partition. */
  readonly next: bigint
}

export interface LoggedRecord {
  readonly offset: bigint
  readonly record: SampleRecord
}
