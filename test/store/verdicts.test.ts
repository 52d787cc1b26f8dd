import { describe, expect, test } from 'vitest'
import { EMPTY_DIGEST } from '../../src/domain/digest.ts'
import { parseTagId } from '../../src/domain/tag-id.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'
import type { KeptCell } from '../../src/store/kept-cell.ts'
import type { Store } from '../../src/store/store.ts'
import { KEPT_CELLS_PER_TAG, type CellFinding } from '../../src/store/verdicts.ts'
import { refusal } from './refusal.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const TAG = parseTagId('pi/1')
const WIDTH = 10n
const RULES = 'rules'

function span(from: number, until: number): Window {
  return { from: ticks(BigInt(from)), until: ticks(BigInt(until)) }
}

const KEPT: KeptCell = {
  differences: [],
  differencesLeftOut: 0,
  historian: { at: [1], values: [2], leftOut: 0 },
  log: { at: [], values: [], leftOut: 0 },
}

/** A cell the log has no record of, and the historian a sample. */
function mismatch(start: number, evidence = 'e'): CellFinding {
  return {
    start: ticks(BigInt(start)),
    verdict: 'mismatch',
    seen: { epoch: 0, digest: EMPTY_DIGEST },
    details: { evidence, classes: { MISSING: 2 }, cause: 'page-edge', rule: undefined, traits: '{}', kept: KEPT },
  }
}

class Site {
  nowMs = 1_000
  readonly store: Store = openTemporaryStore(temporaryFile(), () => this.nowMs)

  constructor() {
    this.store.write(() => {
      this.store.cells.reset(WIDTH)
    })
  }

  record(windows: Window[], cells: CellFinding[], outcome: 'compared' | 'unreadable' = 'compared'): void {
    this.store.verdicts.record(this.store.looks.begin(RULES), [{ tag: TAG, windows, outcome, cells }], WIDTH)
  }

  verdictAt(start: number): string | undefined {
    const expected = span(0, 100)
    const asked = { tag: TAG, expected, covered: [expected], settled: undefined }
    const [state] = this.store.parity.read({ rules: RULES, width: WIDTH }, [asked])
    return state?.states.at(ticks(BigInt(start)))?.verdict
  }
}

describe('verdicts', () => {
  test('are all written or none', () => {
    const { store } = new Site()
    const bad = { ...mismatch(0), reason: 'moving' as const }
    expect(
      refusal(() =>
        store.verdicts.record(1, [{ tag: TAG, windows: [span(0, 50)], outcome: 'compared', cells: [bad] }], WIDTH),
      ).code,
    ).toBe('BANYAN_INTERNAL')
    expect(store.verdicts.checked(TAG)).toEqual([])
  })

  test('are remembered when the file is opened again', () => {
    const file = temporaryFile()
    const first = openTemporaryStore(file)
    first.verdicts.record(
      first.looks.begin(RULES),
      [{ tag: TAG, windows: [span(0, 50)], outcome: 'compared', cells: [mismatch(10)] }],
      WIDTH,
    )
    first.close()
    const again = openTemporaryStore(file)
    expect(again.verdicts.checked(TAG)).toEqual([{ ...span(0, 50), look: 1, outcome: 'compared' }])
    expect(again.verdicts.kept(TAG, ticks(10n))).toEqual(KEPT)
    expect(again.verdicts.kept(TAG, ticks(20n))).toBeUndefined()
    expect(again.verdicts.differing(TAG)).toEqual([{ start: 10n, cause: 'page-edge', traits: '{}' }])
  })

  test('give way to later ones, but that a cell once differed stays, with the look that last said so', () => {
    const site = new Site()
    site.record([span(0, 50)], [mismatch(10), mismatch(20)])
    site.record([span(0, 20)], [])
    site.record([span(20, 30)], [mismatch(20)])
    expect(site.verdictAt(10)).toBe('match')
    expect(site.store.verdicts.differed(TAG, 1)).toEqual(new Set([10n, 20n]))
    expect(site.store.verdicts.differed(TAG, 2)).toEqual(new Set([20n]))
    expect(site.store.verdicts.differed(parseTagId('pi/2'), 1)).toEqual(new Set())
  })

  test('keep the samples of so many cells of a tag, and the counts of all', () => {
    const site = new Site()
    const cells = Array.from({ length: KEPT_CELLS_PER_TAG + 5 }, (_, i) => mismatch(i * 10))
    const window = span(0, 10_000)
    site.record([window], cells)
    const kept = cells.filter(({ start }) => site.store.verdicts.kept(TAG, start) !== undefined)
    expect(kept).toHaveLength(KEPT_CELLS_PER_TAG)
    const asked = { tag: TAG, expected: window, covered: [window], settled: undefined }
    const [state] = site.store.parity.read({ rules: RULES, width: WIDTH }, [asked])
    expect(state?.classes).toEqual({ MISSING: 2 * cells.length })
    // Once they are equal there is room again.
    site.record([window], [])
    site.record([window], [mismatch(9_000)])
    expect(site.store.verdicts.kept(TAG, ticks(9_000n))).toEqual(KEPT)
  })

  test('that were green are gone when the cell cannot be read; others stay', () => {
    const site = new Site()
    site.record([span(0, 100)], [mismatch(10)])
    site.record([span(0, 100)], [], 'unreadable')
    expect([site.verdictAt(0), site.verdictAt(10)]).toEqual(['inconclusive', 'mismatch'])
  })

  test('remember what was equal when it differs, and forget it when it is equal again', () => {
    const site = new Site()
    const seen = { epoch: 3, digest: { count: 3, sum: 77n } }
    const start = ticks(10n)
    const lastEqual = (): unknown => site.store.verdicts.lastEqual(TAG, start)
    site.record([span(0, 100)], [{ start, verdict: 'match', seen }])
    site.record([span(0, 100)], [{ start, verdict: 'pending', seen: { ...seen, epoch: 4 } }])
    expect(lastEqual()).toEqual(seen.digest)
    site.record([span(0, 100)], [mismatch(10)])
    expect(lastEqual()).toEqual(seen.digest)
  })

  test('of a cell whose log was short stay so until somebody has read the log', () => {
    const site = new Site()
    const start = ticks(10n)
    const seen = { epoch: 3, digest: EMPTY_DIGEST }
    const short = (): unknown => [...site.store.verdicts.logShort(TAG, span(0, 100))]
    site.record([span(0, 100)], [{ start, verdict: 'pending', seen, isLogShort: true }])
    site.record([span(0, 100)], [{ start, verdict: 'pending', seen }])
    expect(short()).toEqual([10n])
    site.record([span(0, 100)], [{ start, verdict: 'match', seen, isLogShort: false }])
    expect(short()).toEqual([])
  })

  test('are kept in few windows, however many looks there were', () => {
    const site = new Site()
    for (let i = 0; i < 200; i++) site.record([span(i * 10, i * 10 + 10)], i % 20 === 0 ? [mismatch(i * 10)] : [])
    expect(site.store.verdicts.checked(TAG)).toHaveLength(200)
    const inFlight = site.store.looks.latest() - 3
    site.store.verdicts.tidy(inFlight)
    const checked = site.store.verdicts.checked(TAG)
    expect(checked.length).toBeLessThan(40)
    expect([checked[0]?.from, checked.at(-1)?.until]).toEqual([0n, 2_000n])
    expect(checked.filter(({ look }) => look >= inFlight)).toHaveLength(4)
    expect([site.verdictAt(0), site.verdictAt(50)]).toEqual(['mismatch', 'match'])
  })
})

describe('looks', () => {
  test('that are over are forgotten when nothing names them, and only then', () => {
    const site = new Site()
    site.record([span(0, 10)], [])
    site.store.looks.begin(RULES)
    site.nowMs += 25 * 3_600_000
    const inFlight = site.store.looks.begin(RULES)
    site.store.looks.prune()
    expect(site.store.looks.firstInFlight()).toBe(2)
    expect(site.verdictAt(0)).toBe('match')
    // One that is under way may still record what it saw.
    site.store.verdicts.record(inFlight, [{ tag: TAG, windows: [span(10, 20)], outcome: 'compared', cells: [] }], WIDTH)
    expect([site.verdictAt(10), site.verdictAt(20)]).toEqual(['match', 'pending'])
    expect(site.store.looks.begin(RULES)).toBe(inFlight + 1)
  })
})

describe('a waiver', () => {
  const request = { tag: TAG, window: span(0, 50), reason: 'agreed', owner: 'J. Doe', expiresAtMs: 5_000 }

  test('waives the mismatches that were there, until it ends', () => {
    const site = new Site()
    site.record([span(0, 100)], [mismatch(10), mismatch(70)])
    expect(site.store.waivers.make(request)).toMatchObject({
      id: 1,
      cells: 1,
      madeAtMs: 1_000,
      withdrawnAtMs: undefined,
    })
    expect([site.verdictAt(10), site.verdictAt(70)]).toEqual(['waived', 'mismatch'])
    site.nowMs = 5_000
    expect(site.verdictAt(10)).toBe('mismatch')
  })

  test('does not waive a cell that differs in another way since, nor one that came later', () => {
    const site = new Site()
    site.record([span(0, 100)], [mismatch(10), mismatch(20)])
    site.store.waivers.make(request)
    site.record([span(0, 100)], [mismatch(10), mismatch(20, 'another'), mismatch(30)])
    expect([10, 20, 30].map((at) => site.verdictAt(at))).toEqual(['waived', 'mismatch', 'mismatch'])
  })

  test('does not make green what is doubtful', () => {
    const site = new Site()
    site.record([span(0, 100)], [mismatch(10)])
    site.store.waivers.make(request)
    site.store.dirty.mark(TAG, span(12, 13), 'hint')
    expect(site.verdictAt(10)).toBe('pending')
  })

  test('can be withdrawn, once', () => {
    const site = new Site()
    site.record([span(0, 100)], [mismatch(10)])
    const { id } = site.store.waivers.make(request)
    expect(site.store.waivers.withdraw(id)).toBe(true)
    expect(site.store.waivers.withdraw(id)).toBe(false)
    expect(site.verdictAt(10)).toBe('mismatch')
    expect(site.store.waivers.list(10)).toMatchObject([{ id, withdrawnAtMs: 1_000 }])
  })

  test('needs something to waive, a reason, an owner and an end', () => {
    const site = new Site()
    expect(refusal(() => site.store.waivers.make(request)).code).toBe('BANYAN_USAGE')
    site.record([span(0, 100)], [mismatch(10)])
    for (const bad of [{ reason: ' ' }, { owner: '' }, { expiresAtMs: 1_000 }]) {
      expect(refusal(() => site.store.waivers.make({ ...request, ...bad })).code).toBe('BANYAN_USAGE')
    }
    expect(site.store.waivers.list(10)).toEqual([])
  })
})

describe('a run', () => {
  test('goes on until it has ended, unless something else is asked for', () => {
    const { store } = new Site()
    store.looks.begin(RULES)
    expect(store.verifyRuns.begin('continuous', { a: 1 })).toMatchObject({ firstLook: 2, endedAtMs: undefined })
    store.looks.begin(RULES)
    store.verifyRuns.spend('continuous', { rows: 5, requests: 2, busyMs: 1.6 })
    store.verifyRuns.spend('continuous', { rows: 5, requests: 2, busyMs: 1.6 })
    expect(store.verifyRuns.begin('continuous', { a: 1 })).toMatchObject({
      firstLook: 2,
      spent: { rows: 10, requests: 4, busyMs: 4 },
    })
    expect(store.verifyRuns.begin('continuous', { a: 2 })).toMatchObject({ firstLook: 3, spent: { rows: 0 } })
    store.verifyRuns.end('continuous')
    store.looks.begin(RULES)
    expect(store.verifyRuns.begin('continuous', { a: 2 }).firstLook).toBe(4)
    expect(store.verifyRuns.get('other')).toBeUndefined()
  })
})
