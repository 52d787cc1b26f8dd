/**
 * Appender: takes pages from many readers and appends them, shard by shard, in transactions of about
 * `BATCH_RECORDS`. It owns the recovery rule:
 *
 * An append that fails leaves its outcome unknown. The writer is dropped, a new one is opened (which fences the old
 * and reads the coverage that is durable), and each entry of the batch is appended again only if its window is not
 * covered. So a lost answer neither loses nor repeats anything. Nothing is appended, and no writer opened, without the
 * right to write: to open one is to fence whoever writes now.
 */
import { covers, overlaps } from '../domain/coverage.ts'
import { BanyanError, isBanyanError, messageOf } from '../domain/errors.ts'
import { formatWindow } from '../domain/window.ts'
import type { AppendEntry, AppendReceipt, LogWriter, SampleLog, TagProgress } from '../log/log.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Logger } from '../telemetry/logger.ts'
import { reasonOf, sleep } from '../util/abort.ts'
import { BoundedQueue } from '../util/bounded-queue.ts'

/** Enough for a transaction to reach nine tenths of the rate without one (measured on Kafka 4.4). */
const BATCH_RECORDS = 10_000
/** Records waiting per shard: one batch being sent, two being gathered. */
const QUEUE_RECORDS = 2 * BATCH_RECORDS
/** How long a batch that is not full waits for more. */
const LINGER_MS = 250
const FIRST_RETRY_MS = 50
const LONGEST_RETRY_MS = 5_000

export interface AppenderOptions {
  readonly log: SampleLog
  readonly logger: Logger
  /** How long the log may be unavailable before the appender gives up. */
  readonly outageMs: number
  /** Asked before every append; throws when another process has taken over. */
  readonly assertMayWrite: () => void
  /** Called after each durable batch, before its entries' tickets resolve. */
  readonly onAppended: (batch: readonly AppendEntry[], receipt: AppendReceipt, writer: LogWriter) => void
}

export interface Ticket {
  /** Resolves when the entry is durable; rejects when the appender gave up. */
  readonly durable: Promise<void>
}

class Pending implements Ticket {
  readonly entry: AppendEntry
  readonly durable: Promise<void>
  resolve!: () => void
  reject!: (error: Error) => void

  constructor(entry: AppendEntry) {
    this.entry = entry
    this.durable = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    // Whoever waits for it sees the rejection; whoever stopped waiting must not crash the process.
    this.durable.catch(() => undefined)
  }
}

/** An empty page still costs a checkpoint. */
const weightOf = (entry: AppendEntry): number => entry.samples.length + 1

export class Appender {
  readonly #log: SampleLog
  readonly #shards: readonly ShardAppender[]

  private constructor(log: SampleLog, shards: readonly ShardAppender[]) {
    this.#log = log
    this.#shards = shards
  }

  /**
   * Opens every shard's writer; rejects when one cannot be opened. Once the signal has aborted, what is queued is still
   * appended, but a log that does not take it is not waited for: the appender then gives up with the signal's reason.
   */
  static async open(options: AppenderOptions, signal: AbortSignal): Promise<Appender> {
    const shards: ShardAppender[] = []
    try {
      for (let shard = 0; shard < options.log.shardCount; shard++) {
        const writer = await options.log.openWriter(shard, signal)
        shards.push(new ShardAppender(shard, writer, options, signal))
      }
    } catch (error) {
      await Promise.all(shards.map((shard) => shard.stop()))
      throw error
    }
    return new Appender(options.log, shards)
  }

  /** What is durable for a tag; undefined when the log has never seen it. */
  progressOf(tag: TagId): TagProgress | undefined {
    return this.#shard(tag).tags.get(tag)
  }

  /** Every tag the log knows, as of now. */
  *tags(): Iterable<[TagId, TagProgress]> {
    for (const shard of this.#shards) yield* shard.tags
  }

  /** Waits for room, then queues the entry. Rejects when the appender has given up or the signal aborts. */
  put(entry: AppendEntry, signal: AbortSignal): Promise<Ticket> {
    return this.#shard(entry.tag).put(entry, signal)
  }

  /** Appends what is queued and closes the writers. Rejects with what made the appender give up. */
  async close(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#shards.map((shard) => shard.finish()))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  /** Rejects as soon as any shard has given up; never resolves before `close`. */
  async failed(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => shard.running))
  }

  #shard(tag: TagId): ShardAppender {
    const shard = this.#shards[this.#log.shardOf(tag)]
    if (shard === undefined) throw new BanyanError('BANYAN_INTERNAL', `no writer shard for tag ${tag}`)
    return shard
  }
}

class ShardAppender {
  readonly #shard: number
  readonly #options: AppenderOptions
  readonly #queue = new BoundedQueue<Pending>(QUEUE_RECORDS)
  readonly #stopping = new AbortController()
  /** Aborts when an append that failed is not worth another attempt. */
  readonly #noRetry: AbortSignal
  /** Settles when everything queued before `finish` is durable, or the shard has given up. */
  readonly running: Promise<void>
  #writer: LogWriter | undefined
  /** Outlives a spent writer: between two writers the coverage is what the last one knew. */
  #tags: ReadonlyMap<TagId, TagProgress>

  constructor(shard: number, writer: LogWriter, options: AppenderOptions, signal: AbortSignal) {
    this.#shard = shard
    this.#writer = writer
    this.#tags = writer.tags
    this.#options = options
    this.#noRetry = AbortSignal.any([signal, this.#stopping.signal])
    this.running = this.#run()
    this.running.catch(() => undefined)
  }

  get tags(): ReadonlyMap<TagId, TagProgress> {
    return this.#tags
  }

  async put(entry: AppendEntry, signal: AbortSignal): Promise<Ticket> {
    const pending = new Pending(entry)
    await this.#queue.put(pending, weightOf(entry), signal)
    return pending
  }

  async finish(): Promise<void> {
    this.#queue.close()
    try {
      await this.running
    } finally {
      await this.#writer?.close()
    }
  }

  /** Without appending what is queued. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('appender stopped'))
    this.#queue.close()
    await this.running.catch(() => undefined)
    await this.#writer?.close()
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.#queue.ready(BATCH_RECORDS, LINGER_MS)
      const batch = this.#queue.takeReady(BATCH_RECORDS)
      if (batch.length === 0) {
        if (this.#queue.isClosed) return
        continue
      }
      try {
        await this.#settle(batch)
      } catch (error) {
        this.#giveUp(batch, error instanceof Error ? error : new Error(messageOf(error)))
        throw error
      }
    }
  }

  #giveUp(batch: readonly Pending[], error: Error): void {
    this.#queue.fail(error)
    for (const pending of [...batch, ...this.#queue.takeReady(Infinity)]) pending.reject(error)
  }

  /** Appends the batch. What the log refuses for good is found by halving, so that one entry spoils no other. */
  async #settle(batch: readonly Pending[]): Promise<void> {
    try {
      await this.#appendUntilDurable(batch.map((pending) => pending.entry))
      for (const pending of batch) pending.resolve()
    } catch (error) {
      if (!isBanyanError(error, 'BANYAN_LOG_REJECTED')) throw error
      if (batch.length === 1) {
        for (const pending of batch) pending.reject(error)
        return
      }
      const middle = batch.length >> 1
      await this.#settle(batch.slice(0, middle))
      await this.#settle(batch.slice(middle))
    }
  }

  async #appendUntilDurable(entries: readonly AppendEntry[]): Promise<void> {
    let failingSinceMs: number | undefined
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS)) {
      try {
        this.#options.assertMayWrite()
        const reopened = this.#writer === undefined
        this.#writer ??= await this.#options.log.openWriter(this.#shard, this.#noRetry)
        this.#tags = this.#writer.tags
        const missing = reopened ? notDurable(entries, this.#writer) : entries
        const receipt = missing.length === 0 ? { entries: [] } : await this.#writer.append(missing)
        this.#options.onAppended(entries, receipt, this.#writer)
        return
      } catch (error) {
        await this.#dropWriter()
        failingSinceMs ??= Date.now()
        if (!isBanyanError(error) || !error.retryable) throw error
        if (this.#noRetry.aborted) throw reasonOf(this.#noRetry)
        if (Date.now() - failingSinceMs > this.#options.outageMs) throw error
        this.#options.logger.warn(
          { component: 'appender', shard: this.#shard, code: error.code, error: error.message, retryMs },
          'append failed, writer will be reopened',
        )
        await sleep(retryMs, this.#noRetry)
      }
    }
  }

  async #dropWriter(): Promise<void> {
    const spent = this.#writer
    this.#writer = undefined
    try {
      await spent?.close()
    } catch (error) {
      this.#options.logger.debug({ component: 'appender', error: messageOf(error) }, 'closing a spent writer failed')
    }
  }
}

/**
 * The entries whose windows are not covered. With transactions that is all of a batch or nothing; without, an append
 * that broke off amid its checkpoints leaves some of them durable.
 */
function notDurable(entries: readonly AppendEntry[], writer: LogWriter): readonly AppendEntry[] {
  return entries.filter(({ tag, covers: window }) => {
    const covered = writer.tags.get(tag)?.covered ?? []
    if (covers(covered, window)) return false
    if (!overlaps(covered, window)) return true
    throw new BanyanError('BANYAN_LOG_CORRUPT', `half of a window is in the log: ${formatWindow(window)}`, {
      context: { tag },
      hint: 'another program writes the checkpoint topic; stop it, then run the backfill again',
    })
  })
}
