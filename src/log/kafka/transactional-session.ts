/**
 * Exactly once: an append is one Kafka transaction under the shard's own transactional id.
 *
 * The rules that make kafkajs 2.2.4 keep that promise (each has a test that breaks it):
 * - one call in flight, ever; every answer checked; nothing sent outside the transaction;
 * - becoming the writer is the first *transaction*, not the connection: it fences the predecessor and rolls back what
 *   it left open. kafkajs gives up on that after a few tries, so it is looped;
 * - after any error the producer is never used again. Its sequence numbers may be off by what a partial answer
 *   appended (the broker would take the next batch for a repetition), and after a failed commit its state is stuck.
 */
import { CompressionTypes, type Producer, type RetryOptions, type Transaction } from 'kafkajs'
import { BanyanError } from '../../domain/errors.ts'
import { sleep } from '../../util/abort.ts'
import { type AppendSession, checkedOffsets, explicitPartition } from './append-session.ts'
import type { PartitionSlice } from './batches.ts'
import { KafkaConnection } from './connection.ts'
import { interruptible, withDeadline } from './deadline.ts'
import { logError, translated } from './foreign-errors.ts'
import type { Cluster } from './kafkajs-internals.ts'
import { type KafkaLimits, type KafkaLogOptions, limitsOf, transactionTimeoutOf } from './options.ts'
import { SEND_RETRY } from './send-retry.ts'

/** InitProducerId: enough to outlast an open transaction being rolled back (about 20 ms). We loop around it. */
const TAKE_OVER_RETRY: RetryOptions = { ...SEND_RETRY, initialRetryTime: 10, retries: 8 }
const TAKE_OVER_PAUSE_MS = 200
/** A courtesy to readers, who otherwise wait for the transaction's timeout; not worth a long wait. */
const ABORT_MS = 3_000

export class TransactionalSession implements AppendSession {
  readonly #options: KafkaLogOptions
  readonly #limits: KafkaLimits
  readonly #connection: KafkaConnection
  readonly #producer: Producer
  readonly #cluster: Cluster
  readonly #transactionalId: string
  readonly #topics: readonly string[]
  #transaction: Transaction | undefined
  /** A call was given up on and may still be going on inside kafkajs. */
  #isCallPending = false

  /** `writer`: the shard's number, or another name that nobody else uses. */
  constructor(options: KafkaLogOptions, writer: number | string, topics: readonly string[]) {
    this.#options = options
    this.#limits = limitsOf(options)
    this.#topics = topics
    this.#transactionalId = `banyan.${options.bridge}.${writer}`
    this.#connection = new KafkaConnection(options)
    const { producer, cluster } = this.#connection.producer(
      {
        transactionalId: this.#transactionalId,
        transactionTimeout: transactionTimeoutOf(options),
        allowAutoTopicCreation: false,
        createPartitioner: explicitPartition,
        retry: SEND_RETRY,
      },
      TAKE_OVER_RETRY,
    )
    this.#producer = producer
    this.#cluster = cluster
  }

  async open(signal: AbortSignal): Promise<void> {
    const doing = `become the writer ${this.#transactionalId}`
    const { brokers } = this.#options
    const connect = async (): Promise<void> => {
      await this.#producer.connect()
      // Named topics only: asked for nothing in particular, kafkajs asks for all, and a stranger's offline partition
      // would keep us out.
      await this.#cluster.addMultipleTargetTopics(this.#topics)
    }
    await translated(() => interruptible(connect, this.#limits.connectMs, doing, signal), doing, brokers, signal)
    const deadline = Date.now() + this.#limits.takeOverMs
    for (;;) {
      try {
        const transaction = await interruptible(
          () => this.#producer.transaction(),
          this.#limits.requestMs,
          doing,
          signal,
        )
        await transaction.abort()
        return
      } catch (error) {
        signal.throwIfAborted()
        const failure = logError(error, doing, brokers)
        // The predecessor's transaction may still be on its way out; the coordinator may be moving.
        if (!failure.retryable || Date.now() > deadline) throw failure
        await sleep(TAKE_OVER_PAUSE_MS, signal)
      }
    }
  }

  async begin(): Promise<void> {
    this.#transaction = await this.#bounded('begin a transaction', () => this.#producer.transaction())
  }

  async send(topic: string, slices: readonly PartitionSlice[]): Promise<ReadonlyMap<number, bigint>> {
    const transaction = this.#current()
    const answers = await this.#bounded(`append to ${topic}`, () =>
      transaction.sendBatch({
        acks: -1,
        compression: this.#options.compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None,
        topicMessages: [{ topic, messages: slices.flatMap((slice) => slice.messages) }],
      }),
    )
    return checkedOffsets(topic, slices, answers)
  }

  async commit(): Promise<void> {
    const transaction = this.#current()
    await this.#bounded('commit', () => transaction.commit())
    this.#transaction = undefined
  }

  async abandon(): Promise<void> {
    const transaction = this.#transaction
    this.#transaction = undefined
    try {
      // Behind a call that is still pending an abort could overtake its records, and old brokers would let those in
      // as a transaction nobody ends. The next writer's higher epoch refuses them.
      if (transaction?.isActive() && !this.#isCallPending) await withDeadline(transaction.abort(), ABORT_MS, 'abort')
    } catch {
      // The next writer of this shard ends it, or the broker after the transaction's timeout.
    }
    await this.close()
  }

  async close(): Promise<void> {
    this.#connection.cut()
    await this.#producer.disconnect().catch(() => undefined)
  }

  #current(): Transaction {
    if (this.#transaction) return this.#transaction
    throw new BanyanError('BANYAN_INTERNAL', `the writer ${this.#transactionalId} has no open transaction`)
  }

  #bounded<T>(doing: string, act: () => Promise<T>): Promise<T> {
    this.#isCallPending = true
    const call = act().finally(() => {
      this.#isCallPending = false
    })
    return translated(() => withDeadline(call, this.#limits.requestMs, doing), doing, this.#options.brokers)
  }
}
