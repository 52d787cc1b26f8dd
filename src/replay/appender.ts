/**
 * Appender: takes pages and corrections from many readers and appends them, shard by shard, in large transactions.
 * A ticket per entry says when it is durable. Shards are independent; each recovers by itself (shard-appender.ts).
 */
import { BanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { AppendEntry, SampleLog, TagProgress } from '../log/log.ts'
import type { Ticket } from './pending-entry.ts'
import { ShardAppender, type AppenderOptions, type AppendTrouble } from './shard-appender.ts'

export class Appender {
  readonly #log: SampleLog
  readonly #shards: readonly ShardAppender[]
  /** Aborts when a shard has given up: nothing of its tags will be appended any more. The reason is the error. */
  readonly gaveUp: AbortSignal

  private constructor(log: SampleLog, shards: readonly ShardAppender[]) {
    this.#log = log
    this.#shards = shards
    const gaveUp = new AbortController()
    this.gaveUp = gaveUp.signal
    for (const { running } of shards) {
      running.catch((error: unknown) => {
        gaveUp.abort(error)
      })
    }
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

  /** Is anything queued, or handed to the log and not answered for? */
  isBusy(): boolean {
    return this.#shards.some((shard) => shard.isBusy)
  }

  /** What the log has failed for longest: tried again right now, or given up over; undefined when it takes appends. */
  trouble(): AppendTrouble | undefined {
    const troubles = this.#shards.map((shard) => shard.trouble).filter((trouble) => trouble !== undefined)
    return troubles.toSorted((a, b) => a.sinceMs - b.sinceMs)[0]
  }

  /** Waits for room, then queues the entry. Rejects when the appender has given up or the signal aborts. */
  put(entry: AppendEntry, signal: AbortSignal): Promise<Ticket> {
    return this.#shard(entry.tag).put(entry, signal)
  }

  /**
   * Undefined when the fate of every entry put for the tag is known, so that its progress tells all there is; else
   * resolves when it is. Who reads by the progress waits for this first: what is still queued would be read, and
   * appended, a second time.
   */
  undecided(tag: TagId): Promise<void> | undefined {
    return this.#shard(tag).undecided(tag)
  }

  /** Appends what is queued and closes the writers. Rejects with what made the appender give up. */
  async close(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#shards.map((shard) => shard.finish()))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  #shard(tag: TagId): ShardAppender {
    const shard = this.#shards[this.#log.shardOf(tag)]
    if (shard === undefined) throw new BanyanError('BANYAN_INTERNAL', `no writer shard for tag ${tag}`)
    return shard
  }
}
