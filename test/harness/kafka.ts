/** What Kafka tests share: the run's broker, logs on topics of their own, and a raw client for looking past Banyan. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { describe, inject } from 'vitest'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import type { KafkaLogOptions } from '../../src/log/kafka/options.ts'
import type { SampleLog } from '../../src/log/log.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'

/** One address: the fault proxy stands in front of it. */
export const kafkaBrokers = inject('kafkaBrokers').split(',')[0] ?? ''

/** `describe` on a real broker; skipped with the reason when there is none. */
export function describeOnKafka(name: string, body: () => void, options: { readonly concurrent?: boolean } = {}): void {
  const problem = inject('kafkaProblem')
  if (kafkaBrokers !== '') {
    describe(name, options, body)
    return
  }
  process.stderr.write(
    `\n*** SKIPPED, no Kafka broker: ${name}\n    ${problem}\n    Set BANYAN_KAFKA_BROKERS=host:port\n\n`,
  )
  describe.skip(name, body)
}

export function newPrefix(): string {
  return `test-${randomBytes(6).toString('hex')}`
}

export function kafkaOptions(overrides: Partial<KafkaLogOptions> = {}): KafkaLogOptions {
  const topicPrefix = overrides.topicPrefix ?? newPrefix()
  return {
    // Of its own: tests share the broker, and the name is what one writer fences another by.
    bridge: topicPrefix,
    brokers: [kafkaBrokers],
    topicPrefix,
    partitions: 4,
    replicationFactor: 1,
    writers: 1,
    mode: 'transactional',
    compression: 'none',
    logger: silentLogger,
    ...overrides,
  }
}

export function openTestLog(overrides: Partial<KafkaLogOptions> = {}): SampleLog {
  return openKafkaLog(kafkaOptions(overrides))
}

/** A plain kafkajs client: an observer that shares nothing with the adapter. */
export function plainKafka(brokers: string = kafkaBrokers): Kafka {
  return new Kafka({
    clientId: 'test-observer',
    brokers: [brokers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 20, maxRetryTime: 1_000 },
  })
}

/** Makes a topic with foreign hands, and waits until it can be used. */
export async function createTopic(
  topic: string,
  numPartitions: number,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const admin = plainKafka().admin()
  await admin.connect()
  try {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }))
    // kafkajs' own waiting fails when a broker has not heard of the topic yet.
    await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }], waitForLeaders: false })
    for (;;) {
      const known = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => undefined)
      if (known?.topics[0]?.partitions.length === numPartitions) return
      await sleep(20)
    }
  } finally {
    await admin.disconnect()
  }
}

/** Removes the topics of a prefix. */
export async function removeTopics(prefix: string): Promise<void> {
  const admin = plainKafka().admin()
  await admin.connect()
  try {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${prefix}.`))
    await admin.deleteTopics({ topics, timeout: 10_000 })
  } finally {
    await admin.disconnect()
  }
}
