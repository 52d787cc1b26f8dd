import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../src/simulator/random.ts'
import { alwaysValidUpperBound } from '../../src/verify/statistics.ts'

const RATE = 1e-6

describe('the bound that is valid at every moment', () => {
  it.each([
    [0, 4_743_862],
    [1, 7_210_000],
    [2, 9_300_000],
  ])('with %i bad cells reaches one in a million after about %i', (bad, drawn) => {
    expect(alwaysValidUpperBound(Math.ceil(drawn * 1.001), bad)).toBeLessThan(RATE)
    expect(alwaysValidUpperBound(Math.floor(drawn * 0.998), bad)).toBeGreaterThan(RATE)
  })

  it('is exact to the cell where none was bad', () => {
    expect(alwaysValidUpperBound(4_743_862, 0)).toBeLessThanOrEqual(RATE)
    expect(alwaysValidUpperBound(4_743_861, 0)).toBeGreaterThan(RATE)
  })

  it('says nothing before anything was drawn, and never less than what was seen', () => {
    expect(alwaysValidUpperBound(0, 0)).toBe(1)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e7 }), fc.nat(50), (drawn, bad) => {
        const bound = alwaysValidUpperBound(drawn, Math.min(bad, drawn))
        expect(bound).toBeGreaterThan(Math.min(bad, drawn) / drawn - 1e-15)
        expect(bound).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('holds in all but one in twenty histories, at all of their moments together', () => {
    const random = new Random(7)
    const truth = 0.01
    const isBelowTruth = new Map<string, boolean>()
    const isWrong = (drawn: number, bad: number): boolean => {
      const key = `${drawn}/${bad}`
      const known = isBelowTruth.get(key) ?? alwaysValidUpperBound(drawn, bad) < truth
      isBelowTruth.set(key, known)
      return known
    }
    const histories = 2_000
    let wrong = 0
    for (let history = 0; history < histories; history++) {
      let bad = 0
      for (let drawn = 1; drawn <= 1_000; drawn++) {
        if (random.chance(truth)) bad += 1
        if (!isWrong(drawn, bad)) continue
        wrong += 1
        break
      }
    }
    // Three standard deviations of 2,000 draws above one in twenty.
    expect(wrong / histories).toBeLessThan(0.065)
  })

  it('holds for strata of different rates as for one', () => {
    const random = new Random(11)
    // All that is bad is in a fifth of the strata.
    const strata = 500
    const truth = 1 / 50
    const trials = 2_000
    let wrong = 0
    for (let trial = 0; trial < trials; trial++) {
      let bad = 0
      for (let stratum = 0; stratum < strata; stratum++) {
        const rate = stratum % 5 === 0 ? 5 * truth : 0
        if (random.chance(rate)) bad += 1
      }
      if (alwaysValidUpperBound(strata, bad) < truth) wrong += 1
    }
    expect(wrong / trials).toBeLessThan(0.05)
  })
})
