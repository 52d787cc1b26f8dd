/** Side topics on a real broker: what strangers do to them, and what others see of what we publish. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { SampleLog, SideRecord, SideTopic } from '../../src/log/log.ts'
import type { Logger } from '../../src/telemetry/logger.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { describeOnKafka, newPrefix, openTestLog, plainKafka, removeTopics } from '../harness/kafka.ts'

const never = new AbortController().signal

describeOnKafka('side topics', () => {
  let topicPrefix: string
  let log: SampleLog
  let warnings: unknown[]

  beforeEach(async () => {
    topicPrefix = newPrefix()
    warnings = []
    const logger: Logger = { ...silentLogger, warn: (fields: object) => void warnings.push(fields) }
    log = openTestLog({ topicPrefix, logger })
    await log.create(never)
  })
  afterEach(async () => {
    await log.close()
    await removeTopics(topicPrefix)
  })

  async function side(topic: SideTopic): Promise<SideRecord[]> {
    const records: SideRecord[] = []
    for await (const record of log.readSide(topic, never)) records.push(record)
    return records
  }

  it('what a stranger wrote is left out and told, and what stands behind it is read', async () => {
    const first = { key: 'boiler', value: '{"seq":1}' }
    const second = { key: 'boiler', value: '{"seq":2}' }
    await log.publish('audit', [first], never)
    const producer = plainKafka().producer()
    await producer.connect()
    await producer.send({
      topic: `${topicPrefix}.audit`,
      messages: [
        { key: 'boiler', value: null },
        { key: null, value: '{"seq":2}' },
        { key: Buffer.from([0xff]), value: '{}' },
        { key: 'boiler', value: Buffer.from([0x7b, 0xc3, 0x28, 0x7d]) },
        { key: 'x'.repeat(20_000), value: '{}' },
      ].map((message) => ({ ...message, partition: 0 })),
    })
    await producer.disconnect()
    await log.publish('audit', [second], never)

    expect(await side('audit')).toEqual([first, second])
    expect(warnings).toEqual([{ component: 'kafka', topic: `${topicPrefix}.audit`, partition: 0, records: 5 }])
  })

  it('the chain is one partition, in the order of publication, for any consumer', async () => {
    const events = ['boiler', 'press', 'boiler'].map((key, i) => ({ key, value: `{"seq":${i + 1}}` }))
    for (const event of events) await log.publish('audit', [event], never)
    const consumer = plainKafka().consumer({ groupId: `${topicPrefix}-observer` })
    const seen: unknown[] = []
    await consumer.connect()
    try {
      await consumer.subscribe({ topic: `${topicPrefix}.audit`, fromBeginning: true })
      await new Promise<void>((resolve, reject) => {
        consumer
          .run({
            eachMessage: async ({ partition, message }) => {
              seen.push({ partition, key: message.key?.toString(), value: message.value?.toString() })
              if (seen.length === events.length) resolve()
            },
          })
          .catch(reject)
      })
    } finally {
      await consumer.disconnect()
    }
    expect(seen).toEqual(events.map((event) => ({ partition: 0, ...event })))
  })
})
