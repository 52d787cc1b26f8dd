/**
 * A process of its own that appends a crash batch, and dies at the failpoint its environment names.
 * Arguments: brokers, topic prefix, partitions, mode, batch.
 */
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { CRASH_BATCHES, type CrashBatch } from '../log/build-samples.ts'

const [brokers = '', topicPrefix = '', partitions = '', mode = '', batch = ''] = process.argv.slice(2)
const log = openKafkaLog({
  bridge: topicPrefix,
  brokers: [brokers],
  topicPrefix,
  partitions: Number(partitions),
  replicationFactor: 1,
  writers: 1,
  mode: mode === 'idempotent' ? mode : 'transactional',
  compression: 'none',
  logger: silentLogger,
})
const writer = await log.openWriter(0, new AbortController().signal)
await writer.append(CRASH_BATCHES[batch as CrashBatch])
await log.close()
