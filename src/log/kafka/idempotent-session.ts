/**
 * For brokers without transactions: the producer is idempotent, so a lost response does not repeat records, but data
 * and checkpoint become durable one after the other, and nothing fences a second process.
 *
 * What that means, and what a writer in this mode therefore does:
 * - a crash between the two leaves records without a checkpoint: the next writer finds them (tail-scan.ts) and does not
 *   write them again;
 * - two processes with the same bridge name would both write: only the lease keeps them apart;
 * - readers may see the records of an append before its checkpoint.
 */
import { CompressionTypes, type Producer, type RecordMetadata } from 'kafkajs'
import { type AppendSession, checkedOffsets, explicitPartition } from './append-session.ts'
import type { PartitionSlice } from './batches.ts'
import { KafkaConnection } from './connection.ts'
import { interruptible, withDeadline } from './deadline.ts'
import { translated } from './foreign-errors.ts'
import type { Cluster } from './kafkajs-internals.ts'
import { type KafkaLimits, type KafkaLogOptions, limitsOf } from './options.ts'
import { SEND_RETRY } from './send-retry.ts'

export class IdempotentSession implements AppendSession {
  readonly #options: KafkaLogOptions
  readonly #limits: KafkaLimits
  readonly #connection: KafkaConnection
  readonly #producer: Producer
  readonly #cluster: Cluster
  readonly #topics: readonly string[]

  constructor(options: KafkaLogOptions, topics: readonly string[]) {
    this.#options = options
    this.#limits = limitsOf(options)
    this.#topics = topics
    this.#connection = new KafkaConnection(options)
    const { producer, cluster } = this.#connection.producer(
      { idempotent: true, allowAutoTopicCreation: false, createPartitioner: explicitPartition, retry: SEND_RETRY },
      SEND_RETRY,
    )
    this.#producer = producer
    this.#cluster = cluster
  }

  async open(signal: AbortSignal): Promise<void> {
    const open = async (): Promise<void> => {
      // Named topics first, so that connecting does not ask for all of them.
      await this.#cluster.connect()
      await this.#cluster.addMultipleTargetTopics(this.#topics)
      await this.#producer.connect()
    }
    const connect = (): Promise<void> => interruptible(open, this.#limits.connectMs, 'connect', signal)
    await translated(connect, 'connect', this.#options.brokers, signal)
  }

  async begin(): Promise<void> {
    // Nothing to open: every send stands for itself.
  }

  /** One partition per request: a leader that moves amid several could make kafkajs repeat or forget one of them. */
  async send(topic: string, slices: readonly PartitionSlice[]): Promise<ReadonlyMap<number, bigint>> {
    const offsets = new Map<number, bigint>()
    for (const slice of slices) {
      const doing = `append to ${topic}-${slice.partition}`
      const send = (): Promise<RecordMetadata[]> =>
        this.#producer.send({
          acks: -1,
          compression: this.#options.compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None,
          topic,
          messages: [...slice.messages],
        })
      const bounded = (): Promise<RecordMetadata[]> => withDeadline(send(), this.#limits.requestMs, doing)
      const answers = await translated(bounded, doing, this.#options.brokers)
      for (const [partition, offset] of checkedOffsets(topic, [slice], answers)) offsets.set(partition, offset)
    }
    return offsets
  }

  async commit(): Promise<void> {
    // Every send was durable when it resolved.
  }

  async abandon(): Promise<void> {
    await this.close()
  }

  async close(): Promise<void> {
    this.#connection.cut()
    await this.#producer.disconnect().catch(() => undefined)
  }
}
