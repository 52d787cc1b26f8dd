import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Sample, SampleContent } from '../../src/domain/sample.ts'
import { ticks } from '../../src/domain/ticks.ts'
import { Reconciliation, type ReconcileCounts, type Side } from '../../src/verify/reconcile.ts'

const WINDOW = { from: ticks(0n), until: ticks(1_000_000n) }
const GOOD = { status: 0, flags: 0 }
const single = (value: number): SampleContent => ({ type: 'float32', value: Math.fround(value), ...GOOD })

function samples(...rows: readonly (readonly [at: number, content: SampleContent])[]): Sample[] {
  return rows.map(([at, content]) => ({ ...content, ticks: ticks(BigInt(at)), ord: 0 }))
}

/** Pages of so many samples of each side, the side that is behind first. */
function reconcile(primary: readonly Sample[], fallback: readonly Sample[], pageSize = 3): ReconcileCounts {
  const reconciliation = new Reconciliation(WINDOW)
  const rest: Record<Side, Sample[]> = { primary: [...primary], fallback: [...fallback] }
  for (let side = reconciliation.behind; side !== undefined; side = reconciliation.behind) {
    const page = rest[side].splice(0, pageSize)
    while (rest[side].length > 0 && rest[side].at(0)?.ticks === page.at(-1)?.ticks) page.push(rest[side].shift()!)
    reconciliation.add(side, page, rest[side].at(0)?.ticks ?? WINDOW.until)
  }
  return reconciliation.counts()
}

const NONE = { equal: 0, onlyPrimary: 0, onlyFallback: 0, value: 0, quality: 0 }

describe('reconcile', () => {
  it.each<[string, SampleContent, SampleContent, Partial<ReconcileCounts>]>([
    ['the same float32', single(1.1), single(1.1), { equal: 1 }],
    ['a float32 spelt as a double', single(1.1), { type: 'float64', value: 1.1, ...GOOD }, { equal: 1 }],
    ['the next float32', single(1.1), single(1.1000001), { value: 1 }],
    ['a zero and a negative one', single(0), single(-0), { value: 1 }],
    ['NaN', single(NaN), single(NaN), { equal: 1 }],
    [
      'doubles that are one float32',
      { type: 'float64', value: 1.1, ...GOOD },
      { type: 'float64', value: 1.10000000001, ...GOOD },
      { value: 1 },
    ],
    [
      'a digital state of another name',
      { type: 'digital', value: { code: 1, name: 'Open' }, ...GOOD },
      { type: 'digital', value: { code: 1, name: 'Opened' }, ...GOOD },
      { value: 1 },
    ],
    [
      'a system state, and a status without a value',
      { type: 'state', value: { code: 254, name: 'Shutdown' }, status: 0x809d0000, flags: 0 },
      { type: 'null', value: null, status: 0x80000000, flags: 0 },
      { equal: 1 },
    ],
    ['a value, and none', single(1), { type: 'null', value: null, status: 0x80000000, flags: 0 }, { value: 1 }],
    ['another code of one severity', single(1), { ...single(1), status: 0x00960000 }, { equal: 1 }],
    ['another severity', single(1), { ...single(1), status: 0x40000000 }, { quality: 1 }],
    ['another severity and value', single(1), { ...single(2), status: 0x40000000 }, { value: 1 }],
    ['texts', { type: 'string', value: 'a\u0000', ...GOOD }, { type: 'string', value: 'a', ...GOOD }, { value: 1 }],
  ])('%s', (_, primary, fallback, counts) => {
    const expected = { ...NONE, ...counts }
    expect(reconcile(samples([5000, primary]), samples([5000, fallback]))).toEqual(expected)
    expect(reconcile(samples([5000, fallback]), samples([5000, primary]))).toEqual(expected)
  })

  it('takes times one grid step apart for one, and no more', () => {
    const one = samples([5000, single(1)])
    expect(reconcile(one, samples([5160, single(1)]))).toEqual({ ...NONE, equal: 1 })
    expect(reconcile(one, samples([4840, single(1)]))).toEqual({ ...NONE, equal: 1 })
    expect(reconcile(one, samples([5161, single(1)]))).toEqual({ ...NONE, onlyPrimary: 1, onlyFallback: 1 })
  })

  it('prefers the partner that is equal', () => {
    const primary = samples([5000, single(1)], [5160, single(2)])
    expect(reconcile(primary, samples([5080, single(2)]))).toEqual({ ...NONE, equal: 1, onlyPrimary: 1 })
  })

  it('compares ties as sets', () => {
    const primary = samples([5000, single(1)], [5000, single(2)], [5000, single(2)])
    const fallback = samples([5000, single(2)], [5000, single(1)], [5000, single(3)])
    expect(reconcile(primary, fallback)).toEqual({ ...NONE, equal: 2, value: 1 })
  })

  it('is silent about a lone sample at the very end of the window', () => {
    expect(reconcile(samples([100, single(1)]), samples([999_900, single(1)]))).toEqual(NONE)
    expect(reconcile(samples([200, single(1)]), [])).toEqual({ ...NONE, onlyPrimary: 1 })
  })

  const content = fc.oneof(
    fc.integer({ min: 0, max: 3 }).map(single),
    fc.integer({ min: 0, max: 1 }).map((code): SampleContent => ({
      type: 'digital',
      value: { code, name: `state ${String(code)}` },
      ...GOOD,
    })),
    fc.constant<SampleContent>({
      type: 'state',
      value: { code: 246, name: 'I/O Timeout' },
      status: 0x80310000,
      flags: 0,
    }),
  )
  const series = fc
    .array(fc.tuple(fc.integer({ min: 200, max: 999_700 }), content), { maxLength: 60 })
    .map((rows) => samples(...rows.toSorted(([a], [b]) => a - b)))

  it('finds no difference between a series and itself', () => {
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 20 }), (one, pageSize) => {
        expect(reconcile(one, one, pageSize)).toEqual({ ...NONE, equal: one.length })
      }),
    )
  })

  it('counts every sample of either side once, whatever they are', () => {
    fc.assert(
      fc.property(series, series, fc.integer({ min: 1, max: 20 }), (primary, fallback, pageSize) => {
        const { equal, value, quality, onlyPrimary, onlyFallback } = reconcile(primary, fallback, pageSize)
        expect(equal + value + quality + onlyPrimary).toBe(primary.length)
        expect(equal + value + quality + onlyFallback).toBe(fallback.length)
      }),
    )
  })

  it('answers the same whatever the pages', () => {
    fc.assert(
      fc.property(series, series, fc.integer({ min: 1, max: 20 }), (primary, fallback, pageSize) => {
        expect(reconcile(primary, fallback, pageSize)).toEqual(reconcile(primary, fallback, 1_000))
      }),
    )
  })

  it('does not mind clocks that round differently, where samples are further apart', () => {
    const spaced = fc.array(fc.tuple(content, fc.integer({ min: -160, max: 160 })), { maxLength: 40 })
    fc.assert(
      fc.property(spaced, (rows) => {
        const primary = samples(...rows.map(([one], i) => [10_000 + i * 1_000, one] as const))
        const fallback = samples(...rows.map(([one, jitter], i) => [10_000 + i * 1_000 + jitter, one] as const))
        expect(reconcile(primary, fallback)).toEqual({ ...NONE, equal: rows.length })
      }),
    )
  })
})
