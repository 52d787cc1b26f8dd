import { describe, expect, it } from 'vitest'
import { AGREEING_LOOKS, OpenDoubts, RECHECK_AFTER_MS, type Sighting } from '../../src/verify/open-doubts.ts'
import { testTag } from '../harness/memory-source.ts'
import { span } from './copied-historian.ts'

const TAG = testTag(1).id

function sighting(held: bigint, cell = span(0, 10), epoch = 1): Sighting {
  return { tag: TAG, cell, seen: { epoch, digest: { count: 1, sum: 1n } }, held: { count: 1, sum: held } }
}

describe('an open doubt', () => {
  it('is confirmed by looks that agree, each after a longer pause', () => {
    const doubts = new OpenDoubts(RECHECK_AFTER_MS)
    let nowMs = 0
    const dues: number[] = []
    for (let look = 1; look < AGREEING_LOOKS; look++) {
      expect(doubts.see(sighting(2n), false, nowMs)).toBe('open')
      dues.push(doubts.nextDueMs()! - nowMs)
      expect(doubts.due(doubts.nextDueMs()! - 1).size).toBe(0)
      nowMs = doubts.nextDueMs()!
      expect(doubts.due(nowMs)).toEqual(new Map([[TAG, [span(0, 10)]]]))
    }
    expect(doubts.see(sighting(2n), false, nowMs)).toBe('confirmed')
    expect(dues).toEqual(RECHECK_AFTER_MS.slice(0, AGREEING_LOOKS - 1))
    expect(dues.toSorted((a, b) => a - b)).toEqual(dues)
  })

  it.each([
    ['historian', sighting(3n)],
    ['log', sighting(2n, span(0, 10), 2)],
  ])('begins anew when the %s shows something else', (_, other) => {
    const doubts = new OpenDoubts([0, 0, 0])
    doubts.see(sighting(2n), false, 0)
    expect(doubts.see(other, false, 0)).toBe('open')
    expect(doubts.see(other, false, 0)).toBe('open')
    expect(doubts.see(other, false, 0)).toBe('confirmed')
  })

  it('is moving when the last look still disagrees', () => {
    const doubts = new OpenDoubts([0, 0, 0])
    expect([2n, 3n, 4n, 5n].map((held) => doubts.see(sighting(held), false, 0))).toEqual([
      'open',
      'open',
      'open',
      'moving',
    ])
  })

  it('is open again when its rows were something else, while looks are left', () => {
    const doubts = new OpenDoubts([0, 0, 0])
    for (let i = 0; i < 3; i++) doubts.see(sighting(2n), false, 0)
    expect(doubts.unsettle(sighting(2n), 0)).toBe('open')
    expect(doubts.see(sighting(2n), false, 0)).toBe('moving')
    expect(doubts.unsettle(sighting(2n), 0)).toBe('moving')
  })

  it('keeps what the first look believed, and is gone when it is closed', () => {
    const doubts = new OpenDoubts([0, 0, 0])
    doubts.see(sighting(2n), true, 0)
    doubts.see(sighting(2n), false, 0)
    doubts.see(sighting(2n, span(20, 30)), false, 0)
    expect(doubts.isLossDisbelieved(TAG, span(0, 10))).toBe(true)
    expect(doubts.of(TAG, [span(0, 25)])).toEqual([span(0, 10), span(20, 30)])
    expect(doubts.size).toBe(2)
    doubts.close(TAG, span(0, 10))
    doubts.close(TAG, span(0, 10))
    expect([doubts.size, doubts.of(TAG, [span(0, 25)])]).toEqual([1, [span(20, 30)]])
  })
})
