import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addWindow,
  addWindows,
  coverageFrom,
  coveredTicks,
  covers,
  gapsWithin,
  NOTHING_COVERED,
  overlaps,
} from '../../src/domain/coverage.ts'
import { ticks } from '../../src/domain/ticks.ts'
import { formatWindow, window, type Window } from '../../src/domain/window.ts'

/** Small enough to compare with a set of single ticks, which is what a coverage means. */
const SPAN = 40
const anyWindow = fc
  .tuple(fc.nat(SPAN - 1), fc.integer({ min: 1, max: 12 }))
  .map(([from, length]) => window(ticks(BigInt(from)), ticks(BigInt(Math.min(SPAN, from + length)))))
const anyWindows = fc.array(anyWindow, { maxLength: 12 })

function points(windows: Iterable<Window>): Set<bigint> {
  const set = new Set<bigint>()
  for (const w of windows) for (let at: bigint = w.from; at < w.until; at++) set.add(at)
  return set
}

describe('coverage', () => {
  it('is the union of what was added, in the shortest ascending list', () => {
    fc.assert(
      fc.property(anyWindows, (windows) => {
        const coverage = addWindows(NOTHING_COVERED, windows)
        expect(points(coverage)).toEqual(points(windows))
        expect(coverageFrom(coverage)).toEqual(coverage)
        expect(coveredTicks(coverage)).toBe(BigInt(points(windows).size))
      }),
    )
  })

  it('does not depend on the order of adding', () => {
    fc.assert(
      fc.property(anyWindows, (windows) => {
        const backwards = addWindows(NOTHING_COVERED, windows.toReversed())
        expect(backwards).toEqual(addWindows(NOTHING_COVERED, windows))
      }),
    )
  })

  it('has gaps that are exactly what is left of a range, and none that touch', () => {
    fc.assert(
      fc.property(anyWindows, anyWindow, (windows, range) => {
        const coverage = addWindows(NOTHING_COVERED, windows)
        const gaps = gapsWithin(coverage, range)
        const covered = points(coverage)
        expect(points(gaps)).toEqual(new Set([...points([range])].filter((at) => !covered.has(at))))
        expect(coverageFrom(gaps)).toEqual(gaps)
      }),
    )
  })

  it('knows what overlaps it and what it covers whole', () => {
    fc.assert(
      fc.property(anyWindows, anyWindow, (windows, asked) => {
        const coverage = addWindows(NOTHING_COVERED, windows)
        const covered = points(coverage)
        const inside = [...points([asked])].filter((at) => covered.has(at)).length
        expect(overlaps(coverage, asked)).toBe(inside > 0)
        expect(covers(coverage, asked)).toBe(inside === points([asked]).size)
      }),
    )
  })

  it('leaves what it was given alone', () => {
    const coverage = [window(ticks(0n), ticks(5n)), window(ticks(7n), ticks(9n))]
    const copy = structuredClone(coverage)
    expect(addWindow(coverage, window(ticks(5n), ticks(7n)))).toEqual([{ from: 0n, until: 9n }])
    expect(coverage).toEqual(copy)
  })

  it.each([
    ['empty', [[3n, 3n]]],
    ['reversed', [[3n, 2n]]],
    [
      'overlapping',
      [
        [0n, 3n],
        [2n, 5n],
      ],
    ],
    [
      'touching',
      [
        [0n, 3n],
        [3n, 5n],
      ],
    ],
    [
      'descending',
      [
        [5n, 6n],
        [0n, 1n],
      ],
    ],
  ])('refuses windows that are %s', (_, pairs) => {
    const windows = pairs.map(([from, until]) => ({ from: ticks(from!), until: ticks(until!) }))
    expect(() => coverageFrom(windows)).toThrow(RangeError)
  })
})

describe('window', () => {
  it('is never empty', () => {
    expect(() => window(ticks(5n), ticks(5n))).toThrow(RangeError)
    expect(() => window(ticks(5n), ticks(4n))).toThrow(RangeError)
  })

  it('prints its bounds as they are: closed, open', () => {
    expect(formatWindow(window(ticks(0n), ticks(1n)))).toBe(
      '[1970-01-01T00:00:00.0000000Z, 1970-01-01T00:00:00.0000001Z)',
    )
  })
})
