import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatPeriod, formatShare, formatTime, windowLength } from '../../src/report/phrases.ts'

test.each([
  ['2026-03-01T06:00:00.0000000Z', '2026-03-01 06:00 UTC'],
  ['2026-03-01T06:00:07.0000000Z', '2026-03-01 06:00:07 UTC'],
  ['2026-03-01T06:00:20.0000000Z', '2026-03-01 06:00:20 UTC'],
  ['2026-03-01T06:00:00.1250300Z', '2026-03-01 06:00:00.12503 UTC'],
  ['2026-03-01T06:00:00.000Z', '2026-03-01 06:00 UTC'],
  ['yesterday', 'yesterday'],
])('%s reads %s', (ts, text) => {
  expect(formatTime(ts)).toBe(text)
})

test('a share is 100 % only of all and 0 % only of nothing', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e12 }), fc.double({ min: 0, max: 1, noNaN: true }), (whole, dice) => {
      const part = Math.round(whole * dice)
      const text = formatShare(part, whole)
      expect(text === '100 %').toBe(part === whole)
      expect(text === '0 %').toBe(part === 0)
    }),
  )
})

test.each([
  [1, 1_000_000, '< 0.1 %'],
  [999_999, 1_000_000, '> 99.9 %'],
  [1, 8, '12.5 %'],
  [0, 0, '0 %'],
])('%d of %d is %s', (part, whole, text) => {
  expect(formatShare(part, whole)).toBe(text)
})

test.each([
  [3_600, 'one hour'],
  [86_400, 'one day'],
  [172_800, '2 days'],
  [7_200, '2 hours'],
  [90, '90 seconds'],
])('a window of %d s is %s', (seconds, text) => {
  expect(windowLength(seconds)).toBe(text)
})

test('a period of one moment is one time', () => {
  const [earliest, latest] = ['2026-03-01T06:00:00.0000000Z', '2026-03-02T06:00:00.0000000Z']
  expect(formatPeriod({ earliest, latest })).toBe('2026-03-01 06:00 UTC to 2026-03-02 06:00 UTC')
  expect(formatPeriod({ earliest, latest: earliest })).toBe('2026-03-01 06:00 UTC')
})
