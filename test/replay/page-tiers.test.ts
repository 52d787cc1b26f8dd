import { describe, expect, it } from 'vitest'
import { PageTiers, type Tier } from '../../src/replay/page-tiers.ts'

/** From the first one on. */
function sizes(start: Tier): number[] {
  return start.next === undefined ? [start.pageSize] : [start.pageSize, ...sizes(start.next)]
}

describe('PageTiers', () => {
  it('starts where twice the expected samples fit, and ends with full pages', () => {
    const tiers = new PageTiers(10_000, 4)
    expect(sizes(tiers.startFor(0))).toEqual([100, 1_000, 10_000])
    expect(sizes(tiers.startFor(50))).toEqual([100, 1_000, 10_000])
    expect(sizes(tiers.startFor(51))).toEqual([1_000, 10_000])
    expect(sizes(tiers.startFor(1_000_000))).toEqual([10_000])
  })

  it('never asks for larger pages than allowed', () => {
    expect(sizes(new PageTiers(500, 4).startFor(0))).toEqual([100, 500])
    expect(sizes(new PageTiers(7, 4).startFor(0))).toEqual([7])
  })

  it('has lanes for thousands of idle tags, and the few given for full pages', () => {
    const first = new PageTiers(10_000, 4).startFor(0)
    expect(first.lanes.concurrency).toBeGreaterThanOrEqual(2_000)
    expect(first.next?.next?.lanes.concurrency).toBe(4)
  })
})
