import { expect, it } from 'vitest'
import { describeDifferenceTotals } from '../../src/cli/difference-text.ts'

const NOTHING = { windows: 0, unread: 0, equal: 0, onlyPrimary: 0, onlyFallback: 0, value: 0, quality: 0 }

it.each([
  [{}, 'the same times, values and severities'],
  [{ windows: 2, unread: 2 }, '2 windows could not be compared any more'],
  [
    { windows: 3, onlyPrimary: 1_000, value: 2 },
    'PI and OPC UA differ: 1,000 only in PI, 0 only in OPC UA, 2 with another value, 0 with another quality, in 3 windows',
  ],
  [
    { windows: 3, unread: 2, quality: 1 },
    'PI and OPC UA differ: 0 only in PI, 0 only in OPC UA, 0 with another value, 1 with another quality, in 1 window; ' +
      '2 windows could not be compared any more',
  ],
])('of %j it says so', (totals, expected) => {
  expect(describeDifferenceTotals({ ...NOTHING, ...totals })).toBe(`Where OPC UA stood in for PI: ${expected}`)
})
