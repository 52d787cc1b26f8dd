import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ticks } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'
import { nextSlice, type Density } from '../../src/replay/slices.ts'

const w = (from: bigint, until: bigint): Window => ({ from: ticks(from), until: ticks(until) })

describe('nextSlice', () => {
  it('takes all of a gap oldest first, and all of a sparse gap newest first', () => {
    const density: Density = { samples: 100, seen: w(0n, 1000n) }
    expect(nextSlice(w(0n, 10_000n), 'oldest-first', density, 10)).toEqual({ slice: w(0n, 10_000n), rest: undefined })
    expect(nextSlice(w(0n, 8_000n), 'newest-first', density, 1000)).toEqual({ slice: w(0n, 8_000n), rest: undefined })
  })

  it('cuts about the wanted number of rows off the upper end', () => {
    const density: Density = { samples: 100, seen: w(0n, 1000n) }
    expect(nextSlice(w(0n, 10_000n), 'newest-first', density, 50)).toEqual({
      slice: w(9_500n, 10_000n),
      rest: w(0n, 9_500n),
    })
  })

  it('does not trust one quiet stretch for all of history', () => {
    const density: Density = { samples: 0, seen: w(0n, 10n) }
    expect(nextSlice(w(0n, 10_000n), 'newest-first', density, 50).slice).toEqual(w(9_920n, 10_000n))
  })

  it('tiles any gap exactly, whatever densities are seen on the way', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 9n }),
        fc.array(fc.nat(100_000), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 100_000 }),
        (length, counts, target) => {
          const gap = w(-5n, length - 5n)
          let rest: Window | undefined = gap
          let seen: Window = w(0n, 1_000_000n)
          let upper = gap.until
          for (let i = 0; rest !== undefined && i < 500; i++) {
            const cut = nextSlice(rest, 'newest-first', { samples: counts[i % counts.length]!, seen }, target)
            expect(cut.slice.until).toBe(upper)
            expect(cut.slice.from).toBeLessThan(cut.slice.until)
            expect(cut.rest?.until ?? cut.slice.from).toBe(cut.slice.from)
            expect(cut.slice.from).toBeGreaterThanOrEqual(gap.from)
            upper = cut.slice.from
            seen = cut.slice
            rest = cut.rest
            if (rest === undefined) expect(upper).toBe(gap.from)
          }
        },
      ),
    )
  })
})
