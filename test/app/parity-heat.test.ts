import fc from 'fast-check'
import { expect, test } from 'vitest'
import { heatScaleOf } from '../../src/app/parity-heat.ts'
import { outwards } from '../../src/domain/cell.ts'
import { formatTicks, parseTicks, TICKS_PER_SECOND, type Ticks } from '../../src/domain/ticks.ts'

const FIRST = parseTicks('0001-01-01T00:00:00.0000000Z')
const LAST = parseTicks('9999-12-31T00:00:00.0000000Z')
const MINUTE = 60n * TICKS_PER_SECOND

const at = fc.bigInt({ min: FIRST, max: LAST }) as fc.Arbitrary<Ticks>
const width = fc.constantFrom(MINUTE, 15n * MINUTE, 60n * MINUTE, 1440n * MINUTE)

test('any period fits, in columns of whole cells that begin at a time that can be written', () => {
  fc.assert(
    fc.property(at, at, width, (a, b, cell) => {
      fc.pre(a !== b)
      const cells = outwards(a < b ? { from: a, until: b } : { from: b, until: a }, cell)
      const { from, columnTicks, columns } = heatScaleOf(cells, cell)
      expect(columnTicks % cell).toBe(0n)
      expect((cells.from - from) % cell).toBe(0n)
      expect(columns).toBeLessThanOrEqual(400)
      expect(from <= cells.from).toBe(true)
      expect(from + columnTicks * BigInt(columns) >= cells.until).toBe(true)
      expect(formatTicks(from)).toMatch(/^\d{4}-/)
    }),
  )
})

test('all of time is a report, too', () => {
  expect(formatTicks(heatScaleOf({ from: FIRST, until: LAST }, 60n * MINUTE).from)).toBe('0001-01-01T00:00:00.0000000Z')
})
