/**
 * SampleLog on Apache Kafka: samples and coverage in one transaction, read back by position.
 *
 * Reading and writing use separate connections, and every writer its own: a writer that is given up is cut off without
 * disturbing the others.
 */
import { BanyanError, messageOf } from '../../domain/errors.ts'
import type { TagId } from '../../domain/tag-id.ts'
import type {
  LogFinding,
  LoggedRecord,
  LogPage,
  LogPlan,
  LogPosition,
  LogWriter,
  SampleLog,
  SideRecord,
  SideTopic,
} from '../log.ts'
import { partitionOf } from '../partitioner.ts'
import { decodeRecord } from '../record.ts'
import { metadataCall, NO_ERROR } from './admin-requests.ts'
import type { AppendSession } from './append-session.ts'
import { ClusterClient } from './cluster-client.ts'
import { KafkaConnection } from './connection.ts'
import { createTopics } from './create-topics.ts'
import { IdempotentSession } from './idempotent-session.ts'
import { KafkaWriter } from './kafka-writer.ts'
import { type KafkaLimits, type KafkaLogOptions, limitsOf } from './options.ts'
import { PartitionReader } from './partition-reader.ts'
import { preflight } from './preflight.ts'
import { publishRecords } from './publish-records.ts'
import type { RawRecord } from './record-batch.ts'
import { readSideRecords } from './read-side.ts'
import { SentCorrections } from './sent-corrections.ts'
import { readShardState, type ShardState } from './shard-state.ts'
import { Unaccounted } from './tail-scan.ts'
import { sidePartitionsOf, type Topics, topicsOf } from './topics.ts'
import { TransactionalSession } from './transactional-session.ts'

export function openKafkaLog(options: KafkaLogOptions): SampleLog {
  return new KafkaLog(options)
}

class KafkaLog implements SampleLog {
  readonly kind = 'kafka'
  readonly shardCount: number
  readonly #options: KafkaLogOptions
  readonly #limits: KafkaLimits
  readonly #topics: Topics
  readonly #client: ClusterClient
  readonly #reader: PartitionReader
  readonly #writers = new Map<number, LogWriter>()
  /** Outlives the writers: what one sent in doubt, its successor looks for. Used without transactions only. */
  readonly #corrections = new SentCorrections()

  constructor(options: KafkaLogOptions) {
    this.#options = options
    this.#limits = limitsOf(options)
    this.#topics = topicsOf(options.topicPrefix)
    this.shardCount = options.writers
    this.#client = new ClusterClient(new KafkaConnection(options), options.brokers, this.#limits)
    this.#reader = new PartitionReader(this.#client, this.#limits.decisionMs)
  }

  shardOf(tag: TagId): number {
    return partitionOf(tag, this.#options.partitions) % this.#options.writers
  }

  async preflight(plan: LogPlan, signal: AbortSignal): Promise<LogFinding[]> {
    return preflight(this.#client, this.#reader, this.#options, plan, signal)
  }

  async create(signal: AbortSignal): Promise<void> {
    await createTopics(this.#client, this.#options, signal)
  }

  async openWriter(shard: number, signal: AbortSignal): Promise<LogWriter> {
    const { bridge, partitions, writers, mode } = this.#options
    const { samples, checkpoints } = this.#topics
    await this.#refuseOtherShape(signal)
    await this.#writers.get(shard)?.close()
    const session: AppendSession =
      mode === 'transactional'
        ? new TransactionalSession(this.#options, shard, [samples, checkpoints])
        : new IdempotentSession(this.#options, [samples, checkpoints])
    try {
      await session.open(signal)
      const state = await readShardState(this.#reader, checkpoints, bridge, shard, signal)
      const unaccounted = mode === 'idempotent' ? await this.#scanTail(shard, state, signal) : undefined
      const writer = new KafkaWriter(
        {
          bridge,
          shard,
          writers,
          partitions,
          samplesTopic: samples,
          checkpointsTopic: checkpoints,
          recycleAfterRecords: this.#limits.recycleAfterRecords,
          unaccounted,
        },
        session,
        state,
      )
      this.#writers.set(shard, writer)
      return writer
    } catch (error) {
      await session.abandon()
      throw error
    }
  }

  async *read(from: LogPosition, until: LogPosition, signal: AbortSignal): AsyncGenerator<LogPage> {
    for (const [partition, end] of until) {
      const start = from.get(partition) ?? 0n
      for await (const { records, next } of this.#reader.read(this.#topics.samples, partition, start, end, signal)) {
        yield { partition, records: records.flatMap((record) => this.#logged(partition, record)), next }
      }
    }
  }

  async begin(signal: AbortSignal): Promise<LogPosition> {
    return this.#positions(signal, (partition) => this.#reader.begin(this.#topics.samples, partition, signal))
  }

  async end(signal: AbortSignal): Promise<LogPosition> {
    return this.#positions(signal, (partition) => this.#reader.end(this.#topics.samples, partition, signal))
  }

  async publish(topic: SideTopic, records: readonly SideRecord[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (records.length === 0) return
    const name = this.#topics[topic]
    const partitions = sidePartitionsOf(topic, this.#options)
    await publishRecords(new IdempotentSession(this.#options, [name]), name, partitions, records, signal)
  }

  async *readSide(topic: SideTopic, signal: AbortSignal): AsyncGenerator<SideRecord> {
    const name = this.#topics[topic]
    for (let partition = 0; partition < sidePartitionsOf(topic, this.#options); partition++) {
      yield* readSideRecords(this.#reader, { topic: name, partition }, this.#options.logger, signal)
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()))
    await this.#client.close()
  }

  async #positions(signal: AbortSignal, ask: (partition: number) => Promise<bigint>): Promise<LogPosition> {
    // Fewer partitions in the configuration than in the topic would read a part of the log and call it all.
    await this.#refuseOtherShape(signal)
    const positions = new Map<number, bigint>()
    for (let partition = 0; partition < this.#options.partitions; partition++) {
      positions.set(partition, await ask(partition))
    }
    return positions
  }

  /** Tags hash to partitions and partitions to shards: other counts would look for coverage in the wrong place. */
  async #refuseOtherShape(signal: AbortSignal): Promise<void> {
    const { samples, checkpoints } = this.#topics
    const { partitions, writers } = this.#options
    const doing = `look up ${samples} and ${checkpoints}`
    const { topics } = await this.#client.askAny(doing, metadataCall([samples, checkpoints]), signal)
    for (const [name, expected, setting] of [
      [samples, partitions, 'partitions'],
      [checkpoints, writers, 'writers'],
    ] as const) {
      const topic = topics.find((candidate) => candidate.name === name)
      if (topic?.errorCode !== NO_ERROR) throw missingTopic(name)
      const actual = topic.partitions.length
      if (actual !== expected) {
        throw new BanyanError('BANYAN_LOG_UNSAFE', `${name} has ${actual} partitions, not ${expected}`, {
          hint: `Set log.kafka.${setting} to ${actual}: it is fixed when the topics are created.`,
          context: { topic: name, actual, expected },
        })
      }
    }
  }

  async #scanTail(shard: number, state: ShardState, signal: AbortSignal): Promise<Unaccounted> {
    const { partitions, writers, logger } = this.#options
    this.#corrections.settle(state.tags)
    const unaccounted = new Unaccounted(this.#corrections)
    for (let partition = shard; partition < partitions; partition += writers) {
      const begin = await this.#reader.begin(this.#topics.samples, partition, signal)
      const known = state.accounted.get(partition) ?? begin
      const from = known > begin ? known : begin
      await unaccounted.scan(this.#reader, { topic: this.#topics.samples, partition, from }, state.tags, signal)
    }
    if (unaccounted.count > 0) {
      logger.warn({ component: 'kafka', shard, records: unaccounted.count }, 'log holds records without a checkpoint')
    }
    return unaccounted
  }

  /** A stranger's record must not stop the bridge: if it stood in the place of one of ours, parity tells. */
  #logged(partition: number, { offset, value }: RawRecord): LoggedRecord[] {
    if (value === null) return []
    try {
      return [{ offset, record: decodeRecord(value.toString('utf8')) }]
    } catch (error) {
      const fields = { component: 'kafka', topic: this.#topics.samples, partition, offset: offset.toString() }
      this.#options.logger.warn({ ...fields, error: messageOf(error) }, 'record skipped, not a sample record')
      return []
    }
  }
}

function missingTopic(name: string): BanyanError {
  return new BanyanError('BANYAN_LOG_UNAVAILABLE', `topic ${name} does not exist, or this account may not see it`, {
    hint: 'Run `banyan check --create-topics`.',
    context: { topic: name },
  })
}
