/**
 * What an existing topic must look like, or the data would not last. Pure: state in, findings out. Every finding that
 * is not ok carries the command that mends it.
 */
import { type Ticks, ticksFromMs } from '../../domain/ticks.ts'
import type { LogFinding, LogPlan } from '../log.ts'
import type { KafkaLogOptions } from './options.ts'
import type { Target, TopicState } from './target.ts'
import { SEGMENT_MS, type TopicKind } from './topics.ts'

const MS_PER_DAY = 86_400_000
/** A replay takes its time, and retention works meanwhile: it must reach this much deeper than the oldest sample. */
const RETENTION_MARGIN_MS = 30 * MS_PER_DAY
/** Clocks of historian, bridge and broker may differ by so much. */
const CLOCK_SKEW_MS = 300_000
/** Each segment costs files and memory, and rolls by event time: more than this per partition slows the broker down. */
const MAX_SEGMENTS = 60
/** One record batch of the adapter (batches.ts) with its header. */
const LEAST_MESSAGE_BYTES = 901_000
/** A checkpoint partition is read whole at every start, and is compacted only up to its last segment. */
const MAX_CHECKPOINT_SEGMENT_BYTES = 64 * 1024 * 1024
/** What Banyan's reader can decompress; `producer` keeps what Banyan sent. */
const READABLE_COMPRESSION = new Set(['producer', 'gzip', 'uncompressed'])

interface Rule {
  readonly setting: string
  readonly isFine: (value: string) => boolean
  /** The value that mends it. */
  readonly wanted: string
  readonly why: string
}

export function targetFindings(target: Target, plan: LogPlan, options: KafkaLogOptions, now: number): LogFinding[] {
  const { partitions, writers } = options
  const findings = (kind: TopicKind, partitionCount: number | undefined, rules: readonly Rule[]): LogFinding[] => {
    const topic = target.topics[kind]
    return topic === undefined ? [] : topicFindings(kind, topic, partitionCount, rules, options)
  }
  return [
    ...findings('samples', partitions, sampleRules(plan, now)),
    ...findings('checkpoints', writers, CHECKPOINT_RULES),
    ...findings('tags', partitions, TAG_RULES),
    // Further partitions stay empty, and do no harm.
    ...findings('routing', undefined, ROUTING_RULES),
    ...findings('audit', undefined, AUDIT_RULES),
  ]
}

/** `partitionCount`: undefined where any number will do. */
function topicFindings(
  kind: TopicKind,
  topic: TopicState,
  partitionCount: number | undefined,
  rules: readonly Rule[],
  options: KafkaLogOptions,
): LogFinding[] {
  return [
    ...(partitionCount === undefined ? [] : [partitionFinding(kind, topic, partitionCount)]),
    leaderFinding(kind, topic),
    replicaFinding(kind, topic, options.replicationFactor),
    ...settingFindings(kind, topic, [...rules, ...durabilityRules(options.replicationFactor)], options.brokers),
  ]
}

function sampleRules({ oldest, newest }: LogPlan, now: number): Rule[] {
  const ageMs = msBetween(oldest, now)
  // Live samples are of now, however old the planned ones are.
  const aheadMs = Math.max(0, -msBetween(newest, now))
  const atLeast = (least: number) => (value: string) => value === '-1' || Number(value) >= least
  const spanMs = Math.max(0, ageMs) + aheadMs
  return [
    {
      setting: 'cleanup.policy',
      isFine: (value) => value === 'delete',
      wanted: 'delete',
      why: 'compaction keeps only the last sample of a tag',
    },
    {
      setting: 'retention.ms',
      isFine: atLeast(ageMs + RETENTION_MARGIN_MS),
      wanted: '-1',
      why: 'retention goes by the sample’s own time: older samples are deleted minutes after they are written',
    },
    {
      setting: 'retention.bytes',
      isFine: (value) => value === '-1',
      wanted: '-1',
      why: 'the oldest samples are deleted when a partition grows beyond it',
    },
    {
      setting: 'message.timestamp.type',
      isFine: (value) => value === 'CreateTime',
      wanted: 'CreateTime',
      why: 'the broker would overwrite the sample’s time with its own',
    },
    {
      setting: 'message.timestamp.after.max.ms',
      isFine: (value) => Number(value) >= aheadMs + CLOCK_SKEW_MS,
      wanted: '9223372036854775807',
      why: 'samples ahead of the broker’s clock are refused',
    },
    {
      setting: 'message.timestamp.before.max.ms',
      isFine: (value) => Number(value) >= ageMs + RETENTION_MARGIN_MS,
      wanted: '9223372036854775807',
      why: 'samples older than this are refused',
    },
    {
      // The limit's name before Kafka 3.6; works both ways.
      setting: 'message.timestamp.difference.max.ms',
      isFine: (value) => Number(value) >= Math.max(ageMs + RETENTION_MARGIN_MS, aheadMs + CLOCK_SKEW_MS),
      wanted: '9223372036854775807',
      why: 'samples this far from the broker’s clock are refused',
    },
    {
      setting: 'segment.ms',
      isFine: (value) => spanMs / Number(value) <= MAX_SEGMENTS,
      wanted: String(SEGMENT_MS),
      why: `segments roll by the samples’ time: this history would make more than ${MAX_SEGMENTS} per partition`,
    },
    ...FORMAT_RULES,
  ]
}

const FORMAT_RULES: readonly Rule[] = [
  {
    setting: 'max.message.bytes',
    isFine: (value) => Number(value) >= LEAST_MESSAGE_BYTES,
    wanted: '1048588',
    why: 'a batch of Banyan can be larger and would be refused',
  },
  {
    setting: 'compression.type',
    isFine: (value) => READABLE_COMPRESSION.has(value),
    wanted: 'producer',
    why: 'the broker would compress again, with a codec Banyan cannot read back',
  },
]

const CHECKPOINT_RULES: readonly Rule[] = [
  {
    setting: 'cleanup.policy',
    isFine: (value) => value === 'compact',
    wanted: 'compact',
    why: 'a deleted checkpoint makes Banyan copy its windows a second time',
  },
  {
    setting: 'segment.bytes',
    isFine: (value) => Number(value) <= MAX_CHECKPOINT_SEGMENT_BYTES,
    wanted: '1048576',
    why: 'nothing is compacted before a segment is full, and every start reads it all',
  },
  ...FORMAT_RULES,
]

const TAG_RULES: readonly Rule[] = [
  {
    setting: 'cleanup.policy',
    isFine: (value) => value === 'compact',
    wanted: 'compact',
    why: 'the tags’ descriptions would be deleted after a while',
  },
]

const ROUTING_RULES: readonly Rule[] = [
  {
    setting: 'cleanup.policy',
    isFine: (value) => value === 'compact',
    wanted: 'compact',
    why: 'a consumer that starts later would not learn which side serves it',
  },
  ...FORMAT_RULES,
]

const AUDIT_RULES: readonly Rule[] = [
  {
    setting: 'cleanup.policy',
    isFine: (value) => value === 'delete',
    wanted: 'delete',
    why: 'compaction keeps only the last decision about a workload',
  },
  ...['retention.ms', 'retention.bytes'].map((setting) => ({
    setting,
    isFine: (value: string) => value === '-1',
    wanted: '-1',
    why: 'the oldest decisions are deleted, and the rest proves nothing without them',
  })),
  ...FORMAT_RULES,
]

function durabilityRules(replicationFactor: number): Rule[] {
  const unclean: Rule = {
    setting: 'unclean.leader.election.enable',
    isFine: (value) => value !== 'true',
    wanted: 'false',
    why: 'a replica that lacks acknowledged records could become the leader',
  }
  if (replicationFactor < 3) return [unclean]
  const inSync: Rule = {
    setting: 'min.insync.replicas',
    isFine: (value) => Number(value) >= 2,
    wanted: '2',
    why: 'an acknowledged record may be on one broker only',
  }
  return [unclean, inSync]
}

function settingFindings(
  kind: string,
  { name, settings }: TopicState,
  rules: readonly Rule[],
  brokers: readonly string[],
): LogFinding[] {
  if (!settings) {
    const hint = `kafka-acls.sh --bootstrap-server ${brokers.join(',')} --add --allow-principal User:<account> --operation DescribeConfigs --topic ${name}`
    return [{ name: `${kind}.settings`, ok: false, detail: `this account may not see the settings of ${name}`, hint }]
  }
  return rules.flatMap(({ setting, isFine, wanted, why }): LogFinding[] => {
    const value = settings.get(setting)
    // A setting this broker's version does not have limits nothing.
    if (value === undefined) return []
    const finding = { name: `${kind}.${setting}`, detail: `${name}: ${setting}=${value}` }
    if (isFine(value)) return [{ ...finding, ok: true }]
    const hint = `kafka-configs.sh --bootstrap-server ${brokers.join(',')} --alter --entity-type topics --entity-name ${name} --add-config ${setting}=${wanted}`
    return [{ ...finding, ok: false, detail: `${finding.detail}: ${why}`, hint }]
  })
}

function partitionFinding(kind: string, { name, partitions }: TopicState, expected: number): LogFinding {
  const finding = { name: `${kind}.partitions`, detail: `${name}: ${partitions.length} partitions` }
  if (partitions.length === expected) return { ...finding, ok: true }
  const key = kind === 'checkpoints' ? 'writers' : 'partitions'
  const hint = `Set log.kafka.${key} to ${partitions.length}: it is fixed when the topics are created.`
  return { ...finding, ok: false, detail: `${finding.detail}, ${expected} expected`, hint }
}

function leaderFinding(kind: string, { name, partitions, settings }: TopicState): LogFinding {
  const offline = partitions.filter((partition) => partition.leader < 0)
  const least = Number(settings?.get('min.insync.replicas') ?? '1')
  const short = partitions.filter((partition) => partition.leader >= 0 && partition.inSync.length < least)
  const finding = { name: `${kind}.leaders`, detail: `${name}: every partition has a leader and ${least} in sync` }
  if (offline.length === 0 && short.length === 0) return { ...finding, ok: true }
  const parts = [
    ...offline.map(({ id, replicas }) => `${name}-${id} is offline (brokers ${replicas.join(', ')})`),
    ...short.map(({ id, inSync }) => `${name}-${id} has ${inSync.length} of ${least} replicas in sync`),
  ]
  return { ...finding, ok: false, detail: parts.join('; '), hint: 'Start the brokers that hold these partitions.' }
}

function replicaFinding(kind: string, { name, partitions }: TopicState, expected: number): LogFinding {
  const least = Math.min(...partitions.map((partition) => partition.replicas.length))
  const finding = { name: `${kind}.replicas`, detail: `${name}: ${least} replicas` }
  if (least >= expected) return { ...finding, ok: true }
  const hint = `Add replicas with kafka-reassign-partitions.sh, or set log.kafka.replicationFactor to ${least} if that is meant.`
  return { ...finding, ok: false, detail: `${finding.detail}, ${expected} expected`, hint }
}

/** Positive when `at` lies before `now`. */
function msBetween(at: Ticks, now: number): number {
  return Number(ticksFromMs(now) - at) / 10_000
}
