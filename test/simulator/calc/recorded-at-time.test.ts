import { describe, expect, test } from 'vitest'
import { CalculationRefused, NO_DATA } from '../../../src/simulator/calc/calculated.ts'
import {
  recordedAtTime,
  recordedAtTimes,
  RETRIEVAL_MODES,
  type RetrievalMode,
} from '../../../src/simulator/calc/recorded-at-time.ts'
import { at, samplePoint, secondOf } from './sample-point.ts'

const point = samplePoint([
  [10, 1],
  [20, 2],
  [20, 3],
  [30, 4],
])

describe('recordedattime', () => {
  test.each<[RetrievalMode, number, unknown]>([
    ['AtOrBefore', 25, 3],
    ['AtOrBefore', 20, 3],
    ['AtOrBefore', 9, undefined],
    ['Before', 20, 1],
    ['Before', 10, undefined],
    ['AtOrAfter', 20, 2],
    ['AtOrAfter', 21, 4],
    ['AtOrAfter', 31, undefined],
    ['After', 20, 4],
    ['After', 30, undefined],
    ['Exact', 20, 2],
    ['Exact', 25, undefined],
    ['Auto', 25, 3],
    ['Auto', 9, 1],
  ])('%s %d', (mode, second, expected) => {
    if (expected === undefined) {
      expect(() => recordedAtTime(point, at(second), mode)).toThrow(CalculationRefused)
    } else {
      const event = recordedAtTime(point, at(second), mode)
      expect(event.value).toBe(expected)
      expect(event.valueType).toBe('Float64')
    }
  })

  test('an event one tick away is not the exact one', () => {
    expect(() => recordedAtTime(point, at(20) + 1n, 'Exact')).toThrow(CalculationRefused)
    expect(recordedAtTime(point, at(20) - 1n, 'AtOrBefore').value).toBe(1)
  })

  test('an empty point has no event for any mode', () => {
    for (const mode of RETRIEVAL_MODES) {
      expect(() => recordedAtTime(samplePoint([]), at(1), mode)).toThrow(CalculationRefused)
    }
  })

  test('several times are answered in time order, a missing one with No Data at its own time', () => {
    const events = recordedAtTimes(point, [at(30), at(15), at(20)], 'Exact', false)
    expect(events.map((event) => [secondOf(event.ticks), event.value, event.good])).toEqual([
      [15, NO_DATA, false],
      [20, 2, true],
      [30, 4, true],
    ])
    const descending = recordedAtTimes(point, [at(10), at(30)], 'Exact', true)
    expect(descending.map((event) => event.value)).toEqual([4, 1])
  })
})
