/**
 * ShardAppender: the appends of one writer shard, one at a time, and what follows when one fails.
 *
 * An append that fails leaves its outcome unknown. The writer is dropped, a new one is opened (which fences the old
 * and reads the progress that is durable), and each entry of the batch is appended again only if that progress does not
 * include it. So a lost answer neither loses nor repeats anything. Nothing is appended, and no writer opened, without
 * the right to write: to open one is to fence whoever writes now.
 */
import { type BanyanError, type ErrorCode, isBanyanError, messageOf } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { AppendEntry, AppendReceipt, LogWriter, SampleLog, TagProgress } from '../log/log.ts'
import type { Logger } from '../telemetry/logger.ts'
import { reasonOf, sleep } from '../util/abort.ts'
import { BoundedQueue } from '../util/bounded-queue.ts'
import { notDurable, PendingEntry, type Ticket } from './pending-entry.ts'

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
  /** How long the log may be unavailable before the appender gives up; Infinity: it waits for ever. */
  readonly outageMs: number
  /** Asked before every append; throws when another process has taken over. */
  readonly assertMayWrite: () => void
  /** Called after each durable batch, before its entries' tickets resolve. */
  readonly onAppended: (batch: readonly AppendEntry[], receipt: AppendReceipt, writer: LogWriter) => void
}

/** What an append is failing for while it is being tried again, or what the appender gave up over. */
export interface AppendTrouble {
  readonly code: ErrorCode
  readonly message: string
  /** Milliseconds since 1970 of the first failure. */
  readonly sinceMs: number
}

export class ShardAppender {
  readonly #shard: number
  readonly #options: AppenderOptions
  readonly #queue = new BoundedQueue<PendingEntry>(QUEUE_RECORDS)
  readonly #stopping = new AbortController()
  /** Aborts when an append that failed is not worth another attempt. */
  readonly #noRetry: AbortSignal
  /** Settles when everything queued before `finish` is durable, or the shard has given up. */
  readonly running: Promise<void>
  #writer: LogWriter | undefined
  /** Outlives a spent writer: between two writers the progress is what the last one knew. */
  #tags: ReadonlyMap<TagId, TagProgress>
  /** The last entry put for each tag; entries of one tag are decided in order. */
  readonly #undecided = new Map<TagId, PendingEntry>()
  #isSettling = false
  #trouble: AppendTrouble | undefined

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

  get isBusy(): boolean {
    return this.#isSettling || !this.#queue.isEmpty
  }

  get trouble(): AppendTrouble | undefined {
    return this.#trouble
  }

  async put(entry: AppendEntry, signal: AbortSignal): Promise<Ticket> {
    const pending = new PendingEntry(entry)
    await this.#queue.put(pending, pending.weight, signal)
    this.#undecided.set(entry.tag, pending)
    const forget = (): void => {
      if (this.#undecided.get(entry.tag) === pending) this.#undecided.delete(entry.tag)
    }
    pending.durable.then(forget, forget)
    return pending
  }

  undecided(tag: TagId): Promise<void> | undefined {
    return this.#undecided.get(tag)?.durable.catch(() => undefined)
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
      this.#isSettling = true
      try {
        await this.#settle(batch)
      } catch (error) {
        this.#giveUp(batch, error instanceof Error ? error : new Error(messageOf(error)))
        throw error
      } finally {
        this.#isSettling = false
      }
    }
  }

  #giveUp(batch: readonly PendingEntry[], error: Error): void {
    const code = isBanyanError(error) ? error.code : 'BANYAN_INTERNAL'
    this.#trouble = { code, message: error.message, sinceMs: this.#trouble?.sinceMs ?? Date.now() }
    this.#queue.fail(error)
    for (const pending of [...batch, ...this.#queue.takeReady(Infinity)]) pending.reject(error)
  }

  /** Appends the batch. What the log refuses is found by halving, so that one entry spoils no other. */
  async #settle(batch: readonly PendingEntry[]): Promise<void> {
    try {
      await this.#appendUntilDurable(batch)
      for (const pending of batch) pending.resolve()
    } catch (error) {
      if (!isBanyanError(error, 'BANYAN_LOG_REJECTED', 'BANYAN_LOG_STALE')) throw error
      if (batch.length === 1) {
        for (const pending of batch) pending.reject(error)
        return
      }
      const middle = batch.length >> 1
      await this.#settle(batch.slice(0, middle))
      await this.#settle(batch.slice(middle))
    }
  }

  async #appendUntilDurable(batch: readonly PendingEntry[]): Promise<void> {
    try {
      for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS)) {
        try {
          await this.#appendOnce(batch)
          if (this.#trouble !== undefined) this.#noteRecovery(this.#trouble)
          return
        } catch (error) {
          // Refused before anything was written: the writer is as good as it was.
          if (isBanyanError(error, 'BANYAN_LOG_STALE')) throw error
          await this.#dropWriter()
          if (!isBanyanError(error) || !error.retryable) throw error
          if (this.#noRetry.aborted) throw reasonOf(this.#noRetry)
          const { sinceMs } = this.#noteTrouble(error, retryMs)
          if (Date.now() - sinceMs > this.#options.outageMs) throw error
          await sleep(retryMs, this.#noRetry)
        }
      }
    } finally {
      this.#trouble = undefined
    }
  }

  async #appendOnce(batch: readonly PendingEntry[]): Promise<void> {
    this.#options.assertMayWrite()
    this.#writer ??= await this.#options.log.openWriter(this.#shard, this.#noRetry)
    this.#tags = this.#writer.tags
    const missing = notDurable(batch, this.#writer.tags)
    const receipt = missing.length === 0 ? { entries: [] } : await appendInDoubt(missing, this.#writer)
    const entries = batch.map((pending) => pending.entry)
    this.#options.onAppended(entries, receipt, this.#writer)
  }

  /** One warning per kind of failure: an outage of hours is tried again every few seconds. */
  #noteTrouble({ code, message }: BanyanError, retryMs: number): AppendTrouble {
    const facts = { component: 'appender', shard: this.#shard, code, error: message, retryMs }
    const what = 'append failed, writer will be reopened'
    if (this.#trouble?.code === code) this.#options.logger.debug(facts, what)
    else this.#options.logger.warn(facts, what)
    this.#trouble = { code, message, sinceMs: this.#trouble?.sinceMs ?? Date.now() }
    return this.#trouble
  }

  #noteRecovery({ code, sinceMs }: AppendTrouble): void {
    const facts = { component: 'appender', shard: this.#shard, code, downMs: Date.now() - sinceMs }
    this.#options.logger.info(facts, 'log takes appends again')
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

/** Stale is refused before anything is written; after any other failure only the log can tell. */
async function appendInDoubt(batch: readonly PendingEntry[], writer: LogWriter): Promise<AppendReceipt> {
  for (const pending of batch) pending.isInDoubt = true
  try {
    return await writer.append(batch.map((pending) => pending.entry))
  } catch (error) {
    if (isBanyanError(error, 'BANYAN_LOG_STALE')) for (const pending of batch) pending.isInDoubt = false
    throw error
  }
}
