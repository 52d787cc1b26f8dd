import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addWindows, covers, NOTHING_COVERED } from '../../src/domain/coverage.ts'
import { parseTagId } from '../../src/domain/tag-id.ts'
import { planByNeed, type PlannedTag, type TagNeed } from '../../src/verify/planner.ts'
import { span, WIDTH } from './copied-historian.ts'

function need(id: string, some: Partial<TagNeed> = {}): TagNeed {
  return {
    tag: parseTagId(`pi/${id}`),
    isServed: false,
    doubtful: [],
    unchecked: [],
    undrawn: [],
    checked: [],
    rowsPerCell: 10,
    ...some,
  }
}

function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271 + 11) % 2_147_483_647
    return state / 2_147_483_647
  }
}

function plan(needs: readonly TagNeed[], rowBudget: number): PlannedTag[] {
  return planByNeed(needs, { rowBudget, cellWidth: WIDTH, random: sequence(1) })
}

const cells = ({ windows }: PlannedTag): number =>
  windows.reduce((sum, { from, until }) => sum + Number((until - from) / WIDTH), 0)

describe('a plan by need', () => {
  const doubtful = need('doubtful', { doubtful: [span(0, 20)] })
  const served = need('served', { isServed: true, checked: [{ window: span(0, 20), atMs: 9 }] })
  const fresh = need('fresh', { unchecked: [span(0, 20)] })
  const old = need('old', { checked: [{ window: span(0, 20), atMs: 1 }] })
  const young = need('young', { checked: [{ window: span(0, 20), atMs: 5 }] })

  it('takes the doubtful, then the served, the never checked, the oldest', () => {
    const order = plan([young, old, fresh, served, doubtful], 1_000).map(({ tag }) => tag)
    expect(order).toEqual(['pi/doubtful', 'pi/served', 'pi/fresh', 'pi/old', 'pi/young'])
  })

  it('keeps to its budget, and begins with the newest cells', () => {
    const planned = plan([need('a', { unchecked: [span(0, 1_000)] })], 210)
    expect(planned[0]?.windows.at(-1)?.until).toBe(1_000n)
    expect(cells(planned[0]!)).toBeLessThanOrEqual(21)
    expect(cells(planned[0]!)).toBeGreaterThanOrEqual(19)
  })

  it('keeps a share for cells drawn at random, however much else is needed', () => {
    const needs = [
      need('a', { unchecked: [span(0, 100_000)] }),
      need('b', { checked: [{ window: span(0, 100_000), atMs: 1 }] }),
    ]
    const planned = plan(needs, 10_000)
    const random = planned.find(({ tag }) => tag === 'pi/b')
    expect(random).toBeDefined()
    expect(cells(random!)).toBeGreaterThan(5)
  })

  it('looks at what a sample did not draw by chance only, and then too', () => {
    const sampled = need('a', { unchecked: [span(0, 10)], undrawn: [span(10, 100_000)] })
    const [planned] = plan([sampled], 2_000)
    expect(planned?.windows[0]?.from).toBe(0n)
    expect(cells(planned!)).toBeGreaterThan(1)
    expect(cells(planned!)).toBeLessThanOrEqual(1 + (0.05 * 2_000) / 10 + 1)
  })

  it('plans a cell larger than the budget all the same, or it would never be compared', () => {
    expect(plan([need('a', { unchecked: [span(0, 10)], rowsPerCell: 1_000 })], 10)).toEqual([
      { tag: 'pi/a', windows: [span(0, 10)] },
    ])
  })

  it('plans nothing where nothing is needed', () => {
    expect(plan([need('a')], 1_000)).toEqual([])
  })

  it('never plans what is not there, never twice, and never more than the budget and a cell', () => {
    const windows = fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 10 })), { maxLength: 5 }).map((some) =>
      addWindows(
        NOTHING_COVERED,
        some.map(([from, length]) => span(from * 10, (from + length) * 10)),
      ),
    )
    const needs = fc.array(fc.record({ doubtful: windows, unchecked: windows, isServed: fc.boolean() }), {
      maxLength: 6,
    })
    fc.assert(
      fc.property(needs, fc.nat(500), fc.nat(), (some, rowBudget, seed) => {
        const all = some.map((one, i) => need(String(i), one))
        for (const { tag, windows: planned } of planByNeed(all, {
          rowBudget,
          cellWidth: WIDTH,
          random: sequence(seed),
        })) {
          const { doubtful: a, unchecked: b } = all.find((one) => one.tag === tag)!
          const known = addWindows(NOTHING_COVERED, [...a, ...b])
          expect(planned.every((window) => covers(known, window))).toBe(true)
        }
        const rows = plan(all, rowBudget).reduce((sum, one) => sum + cells(one) * 10, 0)
        expect(rows).toBeLessThanOrEqual(rowBudget + 20)
      }),
    )
  })
})
