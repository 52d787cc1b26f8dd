import { describe, expect, test } from 'vitest'
import { NO_DATA } from '../../../src/simulator/calc/calculated.ts'
import { currentValue, endOfStream } from '../../../src/simulator/calc/current.ts'
import { interpolateAt, interpolateAtTimes } from '../../../src/simulator/calc/interpolate.ts'
import { interpolated, type InterpolatedParameters } from '../../../src/simulator/calc/interpolated.ts'
import { parseTimeSpan } from '../../../src/simulator/time-span.ts'
import { at, samplePoint, secondOf, SHUTDOWN, type Row } from './sample-point.ts'

const rows: Row[] = [
  [10, 0],
  [20, 10],
  [30, SHUTDOWN],
  [40, 5, { questionable: true, substituted: true, annotated: true }],
]

describe('the value at a time', () => {
  const point = samplePoint(rows)

  test.each([
    [5, NO_DATA],
    [10, 0],
    [15, 5],
    [25, 10],
    [30, SHUTDOWN],
    [35, SHUTDOWN],
    [40, 5],
    [50, 5],
  ])('at %d s', (second, expected) => {
    const value = interpolateAt(point, at(second))
    expect(value.value).toEqual(expected)
    expect(value.good).toBe(typeof expected === 'number')
    expect(value.ticks).toBe(at(second))
  })

  test('flags of an event are its own; a calculated value is only ever questionable', () => {
    expect(interpolateAt(point, at(40))).toMatchObject({ questionable: true, substituted: true, annotated: true })
    expect(interpolateAt(point, at(41))).toMatchObject({ questionable: true, substituted: false, annotated: false })
  })

  test('steps, text and digital states are held', () => {
    expect(interpolateAt(samplePoint(rows, { step: true }), at(15)).value).toBe(0)
    const text = samplePoint(
      [
        [10, 'a'],
        [20, 'b'],
      ],
      { pointType: 'String' },
    )
    expect(interpolateAt(text, at(19)).value).toBe('a')
  })

  test('a value is of the type of its point', () => {
    const thirds: Row[] = [
      [0, 0],
      [3, 1],
    ]
    expect(interpolateAt(samplePoint(thirds, { pointType: 'Float32' }), at(1)).value).toBe(Math.fround(1 / 3))
    expect(interpolateAt(samplePoint(thirds, { pointType: 'Int32' }), at(2)).value).toBe(1)
  })

  test('of several events at one time the last counts', () => {
    const ties = samplePoint([
      [10, 1],
      [10, 2],
      [20, 4],
    ])
    expect(interpolateAt(ties, at(10)).value).toBe(2)
    expect(interpolateAt(ties, at(15)).value).toBe(3)
  })

  test('a future point has no data after its last event, other points hold it', () => {
    expect(interpolateAt(samplePoint(rows, { future: true }), at(41)).value).toBe(NO_DATA)
    expect(currentValue(samplePoint(rows, { future: true }), at(15)).value).toBe(5)
  })

  test('value is stamped with the time asked for, the snapshot and end with the time of the event', () => {
    expect(secondOf(currentValue(point, at(99), at(99)).ticks)).toBe(99)
    expect(secondOf(currentValue(point, at(99)).ticks)).toBe(40)
    expect(secondOf(endOfStream(point, at(20)).ticks)).toBe(40)
    expect(endOfStream(samplePoint([]), at(20))).toMatchObject({ value: NO_DATA, ticks: at(20), good: false })
  })

  test('at several times, in order', () => {
    const values = interpolateAtTimes(point, [at(20), at(10), at(15)], true)
    expect(values.map((value) => value.value)).toEqual([10, 5, 0])
  })
})

describe('interpolated', () => {
  const point = samplePoint([
    [0, 0],
    [100, 100],
  ])
  const seconds = (parameters: Partial<InterpolatedParameters>): number[] =>
    interpolated(point, {
      start: at(10),
      end: at(40),
      interval: parseTimeSpan('10s')!,
      maxValues: 1000,
      ...parameters,
    }).map(({ ticks }) => secondOf(ticks))

  test('steps from the start, both ends included', () => {
    expect(seconds({})).toEqual([10, 20, 30, 40])
    expect(seconds({ end: at(39) })).toEqual([10, 20, 30])
    expect(seconds({ end: at(10) })).toEqual([10])
  })

  test('descends when the end lies before the start', () => {
    expect(seconds({ start: at(40), end: at(15) })).toEqual([40, 30, 20])
  })

  test('counts from syncTime, wherever that lies', () => {
    for (const syncTime of [at(-95), at(5), at(25), at(1005)]) {
      expect(seconds({ syncTime })).toEqual([15, 25, 35])
    }
    expect(seconds({ syncTime: at(0) })).toEqual([10, 20, 30, 40])
    expect(seconds({ syncTime: at(5), start: at(40), end: at(10) })).toEqual([35, 25, 15])
  })

  test('Outside adds a step at either side unless one falls on the boundary', () => {
    expect(seconds({ syncTime: at(5), syncTimeBoundary: 'Outside' })).toEqual([5, 15, 25, 35, 45])
    expect(seconds({ syncTime: at(0), syncTimeBoundary: 'Outside' })).toEqual([10, 20, 30, 40])
    expect(seconds({ syncTime: at(0), end: at(15), start: at(12), syncTimeBoundary: 'Outside' })).toEqual([10, 20])
  })

  test('follows the calendar of a zone', () => {
    const values = interpolated(point, {
      start: BigInt(Date.UTC(2024, 2, 29, 23)) * 10_000n,
      end: BigInt(Date.UTC(2024, 3, 1, 22)) * 10_000n,
      interval: parseTimeSpan('1d')!,
      timeZone: 'Europe/Berlin',
      maxValues: 10,
    })
    const hours = values.map(({ ticks }) => new Date(Number(ticks / 10_000n)).getUTCHours())
    expect(hours).toEqual([23, 23, 22, 22])
  })

  test.each(['0s', '-10s'])('refuses the interval %s', (text) => {
    expect(() => seconds({ interval: parseTimeSpan(text)! })).toThrow(/interval/)
  })

  test('refuses more values than one call may return', () => {
    expect(() => seconds({ maxValues: 3 })).toThrow(/maximum/)
    expect(() => seconds({ maxValues: 3, syncTime: at(0) })).toThrow(/maximum/)
  })
})
