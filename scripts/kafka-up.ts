/**
 * Starts a real Apache Kafka broker on this machine (Java 17+ and Maven on the PATH) and leaves it running:
 *
 *     npx tsx scripts/kafka-up.ts     prints BANYAN_KAFKA_BROKERS=host:port
 *     npx tsx scripts/kafka-down.ts   stops it and removes its data
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { startKafka } from './kafka/broker.ts'
import { isBroker, PID_FILE, type PidFile } from './kafka/pid-file.ts'

if (existsSync(PID_FILE)) {
  const running = JSON.parse(readFileSync(PID_FILE, 'utf8')) as PidFile
  if (isBroker(running.pid)) {
    console.log(`BANYAN_KAFKA_BROKERS=${running.brokers}`)
    process.exit(0)
  }
}
const kafka = await startKafka({ detached: true })
const entry: PidFile = { pid: kafka.pid, brokers: kafka.brokers, folder: kafka.folder }
writeFileSync(PID_FILE, JSON.stringify(entry))
console.error(`Kafka broker ${kafka.pid} is running; data and log in ${kafka.folder}`)
console.log(`BANYAN_KAFKA_BROKERS=${kafka.brokers}`)
