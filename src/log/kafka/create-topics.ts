/** Makes the topics that do not exist yet, and waits until they can be used; touches none that exists. */
import { BanyanError } from '../../domain/errors.ts'
import { sleep } from '../../util/abort.ts'
import {
  createTopicsCall,
  INVALID_CONFIG,
  metadataCall,
  type NewTopic,
  NO_ERROR,
  TOPIC_EXISTS,
  type TopicMetadata,
} from './admin-requests.ts'
import type { ClusterClient } from './cluster-client.ts'
import type { KafkaLogOptions } from './options.ts'
import { newTopics } from './topics.ts'

/** A leader is elected in milliseconds, unless the brokers meant to hold the partition are not there. */
const LEADERS_MS = 15_000
const POLL_MS = 20

export async function createTopics(
  client: ClusterClient,
  options: KafkaLogOptions,
  signal: AbortSignal,
): Promise<void> {
  const refused = await attempt(client, newTopics(options, true), signal)
  if (refused.every((topic) => topic.errorCode === INVALID_CONFIG)) {
    // A broker from before KIP-937 does not know the timestamp limits, and has none.
    const names = new Set(refused.map((topic) => topic.name))
    const again = newTopics(options, false).filter((topic) => names.has(topic.name))
    const stillRefused = await attempt(client, again, signal)
    if (stillRefused.length > 0) throw refusal(stillRefused)
  } else if (refused.length > 0) {
    throw refusal(refused)
  }
  await untilLed(
    client,
    newTopics(options, true).map(({ name }) => name),
    signal,
  )
}

/** The controller answers before the brokers have heard of the topics and elected their leaders. */
async function untilLed(client: ClusterClient, names: readonly string[], signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + LEADERS_MS
  for (;;) {
    const { topics } = await client.askAny('look up the new topics', metadataCall(names), signal)
    const isLed = ({ errorCode, partitions }: TopicMetadata): boolean =>
      errorCode === NO_ERROR && partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)
    if (topics.length === names.length && topics.every(isLed)) return
    if (Date.now() > deadline) {
      throw new BanyanError('BANYAN_LOG_UNAVAILABLE', `no leader for ${names.join(', ')}`, {
        retryable: true,
        hint: 'Look at the brokers: the topics were created, but not all of their partitions have a leader.',
      })
    }
    await sleep(POLL_MS, signal)
  }
}

interface Refused {
  readonly name: string
  readonly errorCode: number
  readonly errorMessage: string
}

async function attempt(
  client: ClusterClient,
  topics: readonly NewTopic[],
  signal: AbortSignal,
): Promise<readonly Refused[]> {
  if (topics.length === 0) return []
  const answers = await client.askController('create topics', createTopicsCall(topics), signal)
  return answers.filter(({ errorCode }) => errorCode !== NO_ERROR && errorCode !== TOPIC_EXISTS)
}

function refusal(topics: readonly Refused[]): BanyanError {
  const reasons = topics.map(({ name, errorCode, errorMessage }) => `${name}: ${errorMessage || `error ${errorCode}`}`)
  return new BanyanError('BANYAN_LOG_UNAVAILABLE', `Kafka does not create ${reasons.join('; ')}`, {
    hint: 'Check log.kafka.replicationFactor against the number of brokers, and the account’s right to create topics; or have the topics made as docs/contracts.md lists them.',
  })
}
