/**
 * PartitionReader: reads partitions by position, without a consumer group.
 *
 * "Done" is decided by batches, never by records: the last offset of a transactional partition is always a marker, and
 * compaction and aborted data leave gaps. What is not decided yet is waited for, up to a deadline, and never guessed.
 */
import { BanyanError } from '../../domain/errors.ts'
import { sleep } from '../../util/abort.ts'
import { type ClusterClient, OFFSET_OUT_OF_RANGE } from './cluster-client.ts'
import { committedRecords } from './committed-records.ts'
import {
  EARLIEST,
  fetchCall,
  type IsolationLevel,
  LATEST,
  listOffsetCall,
  READ_COMMITTED,
  READ_UNCOMMITTED,
} from './fetch-requests.ts'
import type { RawRecord } from './record-batch.ts'

/**
 * Far longer than a busy writer's transaction, or the markers of a commit on a busy broker, take. A transaction that
 * stays open longer was left behind by a crash and is not part of the end.
 */
const SETTLE_MS = 10_000
const SETTLE_POLL_MS = 5

export interface RawPage {
  /** Committed, inside the asked range, in offset order. */
  readonly records: readonly RawRecord[]
  readonly next: bigint
}

export class PartitionReader {
  readonly #client: ClusterClient
  readonly #decisionMs: number

  /** `decisionMs`: how long to wait for an open transaction to be decided. */
  constructor(client: ClusterClient, decisionMs: number) {
    this.#client = client
    this.#decisionMs = decisionMs
  }

  async begin(topic: string, partition: number, signal: AbortSignal): Promise<bigint> {
    return this.#offset(topic, partition, EARLIEST, READ_UNCOMMITTED, signal)
  }

  /** The high watermark: everything written, decided or not. */
  async highWatermark(topic: string, partition: number, signal: AbortSignal): Promise<bigint> {
    return this.#offset(topic, partition, LATEST, READ_UNCOMMITTED, signal)
  }

  /**
   * The last stable offset: everything below is decided. A commit answers a few milliseconds before its markers are in
   * the partitions, so what was written when this was called is given a moment to be decided: whoever appended before
   * finds it below the end.
   */
  async end(topic: string, partition: number, signal: AbortSignal): Promise<bigint> {
    const written = await this.highWatermark(topic, partition, signal)
    const deadline = Date.now() + SETTLE_MS
    for (;;) {
      const stable = await this.#offset(topic, partition, LATEST, READ_COMMITTED, signal)
      if (stable >= written || Date.now() > deadline) return stable
      await sleep(SETTLE_POLL_MS, signal)
    }
  }

  /** Pages of `[from, until)`; the last one has `next` equal to `until`. Nothing when the range is empty. */
  async *read(
    topic: string,
    partition: number,
    from: bigint,
    until: bigint,
    signal: AbortSignal,
  ): AsyncGenerator<RawPage> {
    let next = from
    let waitingSince = Date.now()
    while (next < until) {
      const offset = next
      const call = fetchCall(topic, partition, offset)
      const answer = await this.#client.askLeader(`read ${topic}-${partition}`, topic, partition, call, signal)
      if (answer.errorCode === OFFSET_OUT_OF_RANGE) await this.#refuse(topic, partition, offset, signal)
      const last = answer.batches.at(-1)
      if (last === undefined) {
        if (Date.now() - waitingSince > this.#decisionMs) throw undecided(topic, partition, offset, until, answer)
        continue
      }
      const reached = last.lastOffset + 1n
      if (reached <= offset) throw new RangeError(`the broker answered ${topic}-${partition} below offset ${offset}`)
      next = reached < until ? reached : until
      const records = committedRecords(answer.batches, answer.aborted).filter(
        (record) => record.offset >= offset && record.offset < until,
      )
      yield { records, next }
      signal.throwIfAborted()
      waitingSince = Date.now()
    }
  }

  async #offset(
    topic: string,
    partition: number,
    timestamp: typeof EARLIEST | typeof LATEST,
    isolation: IsolationLevel,
    signal: AbortSignal,
  ): Promise<bigint> {
    const call = listOffsetCall(topic, partition, timestamp, isolation)
    const answer = await this.#client.askLeader(`look up ${topic}-${partition}`, topic, partition, call, signal)
    return answer.offset
  }

  async #refuse(topic: string, partition: number, offset: bigint, signal: AbortSignal): Promise<never> {
    const begin = await this.begin(topic, partition, signal)
    const end = await this.highWatermark(topic, partition, signal)
    throw new BanyanError(
      'BANYAN_LOG_CORRUPT',
      `${topic}-${partition} holds offsets ${begin} to ${end} (exclusive), not ${offset}: records were deleted`,
      {
        hint: 'Look at retention.ms and retention.bytes of the topic, and whether it was deleted and created again. `banyan store rebuild` starts over from what is left.',
        context: { topic, partition, offset: offset.toString(), begin: begin.toString(), end: end.toString() },
      },
    )
  }
}

function undecided(
  topic: string,
  partition: number,
  offset: bigint,
  until: bigint,
  answer: { readonly highWatermark: bigint },
): BanyanError {
  const context = { topic, partition, offset: offset.toString(), until: until.toString() }
  if (answer.highWatermark < until) {
    return new BanyanError(
      'BANYAN_LOG_CORRUPT',
      `${topic}-${partition} ends at offset ${answer.highWatermark}, but ${until} was durable before`,
      { hint: 'Records were lost (unclean leader election?) or the topic was created again.', context },
    )
  }
  return new BanyanError(
    'BANYAN_LOG_UNAVAILABLE',
    `${topic}-${partition} has an open transaction at offset ${offset}`,
    {
      retryable: true,
      hint: 'A writer died in a transaction: it ends when that bridge starts again, or after its transaction timeout.',
      context,
    },
  )
}
