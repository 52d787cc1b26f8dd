import fc from 'fast-check'
import { expect, test } from 'vitest'
import { columnsOf, columnStartMs, fitLayout, layoutOf } from '../../../../src/report/html/page/heat-scale.ts'

const columns = fc.integer({ min: 1, max: 5_000 })
const width = fc.integer({ min: 0, max: 3_000 })

test('a fitted map shows all columns within its width, in cells wide enough for a glyph', () => {
  fc.assert(
    fc.property(columns, fc.integer({ min: 11, max: 3_000 }), (count, pixels) => {
      const { cells, cellWidth } = fitLayout(count, pixels)
      expect(cellWidth).toBeGreaterThanOrEqual(11)
      expect(cells * cellWidth).toBeLessThanOrEqual(pixels + 1e-6)
    }),
  )
})

test('every column is in exactly one cell, whatever is merged', () => {
  fc.assert(
    fc.property(columns, width, fc.integer({ min: 1, max: 500 }), (count, pixels, merge) => {
      const layout = layoutOf(count, pixels, merge)
      let next = 0
      for (let cell = 0; cell < layout.cells; cell++) {
        const { from, until } = columnsOf(layout, cell, count)
        expect(from).toBe(next)
        expect(until).toBeGreaterThan(from)
        next = until
      }
      expect(next).toBe(count)
    }),
  )
})

test('columns begin where the report says', () => {
  const scale = { from: '2026-01-01T00:00:00.0000000Z', columnSeconds: 3_600, columns: 48 }
  expect(new Date(columnStartMs(scale, 25)).toISOString()).toBe('2026-01-02T01:00:00.000Z')
})
