/** The decoder against kafkajs' own encoder, and against damage. */
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../../src/log/kafka/crc32c.ts'
import { decodeBatches } from '../../../src/log/kafka/record-batch.ts'

interface Encoded {
  readonly buffer: Buffer
}
const require = createRequire(import.meta.url)
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (batch: object) => Promise<Encoded>
}
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => object

interface Content {
  readonly key: string
  readonly value: string
}

/** kafkajs writes base offset 0; a broker overwrites it, outside the checksum. */
async function encode(contents: readonly Content[], baseOffset: bigint, compression = 0): Promise<Buffer> {
  const records = contents.map(({ key, value }, i) =>
    encodeRecord({ offsetDelta: i, timestampDelta: i * 1000, key: Buffer.from(key), value: Buffer.from(value) }),
  )
  const { buffer } = await RecordBatch({
    compression,
    records,
    firstTimestamp: 1,
    maxTimestamp: 1,
    producerId: 77,
    producerEpoch: 1,
    firstSequence: 0,
    transactional: true,
    lastOffsetDelta: contents.length - 1,
  })
  const batch = Buffer.from(buffer)
  batch.writeBigInt64BE(baseOffset)
  return batch
}

const contents = fc.array(fc.record({ key: fc.string({ unit: 'binary' }), value: fc.string({ unit: 'binary' }) }), {
  minLength: 1,
  maxLength: 20,
})

describe('record batches', () => {
  it.each([
    ['plain', 0],
    ['gzip', 1],
  ])('come back as they were written, %s', async (_, compression) => {
    await fc.assert(
      fc.asyncProperty(contents, contents, fc.bigInt(0n, 2n ** 60n), async (first, second, base) => {
        const next = base + BigInt(first.length)
        const bytes = Buffer.concat([await encode(first, base, compression), await encode(second, next, compression)])
        const decoded = decodeBatches(bytes)
        expect(decoded.map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset])).toEqual([
          [base, next - 1n],
          [next, next + BigInt(second.length) - 1n],
        ])
        expect(decoded.every((b) => b.isTransactional && !b.isControl && b.producerId === 77n)).toBe(true)
        const all = decoded.flatMap(({ records }) => records)
        expect(all.map(({ offset }) => offset)).toEqual(all.map((_record, i) => base + BigInt(i)))
        expect(all.map(({ key, value }) => ({ key: key?.toString(), value: value?.toString() }))).toEqual(
          [...first, ...second].map(({ key, value }) => ({
            key: Buffer.from(key).toString(),
            value: Buffer.from(value).toString(),
          })),
        )
      }),
      { numRuns: 50 },
    )
  })

  it('that are cut off at the end are left for the next fetch', async () => {
    const whole = await encode([{ key: 'a', value: 'b' }], 5n)
    const cut = await encode([{ key: 'c', value: 'd' }], 6n)
    for (const length of [0, 1, 20, 60, cut.length - 1]) {
      const [batch, ...more] = decodeBatches(Buffer.concat([whole, cut.subarray(0, length)]))
      expect([batch?.lastOffset, more.length]).toEqual([5n, 0])
    }
  })

  it('without records still say where to go on', async () => {
    // What compaction leaves of a batch: the header with its offsets, and no records.
    const batch = (await encode([{ key: 'a', value: 'b' }], 5n)).subarray(0, 61)
    batch.writeInt32BE(batch.length - 12, 8)
    batch.writeInt32BE(41, 23)
    batch.writeInt32BE(0, 57)
    batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
    expect(decodeBatches(batch)).toMatchObject([{ baseOffset: 5n, lastOffset: 46n, records: [] }])
  })

  it('with a flipped bit are refused, wherever it is', async () => {
    const batch = await encode([{ key: 'key', value: 'value' }], 0n)
    for (let at = 16; at < batch.length; at++) {
      const damaged = Buffer.from(batch)
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x01, at)
      expect(() => decodeBatches(damaged)).toThrow(RangeError)
    }
  })

  it('of hostile bytes end in an error, never in a loop', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          decodeBatches(Buffer.from(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }),
    )
  })

  it('that inflate beyond all measure are refused', async () => {
    const body = gzipSync(Buffer.alloc(300 * 1024 * 1024))
    const header = (await encode([{ key: 'a', value: 'b' }], 0n, 1)).subarray(0, 61)
    const bomb = Buffer.concat([header, body])
    bomb.writeInt32BE(bomb.length - 12, 8)
    bomb.writeUInt32BE(crc32c(bomb.subarray(21)), 17)
    expect(() => decodeBatches(bomb)).toThrow(RangeError)
  })

  it('have the checksum of the standard', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  })
})
