import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NO_DATA } from '../../../src/simulator/calc/calculated.ts'
import { interpolateAt } from '../../../src/simulator/calc/interpolate.ts'
import { summary, type SummaryParameters, type SummaryRow } from '../../../src/simulator/calc/summary.ts'
import type { SimulatedPoint } from '../../../src/simulator/series.ts'
import { parseTimeSpan } from '../../../src/simulator/time-span.ts'
import { at, samplePoint, secondOf, SHUTDOWN, type Row } from './sample-point.ts'

const NOW = at(1_000_000)

function rows(point: SimulatedPoint, parameters: Partial<SummaryParameters>, now = NOW): SummaryRow[] {
  const complete: SummaryParameters = {
    start: at(0),
    end: at(100),
    types: ['All'],
    basis: 'TimeWeighted',
    timeType: 'EarliestTime',
    countsBad: true,
    maxIntervals: 1000,
    ...parameters,
  }
  return summary(point, complete, now)
}

function values(point: SimulatedPoint, parameters: Partial<SummaryParameters>, now = NOW): Record<string, unknown> {
  return Object.fromEntries(rows(point, parameters, now).map(({ type, value }) => [type, value.value]))
}

describe('event-weighted summaries', () => {
  const point = samplePoint([
    [0, 2],
    [10, 4],
    [10, 4],
    [20, SHUTDOWN],
    [50, 5],
    [100, 9],
  ])

  test('weigh every event the same', () => {
    const result = values(point, { basis: 'EventWeighted', types: ['All', 'TotalWithUOM'] })
    expect(result).toMatchObject({
      Total: 24,
      Average: 4.8,
      Minimum: 2,
      Maximum: 9,
      Range: 7,
      Count: 6,
      TotalWithUOM: 24,
    })
    expect(result['PercentGood']).toBeCloseTo((5 / 6) * 100, 10)
    expect(result['StdDev']).toBeCloseTo(Math.sqrt(26.8 / 4), 10)
    expect(result['PopulationStdDev']).toBeCloseTo(Math.sqrt(26.8 / 5), 10)
  })

  test('bad events count or not, by the switch', () => {
    expect(values(point, { basis: 'EventWeighted', types: ['Count'], countsBad: false })).toEqual({ Count: 5 })
  })

  test.each([
    ['EventWeighted', 6],
    ['EventWeightedIncludeBothEnds', 6],
    ['EventWeightedExcludeMostRecentEvent', 5],
    ['EventWeightedExcludeEarliestEvent', 5],
  ] as const)('%s over one interval counts %d', (basis, count) => {
    expect(values(point, { basis, types: ['Count'] })).toEqual({ Count: count })
    expect(values(point, { basis, types: ['Count'], start: at(100), end: at(0) })).toEqual({ Count: count })
  })

  test.each([
    ['EventWeighted', [4, 1], [1, 4]],
    ['EventWeightedIncludeBothEnds', [5, 2], [2, 5]],
    ['EventWeightedExcludeMostRecentEvent', [4, 1], [1, 4]],
    ['EventWeightedExcludeEarliestEvent', [4, 1], [1, 4]],
  ] as const)('%s over two intervals, ascending and descending', (basis, ascending, descending) => {
    const half = { basis, types: ['Count'] as const, duration: parseTimeSpan('50s')! }
    const counts = (parameters: Partial<SummaryParameters>): unknown[] =>
      rows(point, { ...half, ...parameters }).map(({ value }) => value.value)
    expect(counts({})).toEqual(ascending)
    expect(counts({ start: at(100), end: at(0) })).toEqual(descending)
  })

  test('half-open windows that adjoin count every event once', () => {
    const events = fc
      .array(fc.integer({ min: 0, max: 99 }), { maxLength: 50 })
      .map((list) => list.toSorted((a, b) => a - b))
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 8 })
    fc.assert(
      fc.property(events, cuts, (seconds, inner) => {
        const tag = samplePoint(seconds.map((second): Row => [second, 1]))
        const edges = [0, ...inner.toSorted((a, b) => a - b), 100]
        const counts = edges.slice(1).map((end, i) => {
          const basis = 'EventWeightedExcludeMostRecentEvent'
          return values(tag, { start: at(edges[i]!), end: at(end), basis, types: ['Count'] })['Count'] as number
        })
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(seconds.length)
      }),
    )
  })

  test('nothing to calculate from is No Data, except that the count is zero', () => {
    const [average, count] = rows(samplePoint([]), { basis: 'EventWeighted', types: ['Average', 'Count'] })
    expect(average?.value).toMatchObject({ value: NO_DATA, good: false })
    expect(count?.value).toMatchObject({ value: 0, good: true })
  })

  test('one event has no deviation', () => {
    const one = samplePoint([[50, 1]])
    expect(values(one, { basis: 'EventWeighted', types: ['StdDev'] })).toEqual({ StdDev: NO_DATA })
  })
})

describe('time-weighted summaries', () => {
  const ramp = samplePoint([
    [0, 0],
    [100, 100],
  ])

  test('integrate the line between events; totals are per day', () => {
    const result = values(ramp, {})
    expect(result).toMatchObject({ Average: 50, Minimum: 0, Maximum: 100, Range: 100, Count: 100, PercentGood: 100 })
    expect(result['Total']).toBeCloseTo(5000 / 86_400, 12)
    expect(result['PopulationStdDev']).toBeCloseTo(100 / Math.sqrt(12), 10)
  })

  test('the basis decides whether values are held or joined', () => {
    expect(values(ramp, { basis: 'TimeWeightedDiscrete', types: ['Average'] })).toEqual({ Average: 0 })
    const steps = samplePoint(
      [
        [0, 0],
        [100, 100],
      ],
      { step: true },
    )
    expect(values(steps, { types: ['Average'] })).toEqual({ Average: 0 })
    expect(values(steps, { basis: 'TimeWeightedContinuous', types: ['Average'] })).toEqual({ Average: 50 })
  })

  test('values at the edges are interpolated', () => {
    expect(values(ramp, { start: at(20), end: at(40), types: ['Average', 'Minimum', 'Maximum'] })).toEqual({
      Average: 30,
      Minimum: 20,
      Maximum: 40,
    })
  })

  test('Count is the seconds with a good value, and a total is scaled up by their share', () => {
    const point = samplePoint([
      [0, 10],
      [25, SHUTDOWN],
      [75, 10],
    ])
    const result = values(point, { types: ['Count', 'PercentGood', 'Average', 'Total'] })
    expect(result).toMatchObject({ Count: 50, PercentGood: 50, Average: 10 })
    expect(result['Total']).toBeCloseTo((10 * 100) / 86_400, 12)
  })

  test('before the first event and after now there is no value', () => {
    const point = samplePoint([[40, 1]])
    expect(values(point, { types: ['Count', 'PercentGood'] }, at(60))).toEqual({ Count: 20, PercentGood: 20 })
    const future = samplePoint([[40, 1]], { future: true })
    expect(values(future, { types: ['Count'] })).toEqual({ Count: 0 })
  })

  test('agree with many small steps of interpolation', () => {
    const event = fc.tuple(
      fc.integer({ min: -20, max: 120 }),
      fc.oneof(fc.integer({ min: -50, max: 50 }), fc.constant(SHUTDOWN)),
    )
    const events = fc
      .array(event, { minLength: 1, maxLength: 12 })
      .map((list) => list.toSorted((a, b) => a[0] - b[0]) as Row[])
    fc.assert(
      fc.property(events, fc.boolean(), (list, step) => {
        const point = samplePoint(list, { step })
        const result = values(point, { types: ['Average', 'Count'] })
        // Midpoints of quarter seconds never fall on an event, and are exact for lines.
        const samples = Array.from({ length: 400 }, (_, i) => interpolateAt(point, at(i / 4 + 0.125)))
        const numbers = samples.map(({ value }) => value).filter((value) => typeof value === 'number')
        expect(result['Count']).toBeCloseTo(numbers.length / 4, 9)
        const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length
        if (numbers.length > 0) expect(result['Average']).toBeCloseTo(mean, 9)
        else expect(result['Average']).toBe(NO_DATA)
      }),
    )
  })
})

describe('summaries of any kind', () => {
  const point = samplePoint([
    [0, 1],
    [30, 7],
    [60, 3],
    [100, 5],
  ])

  test('times of the answer', () => {
    const times = (parameters: Partial<SummaryParameters>): number[] =>
      rows(point, { types: ['Maximum', 'Average'], ...parameters }).map(({ value }) => secondOf(value.ticks))
    expect(times({ timeType: 'Auto' })).toEqual([30, 0])
    expect(times({ timeType: 'EarliestTime' })).toEqual([0, 0])
    expect(times({ timeType: 'MostRecentTime' })).toEqual([100, 100])
  })

  test('intervals are cut at the end, and come in the direction of the range', () => {
    const parameters = { types: ['Count'] as const, duration: parseTimeSpan('40s')! }
    const up = rows(point, parameters)
    expect(up.map(({ value }) => [secondOf(value.ticks), value.value])).toEqual([
      [0, 40],
      [40, 40],
      [80, 20],
    ])
    const down = rows(point, { ...parameters, start: at(100), end: at(0) })
    expect(down.map(({ value }) => secondOf(value.ticks))).toEqual([80, 40, 0])
  })

  test('units say what a number is of', () => {
    const units = (basis: SummaryParameters['basis']): string[] =>
      rows(point, { basis, types: ['Average', 'Count', 'PercentGood'] }).map((row) => row.unitsAbbreviation)
    expect(units('TimeWeighted')).toEqual(['m', 's', '%'])
    expect(units('EventWeighted')).toEqual(['m', '', '%'])
  })

  test('points that are not numeric count, and refuse the rest', () => {
    const text = samplePoint([[10, 'a']], { pointType: 'String' })
    expect(values(text, { types: ['AllForNonNumeric'], basis: 'EventWeighted' })).toEqual({
      Count: 1,
      PercentGood: 100,
    })
    expect(() => rows(text, { types: ['Count', 'Average'] })).toThrow(/not supported/)
    expect(() => rows(text, { types: ['All'] })).toThrow(/not supported/)
  })

  test('refuses intervals without end', () => {
    expect(() => rows(point, { duration: parseTimeSpan('1ms')! })).toThrow(/maximum/)
    expect(() => rows(point, { duration: parseTimeSpan('-1s')! })).toThrow(/summaryDuration/)
  })

  test('an empty range is answered', () => {
    expect(values(point, { end: at(0), types: ['Average', 'Count', 'PercentGood'] })).toEqual({
      Average: NO_DATA,
      Count: 0,
      PercentGood: NO_DATA,
    })
    expect(values(point, { end: at(0), types: ['Count'], basis: 'EventWeighted' })).toEqual({ Count: 1 })
  })
})
