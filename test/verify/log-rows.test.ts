import { describe, expect, it } from 'vitest'
import type { Sample } from '../../src/domain/sample.ts'
import type { SampleRecord } from '../../src/log/record.ts'
import { LogRows } from '../../src/verify/log-rows.ts'
import { testTag } from '../harness/memory-source.ts'
import { sample, span } from './copied-historian.ts'

const ALL = [span(0, 100)]

function put(tick: number, value: number, rev = 0): SampleRecord {
  const record = { tag: testTag(1).id, sample: sample(tick, value), rev, op: 'put', source: 'pi-web-api' } as const
  return rev === 0 ? record : { ...record, before: sample(tick, 0) }
}

function removal(tick: number, rev: number): SampleRecord {
  const nothing = { ...sample(tick, 0), type: 'null', value: null } as Sample
  return { tag: testTag(1).id, sample: nothing, rev, op: 'delete', source: 'pi-web-api', before: sample(tick, 0) }
}

function rowsOf(...records: SampleRecord[]): LogRows {
  const rows = new LogRows()
  for (const [i, record] of records.entries()) rows.add({ offset: BigInt(i), record })
  return rows
}

const values = (rows: LogRows): unknown[] => rows.samples(ALL).map(({ value }) => value)

describe('the rows of a cell', () => {
  it('are the highest revisions, ascending, without what was deleted', () => {
    const rows = rowsOf(put(9, 1), put(5, 2), put(5, 3, 1), put(7, 4), removal(7, 1))
    expect(values(rows)).toEqual([3, 1])
    expect(rows.isWhole(5)).toBe(true)
    expect(rows.isWhole(6)).toBe(false)
  })

  it('are shown as often as they stand there', () => {
    const rows = rowsOf(put(5, 2), put(7, 3), put(5, 2), put(7, 3))
    expect(values(rows)).toEqual([2, 2, 3, 3])
    expect(rows.isWhole(4)).toBe(false)
    expect(rows.isShort(4)).toBe(false)
    expect(rows.isShort(5)).toBe(true)
  })

  it('of which one was lost are those left', () => {
    const rows = rowsOf(put(5, 3, 1), put(7, 4))
    expect(values(rows)).toEqual([3, 4])
    expect(rows.isWhole(2)).toBe(false)
    expect(rows.isShort(2)).toBe(true)
  })

  it('of an old stretch that was written again do not undo what came after, and are shown as often', () => {
    const rows = rowsOf(put(5, 0), put(5, 3, 1), put(5, 0))
    expect(values(rows)).toEqual([3, 3])
    expect([rows.isWhole(3), rows.isShort(3)]).toEqual([false, false])
    expect(values(rowsOf(put(7, 0), removal(7, 1), put(7, 0)))).toEqual([0])
    expect(values(rowsOf(put(5, 0), put(5, 3, 1), put(5, 3, 1)))).toEqual([3, 3])
  })

  it('count once again when a revision has superseded the copies', () => {
    const rows = rowsOf(put(5, 0), put(5, 0), { ...put(5, 3, 1), copies: 2 })
    expect(values(rows)).toEqual([3])
    expect([rows.isWhole(3), rows.isShort(3)]).toEqual([true, false])
  })

  it('are told inside the windows only', () => {
    expect(rowsOf(put(5, 1), put(15, 2)).samples([span(0, 10)])).toHaveLength(1)
  })

  it('came in order as far as nothing newer was written before them, and nothing changed them', () => {
    const rows = rowsOf(put(1, 1), put(9, 2), put(5, 3), put(12, 4), put(12, 5, 1), put(15, 6))
    expect([...rows.inOrder()].map(({ ticks }) => Number(ticks)).sort((a, b) => a - b)).toEqual([1, 9, 15])
  })
})
