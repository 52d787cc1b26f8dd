import fc from 'fast-check'
import { expect, test } from 'vitest'
import { coarsen, union, type Interval } from '../../src/store/intervals.ts'

const intervals: fc.Arbitrary<Interval[]> = fc.array(
  fc.tuple(fc.bigInt({ min: -60n, max: 60n }), fc.bigInt({ min: 1n, max: 9n })).map(([at, n]) => [at, at + n] as const),
  { maxLength: 25 },
)

/** Half-open. */
function numbersIn(list: readonly Interval[]): Set<bigint> {
  const numbers = new Set<bigint>()
  for (const [start, end] of list) for (let n = start; n < end; n++) numbers.add(n)
  return numbers
}

function gapsOf(list: readonly Interval[]): bigint[] {
  return list.slice(1).map(([start], i) => start - list[i]![1])
}

test('the union holds the same, ascending, and nothing in it touches', () => {
  fc.assert(
    fc.property(intervals, (list) => {
      const result = union(list)
      expect(numbersIn(result)).toEqual(numbersIn(list))
      for (const gap of gapsOf(result)) expect(gap).toBeGreaterThan(0n)
    }),
  )
})

test('coarsening keeps the limit and everything held, and closes no gap wider than one it leaves', () => {
  fc.assert(
    fc.property(intervals, fc.integer({ min: 1, max: 10 }), (list, limit) => {
      const fine = union(list)
      const coarse = coarsen(fine, limit)
      expect(coarse).toHaveLength(Math.min(fine.length, limit))
      const held = numbersIn(coarse)
      for (const n of numbersIn(fine)) expect(held.has(n)).toBe(true)
      // The gaps left are the widest there were.
      const byWidth = (a: bigint, b: bigint): number => (a < b ? 1 : -1)
      const left = gapsOf(coarse).toSorted(byWidth)
      expect(left).toEqual(gapsOf(fine).toSorted(byWidth).slice(0, left.length))
    }),
  )
})
