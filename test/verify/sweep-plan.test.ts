import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellStart } from '../../src/domain/cell.ts'
import { addWindows, coverageFrom, NOTHING_COVERED, within, type Coverage } from '../../src/domain/coverage.ts'
import { ticks } from '../../src/domain/ticks.ts'
import { window, type Window } from '../../src/domain/window.ts'
import { blocksOf, countCells, slicesOf, windowsToCompare } from '../../src/verify/sweep-plan.ts'
import { at, span, WIDTH } from './copied-historian.ts'

const anyWindow = fc
  .tuple(fc.integer({ min: -45, max: 45 }), fc.integer({ min: 1, max: 30 }))
  .map(([from, length]) => window(at(from), at(from + length)))
const anyWindows = fc.array(anyWindow, { maxLength: 6 })
const anyCoverage = anyWindows.map((windows) => addWindows(NOTHING_COVERED, windows))
const anyTime = fc.integer({ min: -60, max: 90 }).map(at)

function points(windows: Iterable<Window>): Set<bigint> {
  const set = new Set<bigint>()
  for (const w of windows) for (let n: bigint = w.from; n < w.until; n++) set.add(n)
  return set
}

function cellsOf(windows: Iterable<Window>): Set<bigint> {
  return new Set([...points(windows)].map((n) => cellStart(ticks(n), WIDTH)))
}

describe('windows to compare', () => {
  it('are what is covered and settled, in the cells of the look-back and of the dirty windows', () => {
    fc.assert(
      fc.property(
        anyCoverage,
        fc.option(anyTime, { nil: undefined }),
        anyWindows,
        fc.option(anyTime, { nil: undefined }),
        (covered, lookBackFrom, dirty, settled) => {
          const end = settled ?? at(1_000)
          const comparable = dirty.flatMap((w) =>
            within(covered, { from: w.from, until: w.until < end ? w.until : end }),
          )
          const asked = cellsOf([...comparable, ...lookBack(lookBackFrom, end, covered)])
          const expected = [...points(covered)].filter((n) => n < end && asked.has(cellStart(ticks(n), WIDTH)))
          const windows = windowsToCompare(covered, { lookBackFrom, dirty, settled }, WIDTH)
          expect(points(windows)).toEqual(new Set(expected))
          expect(coverageFrom(windows)).toEqual(windows)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('are none when nothing is covered, or nothing asked for', () => {
    expect(windowsToCompare([], { lookBackFrom: at(0), dirty: [], settled: undefined }, WIDTH)).toEqual([])
    const wanted = { lookBackFrom: undefined, dirty: [], settled: undefined }
    expect(windowsToCompare([span(0, 50)], wanted, WIDTH)).toEqual([])
  })

  function lookBack(from: bigint | undefined, settled: bigint, covered: Coverage): Window[] {
    const end = covered.at(-1)?.until ?? at(0)
    const until = settled < end ? settled : end
    return from === undefined || from >= until ? [] : [span(from, until)]
  }
})

describe('cells', () => {
  it('are counted once, also when two windows share one', () => {
    fc.assert(
      fc.property(anyCoverage, (windows) => {
        expect(countCells(windows, WIDTH)).toBe(cellsOf(windows).size)
      }),
    )
  })
})

describe('blocks', () => {
  it('hold every window once and never share a cell', () => {
    fc.assert(
      fc.property(anyCoverage, fc.integer({ min: 1, max: 4 }), (windows, cellsPerBlock) => {
        const blocks = [...blocksOf(windows, BigInt(cellsPerBlock) * WIDTH)]
        expect(points(blocks.flat())).toEqual(points(windows))
        const cells = blocks.map(cellsOf)
        expect(cells.reduce((sum, { size }) => sum + size, 0)).toBe(cellsOf(windows).size)
        for (const { size } of cells) expect(size).toBeLessThanOrEqual(cellsPerBlock)
      }),
    )
  })
})

describe('slices', () => {
  it('tile the windows, cut at cells, with as many cells as fit the limit', () => {
    fc.assert(
      fc.property(
        anyCoverage,
        fc.array(fc.nat(9), { minLength: 20, maxLength: 20 }),
        fc.integer({ min: 1, max: 20 }),
        (windows, counts, limit) => {
          const cells = counts.map((count, i) => ({
            window: span(i * 10 - 100, i * 10 - 90),
            digest: { count },
          }))
          const slices = [...slicesOf(windows, cells, limit)]
          expect(slices.reduce((sum, { window: w }) => sum + (w.until - w.from), 0n)).toBe(BigInt(points(windows).size))
          expect(points(slices.map((slice) => slice.window))).toEqual(points(windows))
          for (const { window: w, expected } of slices) {
            const inside = cells.filter((cell) => cell.window.from < w.until && w.from < cell.window.until)
            expect(expected).toBe(inside.reduce((sum, { digest }) => sum + digest.count, 0))
            const isOneCell = inside.filter(({ digest }) => digest.count > 0).length <= 1
            if (!isOneCell) expect(expected).toBeLessThanOrEqual(limit)
            const starts = windows.some(({ from }) => from === w.from)
            if (!starts) expect(cellStart(w.from, WIDTH)).toBe(w.from)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('are not cut where a page has room', () => {
    const cells = [0, 10, 20].map((from) => ({ window: span(from, from + 10), digest: { count: 3 } }))
    expect([...slicesOf([span(0, 30)], cells, 9)]).toEqual([{ window: span(0, 30), expected: 9 }])
    expect([...slicesOf([span(0, 30)], cells, 8)]).toEqual([
      { window: span(0, 20), expected: 6 },
      { window: span(20, 30), expected: 3 },
    ])
  })
})
