import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plot } from '../../../src/simulator/calc/plot.ts'
import { at, samplePoint, secondOf, SHUTDOWN, type Row } from './sample-point.ts'

const range = { start: at(0), end: at(100), maxIntervals: 1000 }

describe('plot', () => {
  test('keeps first, last, lowest, highest and one exception of an interval', () => {
    const point = samplePoint([
      [1, 5],
      [2, 9],
      [3, SHUTDOWN],
      [4, SHUTDOWN],
      [5, 6],
      [6, 1],
      [7, 5],
      [8, 5],
    ])
    const seconds = plot(point, { ...range, intervals: 1 }).map(({ ticks }) => secondOf(ticks))
    expect(seconds).toEqual([1, 2, 3, 6, 8])
  })

  test('text and states keep first, last and one exception', () => {
    const point = samplePoint(
      [
        [1, 'a'],
        [2, 'b'],
        [3, SHUTDOWN],
        [4, 'c'],
      ],
      { pointType: 'String' },
    )
    expect(plot(point, { ...range, intervals: 1 }).map(({ ticks }) => secondOf(ticks))).toEqual([1, 3, 4])
  })

  test('never more than five values for an interval, all of them recorded, extremes and range kept', () => {
    const event = fc.tuple(
      fc.integer({ min: -10, max: 110 }),
      fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constant(SHUTDOWN)),
    )
    const events = fc.array(event, { maxLength: 60 }).map((rows) => rows.toSorted((a, b) => a[0] - b[0]) as Row[])
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 12 }), (rows, intervals) => {
        const chosen = plot(samplePoint(rows), { ...range, intervals })
        const inside = rows.filter(([second]) => second >= 0 && second <= 100)
        expect(chosen.length).toBeLessThanOrEqual(5 * intervals)
        expect(chosen.length).toBeLessThanOrEqual(inside.length)
        expect(chosen.every(({ ticks }) => ticks >= range.start && ticks <= range.end)).toBe(true)
        const numbers = inside.map(([, value]) => value).filter((value) => typeof value === 'number')
        const plotted = chosen.map(({ value }) => value).filter((value) => typeof value === 'number')
        if (numbers.length > 0) {
          expect(Math.max(...plotted)).toBe(Math.max(...numbers))
          expect(Math.min(...plotted)).toBe(Math.min(...numbers))
        }
      }),
    )
  })

  test('descends when the end lies before the start', () => {
    const point = samplePoint([
      [1, 1],
      [2, 2],
    ])
    expect(plot(point, { ...range, start: at(100), end: at(0), intervals: 3 }).map(({ value }) => value)).toEqual([
      2, 1,
    ])
  })

  test.each([0, -1, 1.5, 1001])('refuses %d intervals', (intervals) => {
    expect(() => plot(samplePoint([]), { ...range, intervals })).toThrow(/intervals/)
  })
})
