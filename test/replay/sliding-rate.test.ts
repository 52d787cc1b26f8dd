import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SlidingRate } from '../../src/replay/sliding-rate.ts'

it('property: no interval, wherever it begins, sees more starts than the cap, and none waits longer than it must', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.nat(30), { minLength: 1, maxLength: 60 }),
      (cap, intervalMs, pauses) => {
        const rate = new SlidingRate(cap, intervalMs)
        const starts: number[] = []
        let nowMs = 0
        for (const pause of pauses) {
          nowMs += pause
          const inLastInterval = starts.filter((start) => start > nowMs - intervalMs).length
          expect(rate.waitMs(nowMs) === 0).toBe(inLastInterval < cap)
          nowMs += rate.waitMs(nowMs)
          expect(rate.waitMs(nowMs)).toBe(0)
          rate.started(nowMs)
          starts.push(nowMs)
        }
        for (const from of starts) {
          expect(starts.filter((start) => start >= from && start < from + intervalMs).length).toBeLessThanOrEqual(cap)
        }
      },
    ),
  )
})
