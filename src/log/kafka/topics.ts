/** Names and settings of the topics (contracts.md §1): what Banyan creates keeps data for ever. */
import type { NewTopic } from './admin-requests.ts'
import { SIDE_TOPICS, type SideTopic } from '../log.ts'
import type { KafkaLogOptions } from './options.ts'

export const TOPIC_KINDS = ['samples', 'checkpoints', ...SIDE_TOPICS] as const
export type TopicKind = (typeof TOPIC_KINDS)[number]

/** Their full names. */
export type Topics = Readonly<Record<TopicKind, string>>

export function topicsOf(prefix: string): Topics {
  return Object.fromEntries(TOPIC_KINDS.map((kind) => [kind, `${prefix}.${kind}`])) as Record<TopicKind, string>
}

/**
 * Partitions of a side topic that hold our records. The tags have as many as the samples: a stream processor can join
 * the two by key. Routing and audit are a few records: one partition keeps the audit chain in its order.
 */
export function sidePartitionsOf(topic: SideTopic, { partitions }: Pick<KafkaLogOptions, 'partitions'>): number {
  return topic === 'tags' ? partitions : 1
}

/** Kafka's own default; one send never holds more (batches.ts). */
export const MAX_MESSAGE_BYTES = 1_048_588

/**
 * Segments roll by *event* time: with the default of a week, ten years replayed in order make 520 segments per
 * partition, each with its own files and memory. Ten years keep even a history since 1970 at a handful.
 */
export const SEGMENT_MS = 10 * 365 * 86_400_000

const FOR_EVER = '-1'
/** Largest int64: any timestamp is taken, also of tags that hold forecasts. */
const UNLIMITED = '9223372036854775807'
/** The least Kafka 4 takes. Nothing is compacted before its segment has rolled, and every start reads it all. */
const SMALL_SEGMENT_BYTES = '1048576'

/** Settings of KIP-937; brokers before 3.6 refuse them and have no such limits. */
const TIMESTAMP_LIMITS: Readonly<Record<string, string>> = {
  'message.timestamp.before.max.ms': UNLIMITED,
  'message.timestamp.after.max.ms': UNLIMITED,
}

const COMPACT: Readonly<Record<string, string>> = { 'cleanup.policy': 'compact', 'compression.type': 'producer' }

export function newTopics(options: KafkaLogOptions, knowsTimestampLimits: boolean): NewTopic[] {
  const { partitions, writers, replicationFactor } = options
  const topics = topicsOf(options.topicPrefix)
  // With three replicas, an acknowledged record is on two: one broker may be lost for good.
  const inSync: Record<string, string> = replicationFactor >= 3 ? { 'min.insync.replicas': '2' } : {}
  const make = (name: string, count: number, settings: Readonly<Record<string, string>>): NewTopic => ({
    name,
    partitions: count,
    replicationFactor,
    settings: { ...settings, ...inSync },
  })
  return [
    make(topics.samples, partitions, {
      'cleanup.policy': 'delete',
      'retention.ms': FOR_EVER,
      'retention.bytes': FOR_EVER,
      'segment.ms': String(SEGMENT_MS),
      'max.message.bytes': String(MAX_MESSAGE_BYTES),
      'message.timestamp.type': 'CreateTime',
      'compression.type': 'producer',
      ...(knowsTimestampLimits ? TIMESTAMP_LIMITS : {}),
    }),
    make(topics.checkpoints, writers, {
      'cleanup.policy': 'compact',
      'segment.bytes': SMALL_SEGMENT_BYTES,
      'min.cleanable.dirty.ratio': '0.1',
      'compression.type': 'producer',
    }),
    make(topics.tags, sidePartitionsOf('tags', options), COMPACT),
    make(topics.routing, sidePartitionsOf('routing', options), COMPACT),
    make(topics.audit, sidePartitionsOf('audit', options), {
      'cleanup.policy': 'delete',
      'retention.ms': FOR_EVER,
      'retention.bytes': FOR_EVER,
      'max.message.bytes': String(MAX_MESSAGE_BYTES),
      'compression.type': 'producer',
    }),
  ]
}
