/**
 * The yardstick: the plainest kafkajs producer there is. Idempotent, one send in flight, 500 records of one partition
 * per send, the same JSON made in the loop, no transaction, no checkpoint, no historian to read from.
 */
import { Kafka, logLevel, Partitioners } from 'kafkajs'

const [brokers = '', topic = '', recordCount = '0', partitionCount = '1'] = process.argv.slice(2)
const RECORDS_PER_SEND = 500

const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING })
const admin = kafka.admin()
await admin.connect()
await admin.createTopics({
  waitForLeaders: true,
  topics: [{ topic, numPartitions: Number(partitionCount), configEntries: [{ name: 'retention.ms', value: '-1' }] }],
})
await admin.disconnect()
const producer = kafka.producer({
  idempotent: true,
  maxInFlightRequests: 1,
  createPartitioner: Partitioners.DefaultPartitioner,
  retry: { initialRetryTime: 5, retries: 20 },
})
await producer.connect()
const startedMs = performance.now()
const firstMs = Date.UTC(2024, 0, 1)
for (let sent = 0; sent < Number(recordCount); sent += RECORDS_PER_SEND) {
  const partition = (sent / RECORDS_PER_SEND) % Number(partitionCount)
  const key = `sim/${String(partition)}`
  const messages = Array.from({ length: RECORDS_PER_SEND }, (_, i) => {
    const ms = firstMs + sent + i
    return {
      key,
      partition,
      timestamp: String(ms),
      value: JSON.stringify({
        v: 1,
        tag: key,
        ts: `${new Date(ms).toISOString().slice(0, 23)}0000Z`,
        ord: 0,
        rev: 0,
        op: 'put',
        type: 'float32',
        value: 50 + ((sent + i) % 1000) / 1000,
        status: 0,
        src: 'pi-web-api',
      }),
    }
  })
  await producer.send({ topic, acks: -1, messages })
}
const seconds = (performance.now() - startedMs) / 1000
await producer.disconnect()
console.log(JSON.stringify({ samples: Number(recordCount), seconds }))
