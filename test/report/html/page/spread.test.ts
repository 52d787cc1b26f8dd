import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { spreadOf, timeShifts, valueShifts } from '../../../../src/report/html/page/spread.ts'
import type { ReportedDifference, ReportedSample } from '../../../../src/report/model.ts'

const sample = (over: Partial<ReportedSample>): ReportedSample => ({
  ts: '2026-01-01T00:00:00.0000000Z',
  ord: 0,
  type: 'float32',
  value: 1,
  status: 0,
  flags: [],
  ...over,
})

describe('shifts', () => {
  const differences: ReportedDifference[] = [
    { class: 'TIME', historian: sample({}), log: sample({ ts: '2026-01-01T01:00:00.0000000Z' }) },
    { class: 'TIME', historian: sample({ ts: '2026-01-01T00:00:00.0000001Z' }), log: sample({}) },
    { class: 'TIME', historian: sample({ ts: 'never' }), log: sample({}) },
    { class: 'VALUE', historian: sample({ value: 2 }), log: sample({ value: 5 }) },
    { class: 'VALUE', historian: sample({ value: 'NaN' }), log: sample({ value: 5 }) },
    { class: 'MISSING', historian: sample({}), log: undefined },
  ]

  test('in time, to the 100 ns; what cannot be read is left out', () => {
    expect(timeShifts(differences)).toEqual([3_600, -1e-7])
  })

  test('in value, between numbers', () => {
    expect(valueShifts(differences)).toEqual([3])
  })
})

test('every value is in a bin, and the most frequent one is named', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1 }), (values) => {
      const { bins, most, count } = spreadOf(values)!
      expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(values.length)
      expect(count).toBe(values.length)
      const often = (value: number): number => values.filter((v) => v === value).length
      expect(most.count).toBe(often(most.value))
      expect(Math.max(...values.map(often))).toBe(most.count)
    }),
  )
})

test('one value is one bin, none is no spread', () => {
  expect(spreadOf([3_600, 3_600])?.bins).toEqual([{ from: 3_600, until: 3_600, count: 2 }])
  expect(spreadOf([])).toBeUndefined()
})
