import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseTagId, type TagId } from '../../src/domain/tag-id.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'
import { StoreDatabase } from '../../src/store/database.ts'
import type { Finding } from '../../src/store/findings.ts'
import { storeOn } from '../../src/store/store.ts'
import { refusal } from './refusal.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const TAG = parseTagId('pi/1')

/** The n-th cell of a width. */
function cell(n: number, width = 10n): Window {
  return { from: ticks(BigInt(n) * width), until: ticks(BigInt(n + 1) * width) }
}

const count = fc.nat({ max: 3 })
const step = fc.record({
  tag: fc.constantFrom(...['pi/1', "pi/'2", 'pi-south/1'].map(parseTagId)),
  cell: fc.integer({ min: -3, max: 3 }),
  counts: fc.option(
    fc.record({ late: count, edited: count, deleted: count }).filter((c) => c.late + c.edited + c.deleted > 0),
    { nil: undefined },
  ),
})

test('what is listed and summed is what the last comparison of each cell found, since it was first found', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let now = 0
      const store = storeOn(new StoreDatabase(':memory:'), () => now)
      const expected = new Map<string, Finding>()
      for (const { tag, cell: n, counts } of steps) {
        now += 1
        const key = `${tag}|${n}`
        if (counts === undefined) {
          store.findings.clear(tag, cell(n))
          expected.delete(key)
        } else {
          store.findings.replace(tag, cell(n), counts)
          expected.set(key, { tag, window: cell(n), ...counts, foundAtMs: expected.get(key)?.foundAtMs ?? now })
        }
      }
      const all = [...expected.values()].sort((a, b) =>
        a.tag !== b.tag ? (a.tag < b.tag ? -1 : 1) : Number(a.window.from - b.window.from),
      )
      expect(store.findings.list(100)).toEqual(all)
      expect(store.findings.list(2)).toEqual(all.slice(0, 2))
      const sum = (of: readonly Finding[], what: 'late' | 'edited' | 'deleted'): number =>
        of.reduce((total, finding) => total + finding[what], 0)
      for (const historian of [undefined, 'pi', 'pi-south', 'p']) {
        const of = all.filter(({ tag }) => historian === undefined || tag.startsWith(`${historian}/`))
        expect(store.findings.totals(historian)).toEqual({
          cells: of.length,
          late: sum(of, 'late'),
          edited: sum(of, 'edited'),
          deleted: sum(of, 'deleted'),
        })
      }
      store.close()
    }),
  )
})

test('cells of another width replace what begins in them, and leave the rest', () => {
  let now = 1
  const store = openTemporaryStore(temporaryFile(), () => now)
  const starts = (tag: TagId): bigint[] =>
    store.findings
      .list(100)
      .filter((f) => f.tag === tag)
      .map(({ window }) => window.from)
  const one = { late: 1, edited: 0, deleted: 0 }
  for (const n of [9, 10, 19, 20]) store.findings.replace(TAG, cell(n), one)
  now = 2
  store.findings.replace(TAG, cell(1, 100n), { late: 2, edited: 0, deleted: 0 })
  expect(starts(TAG)).toEqual([90n, 100n, 200n])
  expect(store.findings.list(100)[1]).toMatchObject({ window: cell(1, 100n), late: 2, foundAtMs: 1 })
  store.findings.clear(TAG, cell(10))
  expect(starts(TAG)).toEqual([90n, 200n])
  store.findings.clear(TAG, { from: ticks(0n), until: ticks(1_000n) })
  expect(store.findings.totals()).toEqual({ cells: 0, late: 0, edited: 0, deleted: 0 })
})

test('a finding of nothing is a defect, and leaves what was there', () => {
  const store = openTemporaryStore(temporaryFile())
  store.findings.replace(TAG, cell(0), { late: 0, edited: 1, deleted: 0 })
  const nothing = { late: 0, edited: 0, deleted: 0 }
  expect(
    refusal(() => {
      store.findings.replace(TAG, cell(0), nothing)
    }).code,
  ).toBe('BANYAN_INTERNAL')
  expect(store.findings.totals()).toMatchObject({ cells: 1, edited: 1 })
})
