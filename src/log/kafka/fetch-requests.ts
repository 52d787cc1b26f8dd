/**
 * The requests Banyan encodes itself and sends through kafkajs' connections (so that TLS and SASL are kafkajs'):
 * Fetch v4 and ListOffsets v2, the versions every broker since 0.11 and every Kafka 4 speaks.
 */
import type { AbortedTransaction } from './committed-records.ts'
import type { ProtocolCall } from './kafkajs-internals.ts'
import { decodeBatches, type RecordBatch } from './record-batch.ts'
import { protocolCall, type Reader, Writer } from './wire-codec.ts'

export const READ_UNCOMMITTED = 0
export const READ_COMMITTED = 1
export type IsolationLevel = typeof READ_UNCOMMITTED | typeof READ_COMMITTED

/** Pseudo timestamps of ListOffsets. */
export const EARLIEST = -2n
export const LATEST = -1n

const FETCH = { apiKey: 1, apiVersion: 4, apiName: 'Fetch' }
const LIST_OFFSETS = { apiKey: 2, apiVersion: 2, apiName: 'ListOffsets' }
/** We are a client, not a broker that follows. */
const REPLICA_ID = -1
/** Larger answers are slower, not faster: kafkajs copies what it has for every chunk that arrives. */
const FETCH_BYTES = 1024 * 1024
/** How long the broker may hold an empty answer back, waiting for data or for a transaction to be decided. */
const FETCH_WAIT_MS = 250

export interface FetchAnswer {
  /** Kafka's error code, 0 when fine. */
  readonly errorCode: number
  /** Everything below is replicated, decided or not. */
  readonly highWatermark: bigint
  /** Everything below is decided. */
  readonly lastStableOffset: bigint
  readonly aborted: readonly AbortedTransaction[]
  readonly batches: readonly RecordBatch[]
}

export function fetchCall(topic: string, partition: number, offset: bigint): ProtocolCall<FetchAnswer> {
  const body = new Writer()
    .int32(REPLICA_ID)
    .int32(FETCH_WAIT_MS)
    .int32(1) // min bytes
    .int32(FETCH_BYTES)
    .int8(READ_COMMITTED)
    .int32(1) // one topic
    .string(topic)
    .int32(1) // one partition
    .int32(partition)
    .int64(offset)
    .int32(FETCH_BYTES)
  return protocolCall(FETCH, body, `${topic}-${partition}`, (reader): FetchAnswer => {
    reader.int32() // throttle time
    expectOne(reader, topic, partition)
    const errorCode = reader.int16()
    const highWatermark = reader.int64()
    const lastStableOffset = reader.int64()
    const aborted = reader.array((): AbortedTransaction => ({
      producerId: reader.int64(),
      firstOffset: reader.int64(),
    }))
    const batches = decodeBatches(reader.bytes())
    return { errorCode, highWatermark, lastStableOffset, aborted, batches }
  })
}

export interface OffsetAnswer {
  readonly errorCode: number
  readonly offset: bigint
}

export function listOffsetCall(
  topic: string,
  partition: number,
  timestamp: typeof EARLIEST | typeof LATEST,
  isolation: IsolationLevel,
): ProtocolCall<OffsetAnswer> {
  const body = new Writer()
    .int32(REPLICA_ID)
    .int8(isolation)
    .int32(1)
    .string(topic)
    .int32(1)
    .int32(partition)
    .int64(timestamp)
  return protocolCall(LIST_OFFSETS, body, `${topic}-${partition}`, (reader) => {
    reader.int32() // throttle time
    expectOne(reader, topic, partition)
    const errorCode = reader.int16()
    reader.int64() // timestamp
    return { errorCode, offset: reader.int64() }
  })
}

/** One question about one partition has one answer about the same partition. */
function expectOne(reader: Reader, topic: string, partition: number): void {
  const matches = reader.int32() === 1 && reader.string() === topic && reader.int32() === 1
  if (!matches || reader.int32() !== partition) {
    throw new RangeError(`the broker answered for something other than ${topic}-${partition}`)
  }
}
