/** The preflight: looks at the target through `target.ts`, judges it with `topic-rules.ts`, and proves rights by use. */
import { isBanyanError, messageOf } from '../../domain/errors.ts'
import { CUTOVER_TOPICS_FINDING, type LogFinding, type LogPlan } from '../log.ts'
import type { ClusterClient } from './cluster-client.ts'
import { IdempotentSession } from './idempotent-session.ts'
import { type KafkaLogOptions, transactionTimeoutOf } from './options.ts'
import type { PartitionReader } from './partition-reader.ts'
import { describeTarget, type Target, type TopicState } from './target.ts'
import { targetFindings } from './topic-rules.ts'
import { type TopicKind, type Topics, topicsOf } from './topics.ts'
import { TransactionalSession } from './transactional-session.ts'

/** Transactional id of the probe: never a shard's number. */
const PREFLIGHT_WRITER = 'preflight'

export async function preflight(
  client: ClusterClient,
  reader: PartitionReader,
  options: KafkaLogOptions,
  plan: LogPlan,
  signal: AbortSignal,
): Promise<LogFinding[]> {
  const topics = topicsOf(options.topicPrefix)
  const target = await describeTarget(client, topics, signal)
  return [
    { name: 'reachable', ok: true, detail: `${options.brokers.join(', ')}: ${target.brokerCount} brokers` },
    ...missingFindings(topics, target, options),
    ...targetFindings(target, plan, options, Date.now()),
    ...(await heldFindings(reader, target.topics.samples, signal)),
    ...(await ownerFindings(reader, target.topics.checkpoints, options.bridge, signal)),
    await writerFinding(target, options, signal),
  ]
}

/** A log of an earlier version has no topics of cutover: that they are missing does not say that anything was lost. */
function missingFindings(names: Topics, target: Target, { brokers }: KafkaLogOptions): LogFinding[] {
  const findingOf = (name: string, kinds: readonly TopicKind[]): LogFinding => {
    const missing = kinds.filter((kind) => target.topics[kind] === undefined).map((kind) => names[kind])
    if (missing.length === 0) return { name, ok: true, detail: `${kinds.map((kind) => names[kind]).join(', ')} exist` }
    const hint = `Run \`banyan check --create-topics\` (or give the account Describe on them, on ${brokers.join(', ')}).`
    return { name, ok: false, detail: `missing: ${missing.join(', ')}`, hint, missing: true }
  }
  return [
    findingOf('topics', ['samples', 'checkpoints', 'tags']),
    findingOf(CUTOVER_TOPICS_FINDING, ['routing', 'audit']),
  ]
}

/** A log that begins above 0 has lost records already, whatever its settings say now. */
async function heldFindings(
  reader: PartitionReader,
  samples: TopicState | undefined,
  signal: AbortSignal,
): Promise<LogFinding[]> {
  if (!samples) return []
  const gone: string[] = []
  for (const { id } of readable(samples)) {
    const begin = await reader.begin(samples.name, id, signal)
    if (begin > 0n) gone.push(`${samples.name}-${id} begins at offset ${begin}`)
  }
  const finding = { name: 'samples.begin', detail: `${samples.name}: holds everything since offset 0` }
  if (gone.length === 0) return [{ ...finding, ok: true }]
  const hint =
    'Records were deleted and their windows count as copied: mend the retention, then start over under another log.kafka.topicPrefix.'
  return [{ ...finding, ok: false, detail: gone.join('; '), hint }]
}

/** Two bridges in one checkpoint partition wait for each other’s transactions; each needs a prefix of its own. */
async function ownerFindings(
  reader: PartitionReader,
  checkpoints: TopicState | undefined,
  bridge: string,
  signal: AbortSignal,
): Promise<LogFinding[]> {
  if (!checkpoints) return []
  const { name } = checkpoints
  const others = new Set<string>()
  for (const { id } of readable(checkpoints)) {
    const begin = await reader.begin(name, id, signal)
    const end = await reader.end(name, id, signal)
    for await (const { records } of reader.read(name, id, begin, end, signal)) {
      for (const { key } of records) {
        const owner = key?.toString('utf8').split('/')[0] ?? 'unknown'
        if (owner !== bridge) others.add(owner)
      }
    }
  }
  const finding = { name: 'checkpoints.owner', detail: `${name}: only bridge ${bridge} writes here` }
  if (others.size === 0) return [{ ...finding, ok: true }]
  const hint = 'Give each bridge a log.kafka.topicPrefix of its own.'
  return [{ ...finding, ok: false, detail: `${name} also holds checkpoints of: ${[...others].join(', ')}`, hint }]
}

/** Becomes a writer under a name nobody writes under: proves rights and the transaction timeout, touches no data. */
async function writerFinding(target: Target, options: KafkaLogOptions, signal: AbortSignal): Promise<LogFinding> {
  const { samples, checkpoints } = target.topics
  const topics = [samples, checkpoints].flatMap((topic) => (topic ? [topic.name] : []))
  const isTransactional = options.mode === 'transactional'
  const session = isTransactional
    ? new TransactionalSession(options, PREFLIGHT_WRITER, topics)
    : new IdempotentSession(options, topics)
  const finding = { name: isTransactional ? 'transactions' : 'idempotence' }
  try {
    await session.open(signal)
    const detail = isTransactional ? `transactions of up to ${transactionTimeoutOf(options)} ms` : 'idempotent writes'
    return { ...finding, ok: true, detail: `the brokers accept ${detail}` }
  } catch (error) {
    signal.throwIfAborted()
    const hint = (isBanyanError(error) ? error.hint : undefined) ?? 'Look at the log of the brokers.'
    return { ...finding, ok: false, detail: messageOf(error), hint }
  } finally {
    await session.close()
  }
}

/** Offline partitions have a finding of their own; asking them would only take time. */
function readable({ partitions }: TopicState): TopicState['partitions'] {
  return partitions.filter((partition) => partition.leader >= 0)
}
