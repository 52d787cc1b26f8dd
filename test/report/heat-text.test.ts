import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VERDICTS, WORST_FIRST } from '../../src/domain/verdict.ts'
import { decodeHeat, encodeHeat, rankOf, verdictOfRank } from '../../src/report/heat-text.ts'

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...VERDICTS, undefined)), (verdicts) => {
      const ranks = decodeHeat(encodeHeat(verdicts), verdicts.length)
      expect([...ranks].map(verdictOfRank)).toEqual(verdicts)
    }),
  )
})

test('runs as the model says', () => {
  expect(encodeHeat([...Array<'match'>(24).fill('match'), 'mismatch', 'match', undefined])).toBe('24m1x1m1.')
})

test('a higher rank is worse, and no cell is the least', () => {
  expect(WORST_FIRST.map(rankOf)).toEqual([6, 5, 4, 3, 2, 1])
  expect(rankOf(undefined)).toBe(0)
})

test.each(['', '3m', '5m', '4z', '4', 'mmmm', '2m 2m', '2m;2m', '4m0', '99999999999999999999m'])(
  '%s is not four columns',
  (text) => {
    expect(() => decodeHeat(text, 4)).toThrow(RangeError)
  },
)
