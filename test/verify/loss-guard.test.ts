import { describe, expect, it } from 'vitest'
import type { Losses } from '../../src/verify/loss-guard.ts'
import { lagging, LossTally, refusedLoss, unbelievable, type Held } from '../../src/verify/loss-guard.ts'
import type { Ticks } from '../../src/domain/ticks.ts'
import { testTag } from '../harness/memory-source.ts'
import { at, span } from './copied-historian.ts'

function shown(count: number, latest: Ticks): Held {
  return { count, latest: count === 0 ? undefined : latest }
}

/** Losses of a tag whose cells held `logged` samples each, of which the historian now shows `held`. */
function tally(...cells: { logged: number; held: number }[]): Losses {
  const losses = new LossTally({ appendedSince: 0, cutAt: undefined })
  for (const [i, { logged, held }] of cells.entries()) {
    const window = span(i * 10, i * 10 + 10)
    const cell = { window, minTicks: window.from, maxTicks: at(i * 10 + 9), digest: { count: logged, sum: 0n } }
    losses.add(
      { ...cell, tag: testTag(1).id, epoch: logged, partition: 0, runs: [] },
      [window],
      shown(held, at(i * 10 + 9)),
    )
  }
  return losses.total()
}

function many(count: number, cell: { logged: number; held: number }): { logged: number; held: number }[] {
  return Array.from({ length: count }, () => cell)
}

function isRefused(...losses: Losses[]): boolean[] {
  const tags = losses.map((one) => ({ losses: one }))
  const refused = unbelievable(tags)
  return tags.map((tag) => refused.has(tag))
}

describe('loss tally', () => {
  it('adds up what is gone, not what came instead elsewhere', () => {
    const losses = tally({ logged: 10, held: 4 }, { logged: 10, held: 30 })
    expect(losses).toEqual({ logged: 20, gone: 6, emptiedRun: 0, top: 0 })
  })

  it('knows the longest run of emptied cells; cells that were empty do not end it', () => {
    const empty = { logged: 0, held: 0 }
    const gone = { logged: 5, held: 0 }
    expect(tally(gone, { logged: 5, held: 5 }, gone, empty, gone, { logged: 5, held: 1 }).emptiedRun).toBe(2)
  })

  it('leaves out a cell of which the log has more than was compared', () => {
    const losses = new LossTally({ appendedSince: 0, cutAt: at(8) })
    const cell = { tag: testTag(1).id, window: span(0, 10), epoch: 5, partition: 0, runs: [] }
    losses.add(
      { ...cell, digest: { count: 5, sum: 0n }, minTicks: at(0), maxTicks: at(9) },
      [span(0, 8)],
      shown(0, at(0)),
    )
    expect(losses.total()).toEqual({ logged: 0, gone: 0, emptiedRun: 0, top: 0 })
  })

  it('counts the newest cell but for what was appended meanwhile', () => {
    const losses = new LossTally({ appendedSince: 2, cutAt: undefined })
    const cell = { tag: testTag(1).id, window: span(0, 10), epoch: 5, partition: 0, runs: [] }
    losses.add(
      { ...cell, digest: { count: 5, sum: 0n }, minTicks: at(0), maxTicks: at(9) },
      [span(0, 8)],
      shown(1, at(3)),
    )
    expect(losses.total()).toEqual({ logged: 3, gone: 2, emptiedRun: 0, top: 2 })
  })

  it('knows what is gone from the top: newer than all that is shown', () => {
    const full = { logged: 5, held: 5 }
    const gone = { logged: 5, held: 0 }
    expect(tally(full, gone, gone).top).toBe(10)
    expect(tally(gone, gone, full).top).toBe(0)
    expect(tally(full, gone, { logged: 0, held: 1 }).top).toBe(0)
    // Something of the newest cell is shown, but not its newest sample; or that one is.
    for (const [latest, top] of [
      [5, 3],
      [9, 0],
    ] as const) {
      const losses = new LossTally({ appendedSince: 0, cutAt: undefined })
      const cell = { tag: testTag(1).id, window: span(0, 10), epoch: 5, partition: 0, runs: [] }
      losses.add(
        { ...cell, digest: { count: 5, sum: 0n }, minTicks: at(0), maxTicks: at(9) },
        [span(0, 10)],
        shown(2, at(latest)),
      )
      expect(losses.total().top).toBe(top)
    }
  })
})

describe('loss guard', () => {
  it('believes what people delete', () => {
    expect(isRefused(tally({ logged: 500, held: 499 }))).toEqual([false])
    expect(isRefused(tally(...many(30, { logged: 500, held: 490 })))).toEqual([false])
    expect(isRefused(tally({ logged: 1, held: 0 }, { logged: 1, held: 0 }, { logged: 1, held: 1 }))).toEqual([false])
    expect(isRefused(tally({ logged: 900, held: 0 }, { logged: 900, held: 900 }))).toEqual([false])
    expect(isRefused(tally({ logged: 1, held: 0 }))).toEqual([false])
  })

  it('refuses a large loss that leaves less than half', () => {
    expect(isRefused(tally({ logged: 1_500, held: 400 }))).toEqual([true])
    expect(isRefused(tally({ logged: 5_000, held: 3_900 }))).toEqual([false])
  })

  it('refuses a large loss that leaves a stretch empty', () => {
    const kept = many(20, { logged: 500, held: 500 })
    expect(isRefused(tally(...kept, ...many(3, { logged: 500, held: 0 })))).toEqual([true])
    expect(isRefused(tally(...kept, ...many(2, { logged: 500, held: 0 }), ...kept))).toEqual([false])
  })

  it('refuses to leave nothing of a tag, however sparse', () => {
    expect(isRefused(tally(...many(3, { logged: 1, held: 0 })))).toEqual([true])
  })

  it('refuses what falls empty in many tags at once, and what is lost beside it', () => {
    const whole = tally(...many(4, { logged: 5, held: 5 }))
    const stretch = tally(...many(3, { logged: 5, held: 0 }), ...many(9, { logged: 5, held: 5 }))
    const single = tally({ logged: 5, held: 4 })
    const few = [...Array.from({ length: 4 }, () => stretch), single, whole]
    expect(isRefused(...few)).toEqual(few.map(() => false))
    const event = [...Array.from({ length: 5 }, () => stretch), single, whole]
    expect(isRefused(...event)).toEqual([true, true, true, true, true, true, false])
    const rare = [...Array.from({ length: 5 }, () => stretch), ...Array.from({ length: 30 }, () => whole)]
    expect(isRefused(...rare)).toEqual(rare.map(() => false))
  })

  it('takes histories that end earlier in many tags at once for one event', () => {
    const shorter = tally(...many(20, { logged: 10, held: 10 }), ...many(2, { logged: 10, held: 0 }))
    const snapshot = tally(...many(20, { logged: 10, held: 10 }), { logged: 1, held: 0 })
    const inside = tally({ logged: 10, held: 9 }, { logged: 10, held: 10 })
    const laggards = (...losses: Losses[]): number => lagging(losses.map((one) => ({ losses: one }))).size
    const times = (count: number, one: Losses): Losses[] => Array.from({ length: count }, () => one)
    expect(laggards(...times(40, shorter))).toBe(40)
    expect(laggards(...times(5, shorter), ...times(3, snapshot), ...times(10, inside))).toBe(8)
    expect(laggards(...times(4, shorter))).toBe(0)
    expect(laggards(...times(5, shorter), ...times(20, inside))).toBe(0)
    expect(laggards(...times(200, snapshot))).toBe(0)
  })

  it('says how much is missing and what to do', () => {
    const error = refusedLoss(testTag(7), { logged: 5_000, gone: 4_000 })
    expect(error.message).toContain('1000 of the 5000 samples of TAG7')
    expect(error.hint).toContain('--accept-deletions')
  })
})
