import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatGrid,
  formatTicksFull,
  formatTicksTrimmed,
  gridFromTicks,
  ticksFromGrid,
} from '../../src/simulator/grid.ts'

/** 1900 to 2100. */
const grids = fc.integer({ min: -2_208_988_800 * 65_536, max: 4_102_444_800 * 65_536 })

describe('the 1/65536-s grid', () => {
  it('prints floor(grid * 10^7 / 65536) ticks', () => {
    fc.assert(
      fc.property(grids, (grid) => {
        const ticks = ticksFromGrid(grid)
        const exact = BigInt(grid) * 10_000_000n
        expect(ticks * 65_536n <= exact && exact < (ticks + 1n) * 65_536n).toBe(true)
      }),
    )
  })

  it('finds a printed time again by rounding; by flooring it lands on it or one step before', () => {
    fc.assert(
      fc.property(grids, (grid) => {
        expect(gridFromTicks(ticksFromGrid(grid), 'round')).toBe(grid)
        expect([grid, grid - 1]).toContain(gridFromTicks(ticksFromGrid(grid), 'floor'))
      }),
    )
    expect(gridFromTicks(ticksFromGrid(1), 'floor')).toBe(0)
  })

  it('prints the time of a clock with trailing zeros and a bare point left out', () => {
    fc.assert(
      fc.property(grids, (grid) => {
        const text = formatGrid(grid)
        expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?Z$/)
        expect(text).toBe(formatTicksTrimmed(ticksFromGrid(grid)))
        const whole = Math.floor(grid / 65_536)
        expect(text.slice(0, 19)).toBe(new Date(whole * 1000).toISOString().slice(0, 19))
      }),
    )
  })

  it('prints known times', () => {
    expect(formatTicksTrimmed(0n)).toBe('1970-01-01T00:00:00Z')
    expect(formatTicksTrimmed(1n)).toBe('1970-01-01T00:00:00.0000001Z')
    expect(formatTicksTrimmed(-1n)).toBe('1969-12-31T23:59:59.9999999Z')
    expect(formatTicksTrimmed(15_000_000n)).toBe('1970-01-01T00:00:01.5Z')
    expect(formatTicksFull(15_000_000n)).toBe('1970-01-01T00:00:01.5000000Z')
    expect(formatTicksFull(0n)).toBe('1970-01-01T00:00:00.0000000Z')
    // One grid step is 152.58… ticks.
    expect(formatGrid(1)).toBe('1970-01-01T00:00:00.0000152Z')
  })
})
