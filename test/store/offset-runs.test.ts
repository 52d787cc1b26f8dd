import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addRun, decodeRuns, encodeRuns, RUN_GAP, RUNS_PER_CELL, type OffsetRun } from '../../src/store/offset-runs.ts'

/** Batches in offset order: the distance to the one before, and how far the batch reaches. */
const batches = fc.array(
  fc.record({
    gap: fc.oneof(fc.bigInt({ min: 1n, max: RUN_GAP + 2n }), fc.bigInt({ min: 1n, max: 100n * RUN_GAP })),
    length: fc.bigInt({ min: 0n, max: RUN_GAP }),
  }),
  { minLength: 1, maxLength: 60 },
)

function stretchesOf(list: readonly { gap: bigint; length: bigint }[]): OffsetRun[] {
  let next = 0n
  return list.map(({ gap, length }) => {
    const first = next + gap
    next = first + length
    return { first, last: next }
  })
}

test('runs hold every offset added; they ascend, are far apart and few, and come back from their text', () => {
  fc.assert(
    fc.property(batches, (list) => {
      const added = stretchesOf(list)
      const runs = added.reduce(addRun, [])
      for (const { first, last } of added) {
        expect(runs.some((run) => run.first <= first && last <= run.last)).toBe(true)
      }
      for (const [i, { first }] of runs.entries()) {
        if (i > 0) expect(first - runs[i - 1]!.last).toBeGreaterThan(RUN_GAP)
      }
      expect(runs.length).toBeLessThanOrEqual(RUNS_PER_CELL)
      expect([runs[0]!.first, runs.at(-1)!.last]).toEqual([added[0]!.first, added.at(-1)!.last])
      expect(decodeRuns(encodeRuns(runs))).toEqual(runs)
    }),
  )
})

test('a correction weeks later is a run of its own', () => {
  const cell = addRun([], { first: 10n, last: 900n })
  expect(addRun(cell, { first: 900n + RUN_GAP, last: 900n + RUN_GAP })).toEqual([{ first: 10n, last: 900n + RUN_GAP }])
  expect(addRun(cell, { first: 9_000_000_000n, last: 9_000_000_001n })).toEqual([
    ...cell,
    { first: 9_000_000_000n, last: 9_000_000_001n },
  ])
})

test('beyond the limit the two nearest become one', () => {
  const far = (i: number): OffsetRun => ({ first: BigInt(i) * 10n * RUN_GAP, last: BigInt(i) * 10n * RUN_GAP })
  const full = Array.from({ length: RUNS_PER_CELL }, (_, i) => far(i)).reduce(addRun, [])
  expect(full).toHaveLength(RUNS_PER_CELL)
  const near = { first: full.at(-1)!.last + 2n * RUN_GAP, last: full.at(-1)!.last + 2n * RUN_GAP }
  expect(addRun(full, near)).toEqual([...full.slice(0, -1), { first: full.at(-1)!.first, last: near.last }])
})

test.each(['', '5', '5-', '-1-5', '9-5', '1-5,3-9', '1-5,5-9', '7-8,1-2', '1-2,', '1.5-2', '[[1,2]]', '1-5;7-9'])(
  'text that is not runs is refused: %j',
  (text) => {
    expect(() => decodeRuns(text)).toThrow(RangeError)
  },
)
