import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addWindows, covers, NOTHING_COVERED, type Coverage } from '../../src/domain/coverage.ts'
import { parseTagId } from '../../src/domain/tag-id.ts'
import { drawnWithin, readTogether, strataOf } from '../../src/verify/sample-draw.ts'
import { span, WIDTH } from './copied-historian.ts'

const TAG = parseTagId('pi/1')
const draw = { every: 10, seed: 1 }
const countOf = (windows: Coverage): number =>
  windows.reduce((sum, { from, until }) => sum + Number((until - from) / WIDTH), 0)

const someWindows = fc
  .array(fc.tuple(fc.integer({ min: -300, max: 300 }), fc.integer({ min: 1, max: 40 })), { maxLength: 6 })
  .map((some) =>
    addWindows(
      NOTHING_COVERED,
      some.map(([from, length]) => span(from * 10, (from + length) * 10)),
    ),
  )

describe('the draw', () => {
  it('takes one cell of every stratum that is there whole', () => {
    expect(drawnWithin(draw, TAG, [span(0, 10_000)], WIDTH)).toHaveLength(100)
    expect([...strataOf(draw, TAG, [span(-10_000, 0)], WIDTH)].filter(({ drawn }) => drawn !== undefined)).toHaveLength(
      100,
    )
  })

  it('draws the same cells again, whatever part of the history is asked about', () => {
    const all = drawnWithin(draw, TAG, [span(-5_000, 5_000)], WIDTH)
    fc.assert(
      fc.property(someWindows, (windows) => {
        const expected = all.filter((cell) => covers(windows, cell))
        expect(drawnWithin(draw, TAG, windows, WIDTH)).toEqual(expected)
      }),
    )
  })

  it('counts every stratum the windows touch once, gaps inside or not', () => {
    fc.assert(
      fc.property(someWindows, (windows) => {
        const touched = new Set<bigint>()
        for (const { from, until } of windows) {
          for (let at: bigint = from; at < until; at += WIDTH) touched.add((at + 1_000_000n) / (10n * WIDTH))
        }
        expect([...strataOf(draw, TAG, windows, WIDTH)]).toHaveLength(touched.size)
      }),
    )
  })

  it('gives every cell the same chance, by tag and by seed', () => {
    const hits = new Array<number>(10).fill(0)
    for (let seed = 0; seed < 50; seed++) {
      for (const { from } of drawnWithin({ every: 10, seed }, TAG, [span(0, 10_000)], WIDTH)) {
        hits[Number((from / WIDTH) % 10n)]! += 1
      }
    }
    expect(Math.min(...hits)).toBeGreaterThan(400)
    expect(Math.max(...hits)).toBeLessThan(600)
    const other = drawnWithin(draw, parseTagId('pi/2'), [span(0, 10_000)], WIDTH)
    const shared = drawnWithin(draw, TAG, [span(0, 10_000)], WIDTH).filter((cell) => covers(other, cell))
    expect(countOf(shared)).toBeLessThan(30)
  })
})

it('windows with hardly a sample between them are read together', () => {
  const drawn = [span(0, 10), span(50, 60), span(90, 100), span(500, 510)]
  expect(readTogether(drawn, () => 0)).toEqual([span(0, 510)])
  expect(readTogether(drawn, ({ from, until }) => Number(until - from) * 4)).toEqual([
    span(0, 60),
    span(90, 100),
    span(500, 510),
  ])
  expect(readTogether(drawn, () => 1_000)).toEqual(drawn)
})
