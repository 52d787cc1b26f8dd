import fc from 'fast-check'
import { expect, test } from 'vitest'
import { residualOf } from '../../../../src/report/html/page/residual.ts'
import type { TrendSeries } from '../../../../src/report/model.ts'

const series = (...points: (readonly [number, number | null])[]): TrendSeries => ({
  at: points.map(([at]) => at),
  values: points.map(([, value]) => value),
  leftOut: 0,
})

test('log minus historian along straight lines, at every time of either', () => {
  const historian = series([0, 0], [10, 10], [20, 10])
  const log = series([0, 1], [5, 5], [20, 13])
  expect(residualOf(historian, log)).toEqual({
    at: [0, 5, 10, 20],
    values: [1, 0, 5 + 8 / 3 - 10, 3],
  })
})

test('says nothing outside a side, next to a gap, or without samples', () => {
  expect(residualOf(series([10, 1], [20, 1]), series([0, 1], [15, 4], [30, 1])).values).toEqual([null, 2, 3, 2, null])
  expect(residualOf(series([0, 1], [10, null], [20, 1]), series([5, 1], [15, 1], [20, 1])).values).toEqual([
    null,
    null,
    null,
    null,
    0,
  ])
  expect(residualOf(series(), series([1, 1])).values).toEqual([null])
})

test('equal sides have no residual', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 1e6 })), fc.nat(), (times, seed) => {
      const at = times.toSorted((a, b) => a - b)
      const side = { at, values: at.map((t) => Math.sin(t + seed)), leftOut: 0 }
      expect(residualOf(side, side).values.every((value) => value === 0)).toBe(true)
    }),
  )
})
