/**
 * Kafka record batches (format v2, since 0.11) as a fetch answers them.
 *
 * Decoded here and not by kafkajs, because its decoder drops a batch whose records were all compacted away: a reader
 * that sees only such batches cannot know where to go on. The checksum is verified, which kafkajs does not.
 */
import { gunzipSync } from 'node:zlib'
import { crc32c } from './crc32c.ts'

export interface RecordBatch {
  readonly baseOffset: bigint
  /** Inclusive; stays when compaction removes the record itself. */
  readonly lastOffset: bigint
  readonly producerId: bigint
  readonly isTransactional: boolean
  /** Ends a transaction; its one record is a marker and never data. */
  readonly isControl: boolean
  /** Ascending by offset. */
  readonly records: readonly RawRecord[]
}

export interface RawRecord {
  readonly offset: bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
}

// Offsets within a batch, see "Record Batch" in the Kafka protocol guide.
const LENGTH_AT = 8
const HEADER_UNTIL_LENGTH = 12
const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const PRODUCER_ID_AT = 43
const COUNT_AT = 57
const RECORDS_AT = 61
const MAGIC = 2
const CODEC_MASK = 0x07
const TRANSACTIONAL_BIT = 0x10
const CONTROL_BIT = 0x20
const GZIP = 1
/** A batch is at most max.message.bytes, 1 MB; telemetry JSON packs 10 to 20 fold. More is a bomb. */
const MAX_INFLATED_BYTES = 256 * 1024 * 1024

/** Whole batches only: an answer may end in a piece of the next one. Throws RangeError for damaged bytes. */
export function decodeBatches(recordSet: Buffer): RecordBatch[] {
  const batches: RecordBatch[] = []
  let at = 0
  while (at + RECORDS_AT <= recordSet.length) {
    const end = at + HEADER_UNTIL_LENGTH + recordSet.readInt32BE(at + LENGTH_AT)
    if (end < at + RECORDS_AT) throw new RangeError('a record batch is shorter than its header')
    if (end > recordSet.length) break
    batches.push(decodeBatch(recordSet.subarray(at, end)))
    at = end
  }
  return batches
}

function decodeBatch(batch: Buffer): RecordBatch {
  const magic = batch.readInt8(MAGIC_AT)
  if (magic !== MAGIC) throw new RangeError(`record batch format ${magic} is not ${MAGIC}`)
  if (batch.readUInt32BE(CRC_AT) !== crc32c(batch.subarray(ATTRIBUTES_AT))) {
    throw new RangeError('a record batch fails its checksum')
  }
  const attributes = batch.readInt16BE(ATTRIBUTES_AT)
  const baseOffset = batch.readBigInt64BE(0)
  const body = inflate(batch.subarray(RECORDS_AT), attributes & CODEC_MASK)
  return {
    baseOffset,
    lastOffset: baseOffset + BigInt(batch.readInt32BE(LAST_OFFSET_DELTA_AT)),
    producerId: batch.readBigInt64BE(PRODUCER_ID_AT),
    isTransactional: (attributes & TRANSACTIONAL_BIT) !== 0,
    isControl: (attributes & CONTROL_BIT) !== 0,
    records: decodeRecords(body, baseOffset, batch.readInt32BE(COUNT_AT)),
  }
}

function inflate(body: Buffer, codec: number): Buffer {
  if (codec === 0 || body.length === 0) return body
  if (codec !== GZIP) {
    throw new RangeError(`a record batch is compressed with codec ${codec}; set compression.type=producer on the topic`)
  }
  return gunzipSync(body, { maxOutputLength: MAX_INFLATED_BYTES })
}

function decodeRecords(body: Buffer, baseOffset: bigint, count: number): RawRecord[] {
  const cursor = new VarintCursor(body)
  const records: RawRecord[] = []
  for (let i = 0; i < count; i++) {
    const length = cursor.varint()
    const end = cursor.at + length
    if (length < 0 || end > body.length) throw new RangeError('a record is longer than its batch')
    cursor.at += 1 // attributes, unused
    cursor.skipVarint() // timestamp delta
    const offset = baseOffset + BigInt(cursor.varint())
    records.push({ offset, key: cursor.bytes(), value: cursor.bytes() })
    cursor.at = end // headers, unused
  }
  return records
}

/** Zigzag varints as in Protocol Buffers. */
class VarintCursor {
  at = 0
  readonly #data: Buffer

  constructor(data: Buffer) {
    this.#data = data
  }

  varint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#data[this.at++]
      if (byte === undefined) break
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    throw new RangeError('a number in a record is cut off')
  }

  skipVarint(): void {
    while ((this.#data[this.at++] ?? 0) >= 0x80);
  }

  /** A view, not a copy. */
  bytes(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    const from = this.at
    this.at += length
    if (this.at > this.#data.length) throw new RangeError('a field of a record is cut off')
    return this.#data.subarray(from, this.at)
  }
}
