/** The cells of a tag one by one: the look that a verdict comes from decides what it proves. */
import { describe, expect, test } from 'vitest'
import { standingAsOf } from '../../src/cutover/as-of.ts'
import { EMPTY_DIGEST } from '../../src/domain/digest.ts'
import { parseTagId } from '../../src/domain/tag-id.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'
import type { CellRecord } from '../../src/store/parity.ts'
import type { Store } from '../../src/store/store.ts'
import type { CellFinding } from '../../src/store/verdicts.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const TAG = parseTagId('pi/1')
const WIDTH = 10n
const RULES = 'rules'

function span(from: number, until: number): Window {
  return { from: ticks(BigInt(from)), until: ticks(BigInt(until)) }
}

function mismatch(start: number): CellFinding {
  const details = { evidence: 'e', classes: { MISSING: 2 }, cause: undefined, rule: undefined, traits: '{}' }
  return {
    start: ticks(BigInt(start)),
    verdict: 'mismatch',
    seen: { epoch: 0, digest: EMPTY_DIGEST },
    details: { ...details, kept: undefined },
  }
}

class Site {
  readonly store: Store = openTemporaryStore(temporaryFile())

  constructor() {
    this.store.write(() => {
      this.store.cells.reset(WIDTH)
    })
  }

  look(window: Window, cells: CellFinding[] = [], outcome: 'compared' | 'unanswered' = 'compared'): number {
    const look = this.store.looks.begin(RULES)
    this.store.verdicts.record(look, [{ tag: TAG, windows: [window], outcome, cells }], WIDTH)
    return look
  }

  records(expected = span(0, 30), covered = expected): readonly CellRecord[] {
    const asked = { tag: TAG, expected, covered: [covered], settled: undefined }
    const [record] = this.store.parity.records({ rules: RULES, width: WIDTH }, [asked])
    return record!.cells
  }
}

describe('records of cells', () => {
  test('name every cell once, in order, with the look that saw it last', () => {
    const site = new Site()
    const first = site.look(span(0, 30))
    const second = site.look(span(10, 20))
    expect(site.records().map(({ start, verdict, look }) => [Number(start), verdict, look])).toEqual([
      [0, 'match', first],
      [10, 'match', second],
      [20, 'match', first],
    ])
  })

  test('of a cell that two looks share, the earlier one counts', () => {
    const site = new Site()
    const first = site.look(span(0, 14))
    site.look(span(14, 30))
    expect(site.records()[1]).toMatchObject({ verdict: 'match', look: first })
  })

  test('what is pending names no look', () => {
    const site = new Site()
    site.look(span(0, 20))
    site.store.dirty.mark(TAG, span(0, 5), 'hint')
    expect(site.records().map(({ verdict, look }) => [verdict, look])).toEqual([
      ['pending', undefined],
      ['match', 1],
      ['pending', undefined],
    ])
    expect(site.records(span(0, 30), span(0, 10))[1]).toMatchObject({ verdict: 'pending', look: undefined })
  })

  test('a waived difference is not seen again by a look that could not read', () => {
    const site = new Site()
    site.look(span(0, 30), [mismatch(10)])
    const waiver = { tag: TAG, window: span(10, 20), reason: 'r', owner: 'o', expiresAtMs: Date.now() + 60_000 }
    site.store.waivers.make(waiver)
    const fence = { lookFence: site.store.looks.latest() }
    site.look(span(0, 30), [], 'unanswered')
    const [, cell] = site.records()
    expect(cell).toMatchObject({ verdict: 'waived', look: 0 })
    expect(standingAsOf(cell!.verdict, cell!.look, fence)).toBe('pending')
    const seen = site.look(span(0, 30), [mismatch(10)])
    expect(site.records()[1]).toMatchObject({ verdict: 'waived', look: seen })
  })

  test('carry the classes of what differs, and agree with the counts of a report', () => {
    const site = new Site()
    site.look(span(0, 30), [mismatch(10)])
    const asked = { tag: TAG, expected: span(0, 30), covered: [span(0, 30)], settled: undefined }
    const scope = { rules: RULES, width: WIDTH }
    const [record] = site.store.parity.records(scope, [asked])
    const [state] = site.store.parity.read(scope, [asked])
    expect(record!.classes).toEqual({ MISSING: 2 })
    expect(record!.cells.filter(({ verdict }) => verdict === 'mismatch')).toHaveLength(state!.verdicts.mismatch)
    expect(record!.cells).toHaveLength(state!.states.cells)
  })
})
