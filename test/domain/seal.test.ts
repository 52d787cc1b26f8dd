import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addWindows, NOTHING_COVERED, overlaps } from '../../src/domain/coverage.ts'
import { sealOf } from '../../src/domain/seal.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'

const WIDTH = 4

function span(from: number, until: number): Window {
  return { from: ticks(BigInt(from)), until: ticks(BigInt(until)) }
}

const window = fc
  .tuple(fc.integer({ min: -20, max: 40 }), fc.integer({ min: 1, max: 30 }))
  .map(([from, length]) => span(from, from + length))

describe('a seal', () => {
  it('tells of every expected cell whether all that is expected of it is copied and settled', () => {
    const settled = fc.option(fc.integer({ min: -30, max: 60 }), { nil: undefined })
    fc.assert(
      fc.property(window, fc.array(window, { maxLength: 4 }), settled, (expected, copied, end) => {
        const covered = addWindows(NOTHING_COVERED, copied)
        const seal = sealOf(expected, covered, end === undefined ? undefined : ticks(BigInt(end)), BigInt(WIDTH))
        for (let start = Number(seal.cells.from); start < Number(seal.cells.until); start += WIDTH) {
          const cell = span(start, start + WIDTH)
          const places = [0, 1, 2, 3].map((i) => start + i).filter((at) => expected.from <= at && at < expected.until)
          const isCopied = places.every((at) => overlaps(covered, span(at, at + 1)))
          const isSettled = end === undefined || places.every((at) => at < end)
          expect(places.length).toBeGreaterThan(0)
          expect(overlaps(seal.sealed, cell)).toBe(isCopied && isSettled)
          expect(overlaps(seal.unsettled, cell)).toBe(!isSettled)
          expect(overlaps(seal.uncovered, cell)).toBe(isSettled && !isCopied)
          expect(overlaps(seal.incomplete, cell)).toBe(!isCopied)
        }
      }),
    )
  })
})
