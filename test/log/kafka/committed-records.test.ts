import { describe, expect, it } from 'vitest'
import { committedRecords } from '../../../src/log/kafka/committed-records.ts'
import type { RecordBatch } from '../../../src/log/kafka/record-batch.ts'

function data(baseOffset: bigint, count: number, producerId: bigint, isTransactional = true): RecordBatch {
  const records = Array.from({ length: count }, (_, i) => ({ offset: baseOffset + BigInt(i), key: null, value: null }))
  return {
    baseOffset,
    lastOffset: baseOffset + BigInt(count) - 1n,
    producerId,
    isTransactional,
    isControl: false,
    records,
  }
}

function marker(offset: bigint, producerId: bigint): RecordBatch {
  const records = [{ offset, key: Buffer.alloc(4), value: null }]
  return { baseOffset: offset, lastOffset: offset, producerId, isTransactional: true, isControl: true, records }
}

function offsets(batches: RecordBatch[], aborted: [bigint, bigint][]): bigint[] {
  const list = aborted.map(([producerId, firstOffset]) => ({ producerId, firstOffset }))
  return committedRecords(batches, list).map(({ offset }) => offset)
}

describe('committed records', () => {
  it('leave out control batches and keep everything else when nothing was aborted', () => {
    expect(offsets([data(0n, 2, 1n), marker(2n, 1n), data(3n, 1, -1n, false)], [])).toEqual([0n, 1n, 3n])
  })

  it('leave out two open aborted transactions at once, in whatever order they are listed', () => {
    const batches = [data(4n, 1, 2n), data(5n, 1, 1n), marker(6n, 1n), data(7n, 1, 2n), marker(8n, 2n), data(9n, 1, 1n)]
    expect(
      offsets(batches, [
        [1n, 0n],
        [2n, 1n],
      ]),
    ).toEqual([9n])
    expect(
      offsets(batches, [
        [2n, 1n],
        [1n, 0n],
      ]),
    ).toEqual([9n])
  })

  it('leave out a second aborted transaction of the same producer, and keep what it committed between', () => {
    const batches = [data(0n, 1, 1n), marker(1n, 1n), data(2n, 1, 1n), marker(3n, 1n), data(4n, 1, 1n), marker(5n, 1n)]
    expect(
      offsets(batches, [
        [1n, 0n],
        [1n, 4n],
      ]),
    ).toEqual([2n])
  })

  it('keep records outside transactions, also of a producer whose transaction was aborted', () => {
    expect(offsets([data(0n, 1, 1n), data(1n, 1, 1n, false), marker(2n, 1n)], [[1n, 0n]])).toEqual([1n])
  })
})
