import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cellStart } from '../../src/domain/cell.ts'
import { hashSample } from '../../src/domain/digest.ts'
import { parseTagId, type TagId } from '../../src/domain/tag-id.ts'
import { ticks, type Ticks } from '../../src/domain/ticks.ts'
import type { SampleRecord } from '../../src/log/record.ts'
import { Fold } from '../../src/project/fold.ts'
import { refusal } from '../store/refusal.ts'
import { CELL_WIDTH, history, reckon } from './history.ts'

const nothingDeleted = (): boolean => false

/** What stays of a series of folds, each knowing only the deletions the ones before it left. */
function foldInBatches(batches: readonly (readonly SampleRecord[])[]): ReturnType<typeof reckon> {
  const cells: ReturnType<typeof reckon>['cells'] = new Map()
  const puts = new Map<TagId, number>()
  const deleted = new Set<string>()
  const identity = (tag: TagId, at: Ticks, ord: number): string => `${tag}|${at.toString()}|${ord}`
  let offset = 0n
  for (const batch of batches) {
    const fold = new Fold(CELL_WIDTH, (tag, at, ord) => deleted.has(identity(tag, at, ord)))
    for (const record of batch) fold.add(0, { offset: offset++, record })
    expect(fold.recordCount).toBe(batch.length)
    for (const tag of fold.deltas()) {
      puts.set(tag.tag, (puts.get(tag.tag) ?? 0) + tag.puts)
      for (const delta of tag.cells) {
        const key = `${tag.tag}|${delta.start.toString()}`
        const cell = cells.get(key) ?? { count: 0, sum: 0n, epoch: 0 }
        const sum = BigInt.asUintN(128, cell.sum + delta.sum)
        cells.set(key, { count: cell.count + delta.count, sum, epoch: cell.epoch + delta.records })
      }
      for (const d of tag.deletions) {
        if (d.deleted) deleted.add(identity(tag.tag, d.ticks, d.ord))
        else deleted.delete(identity(tag.tag, d.ticks, d.ord))
      }
    }
  }
  return { cells, puts }
}

/** A few ways to cut the same records. */
function cut(records: readonly SampleRecord[], size: number): SampleRecord[][] {
  const batches = []
  for (let i = 0; i < records.length; i += size) batches.push(records.slice(i, i + size))
  return batches
}

describe('fold', () => {
  test('comes to the samples that are current, however the records are cut into batches', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 40 }), (transactions, size) => {
        const expected = reckon(transactions)
        expect(foldInBatches([transactions.flat()])).toEqual(expected)
        expect(foldInBatches(cut(transactions.flat(), size))).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  test('does not depend on how the tags are interleaved', () => {
    fc.assert(
      fc.property(history, (transactions) => {
        const byTag = transactions.flat().toSorted((a, b) => (a.tag < b.tag ? -1 : a.tag > b.tag ? 1 : 0))
        expect(foldInBatches([byTag])).toEqual(foldInBatches([transactions.flat()]))
      }),
    )
  })

  test('remembers where the records of a cell are', () => {
    const fold = new Fold(CELL_WIDTH, nothingDeleted)
    const tag = parseTagId('pi/1')
    const put = (at: bigint): SampleRecord => ({
      tag,
      sample: { type: 'boolean', value: true, status: 0, flags: 0, ticks: ticks(at), ord: 0 },
      rev: 0,
      op: 'put',
      source: 'pi-web-api',
    })
    for (const [offset, at] of [
      [5n, 14n],
      [7n, 3n],
      [8n, 11n],
      [9n, 19n],
    ] as const) {
      fold.add(2, { offset, record: put(at) })
    }
    const [delta] = [...fold.deltas()]
    expect(delta).toMatchObject({ tag, partition: 2, puts: 4 })
    expect([...delta!.cells]).toEqual([
      {
        start: 10n,
        count: 3,
        sum: [14n, 11n, 19n].reduce((sum, at) => sum + hashSample(put(at).sample), 0n),
        records: 3,
        offsets: { first: 5n, last: 9n },
        minTicks: 11n,
        maxTicks: 19n,
      },
      expect.objectContaining({ start: 0n, count: 1, offsets: { first: 7n, last: 7n } }),
    ])
  })

  test('refuses a revision that does not say what it supersedes, and a tag in two partitions', () => {
    const tag = parseTagId('pi/1')
    const sample = { type: 'null', value: null, status: 0, flags: 0, ticks: ticks(0n), ord: 0 } as const
    const revision: SampleRecord = { tag, sample, rev: 1, op: 'put', source: 'pi-web-api' }
    const fold = new Fold(CELL_WIDTH, nothingDeleted)
    expect(refusal(() => fold.add(0, { offset: 0n, record: revision })).code).toBe('BANYAN_LOG_CORRUPT')
    expect(refusal(() => fold.add(1, { offset: 0n, record: { ...revision, rev: 0 } })).code).toBe('BANYAN_LOG_CORRUPT')
  })
})

test('cells are aligned windows that hold their samples, before 1970 too', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
      fc.bigInt({ min: 1n, max: 2n ** 42n }),
      (at, width) => {
        const start = cellStart(ticks(at), width)
        expect(start <= at && at < start + width).toBe(true)
        expect(start % width === 0n).toBe(true)
      },
    ),
  )
})
