/**
 * Reads back a partition of a side topic: text by key. Others may write there, so what is no record of ours is left out
 * with a warning, and nothing in it is trusted: the reader of the text decodes it.
 */
import type { Logger } from '../../telemetry/logger.ts'
import type { SideRecord } from '../log.ts'
import type { PartitionReader } from './partition-reader.ts'
import type { RawRecord } from './record-batch.ts'
import { MAX_MESSAGE_BYTES } from './topics.ts'

/** A tag id or the name of a workload; ours are far shorter. */
const KEY_BYTES_MAX = 16_384

/** From the beginning to the end as of this call, in offset order. */
export async function* readSideRecords(
  reader: PartitionReader,
  { topic, partition }: { readonly topic: string; readonly partition: number },
  logger: Logger,
  signal: AbortSignal,
): AsyncGenerator<SideRecord> {
  signal.throwIfAborted()
  const from = await reader.begin(topic, partition, signal)
  const until = await reader.end(topic, partition, signal)
  let strangers = 0
  for await (const { records } of reader.read(topic, partition, from, until, signal)) {
    for (const record of records) {
      const decoded = sideRecordOf(record)
      if (decoded === undefined) strangers += 1
      else yield decoded
    }
  }
  if (strangers > 0) {
    logger.warn({ component: 'kafka', topic, partition, records: strangers }, 'records skipped, not written by banyan')
  }
}

/** Undefined for what Banyan does not write. */
function sideRecordOf({ key, value }: Pick<RawRecord, 'key' | 'value'>): SideRecord | undefined {
  if (key === null || value === null) return undefined
  if (key.length > KEY_BYTES_MAX || value.length > MAX_MESSAGE_BYTES) return undefined
  try {
    return { key: decoder.decode(key), value: decoder.decode(value) }
  } catch {
    return undefined
  }
}

// A byte order mark is not ours: it stays, and whoever decodes the text refuses it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
