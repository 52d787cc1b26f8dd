import fc from 'fast-check'
import { expect, it } from 'vitest'
import { cellStart } from '../../src/domain/cell.ts'
import { addDigests, EMPTY_DIGEST, hashSample, type Digest } from '../../src/domain/digest.ts'
import { ticks } from '../../src/domain/ticks.ts'
import { areEqual, CellDigests } from '../../src/verify/cell-digests.ts'
import { at, sample, WIDTH } from './copied-historian.ts'

it('says of each cell what the sum of its samples is, however they stream by', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -30, max: 30 }), fc.nat(2)), { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      (rows, size) => {
        const samples = rows.map(([n, value]) => sample(n, value))
        const digests = new CellDigests(WIDTH)
        for (let i = 0; i < samples.length; i += size) digests.add(samples.slice(i, i + size))
        const expected = new Map<bigint, Digest>()
        for (const one of samples) {
          const start = cellStart(one.ticks, WIDTH)
          expected.set(start, addDigests(expected.get(start) ?? EMPTY_DIGEST, { count: 1, sum: hashSample(one) }))
        }
        expect(new Set(digests.starts())).toEqual(new Set(expected.keys()))
        for (const [start, digest] of expected) expect(areEqual(digests.of(ticks(start)), digest)).toBe(true)
        expect(digests.of(at(1_000))).toEqual(EMPTY_DIGEST)
      },
    ),
  )
})

it('takes digests for equal only when count and sum are', () => {
  expect(areEqual({ count: 1, sum: 5n }, { count: 1, sum: 5n })).toBe(true)
  expect(areEqual({ count: 2, sum: 5n }, { count: 1, sum: 5n })).toBe(false)
  expect(areEqual({ count: 1, sum: 6n }, { count: 1, sum: 5n })).toBe(false)
})
