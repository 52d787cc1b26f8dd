import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseTagId } from '../../src/domain/tag-id.ts'
import { ticks, type Ticks } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'
import type { RememberedCell } from '../../src/store/summaries.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const TAG = parseTagId('pi/1')
const OTHER = parseTagId('pi/2')
const WIDTH = 10n

function at(n: number): Ticks {
  return ticks(BigInt(n))
}

function span(from: number, until: number): Window {
  return { from: at(from), until: at(until) }
}

function cells(from: number, ...summaries: string[]): RememberedCell[] {
  return summaries.map((summary, i) => ({ start: at(from + 10 * i), summary, noticedEpoch: undefined }))
}

test('are remembered cell by cell, and replaced cell by cell', () => {
  const { summaries } = openTemporaryStore(temporaryFile())
  expect(summaries.read(TAG, span(0, 100), WIDTH)).toEqual(new Map())
  summaries.save(TAG, cells(0, 'a', 'a', 'a', 'b'), WIDTH)
  summaries.save(TAG, [{ start: at(10), summary: undefined, noticedEpoch: 3 }], WIDTH)
  const known = summaries.read(TAG, span(0, 100), WIDTH)
  expect([...known.keys()]).toEqual([0n, 10n, 20n, 30n])
  expect(known.get(at(10))).toMatchObject({ summary: undefined, noticedEpoch: 3 })
  expect(known.get(at(20))).toMatchObject({ summary: 'a', noticedEpoch: undefined })
  expect([...summaries.read(TAG, span(20, 30), WIDTH).keys()]).toEqual([20n])
  expect(summaries.read(OTHER, span(0, 100), WIDTH)).toEqual(new Map())
})

test('under another width are none, and give way', () => {
  const { summaries } = openTemporaryStore(temporaryFile())
  summaries.save(TAG, cells(0, 'a', 'b'), WIDTH)
  expect(summaries.read(TAG, span(0, 20), 20n)).toEqual(new Map())
  summaries.save(TAG, cells(0, 'c'), 20n)
  expect(summaries.read(TAG, span(0, 20), WIDTH)).toEqual(new Map())
  expect(summaries.read(TAG, span(0, 20), 20n).get(at(0))).toMatchObject({ summary: 'c' })
})

test('are what a map of cells would be, whatever is saved in which order', () => {
  const some = fc.array(fc.tuple(fc.nat(30), fc.constantFrom('a', 'b'), fc.option(fc.nat(2), { nil: undefined })), {
    minLength: 1,
    maxLength: 12,
  })
  fc.assert(
    fc.property(fc.array(some, { maxLength: 8 }), (saves) => {
      const { summaries } = openTemporaryStore(temporaryFile())
      const expected = new Map<Ticks, RememberedCell>()
      for (const save of saves) {
        const byStart = new Map(
          save.map(([n, summary, noticedEpoch]) => [at(10 * n), { start: at(10 * n), summary, noticedEpoch }]),
        )
        const ascending = [...byStart.values()].sort((a, b) => (a.start < b.start ? -1 : 1))
        summaries.save(TAG, ascending, WIDTH)
        for (const one of ascending) expected.set(one.start, one)
      }
      const known = summaries.read(TAG, span(0, 400), WIDTH)
      expect(known.size).toBe(expected.size)
      for (const [start, { summary, noticedEpoch }] of expected) {
        expect(known.get(start)).toMatchObject({ summary, noticedEpoch })
      }
    }),
    { numRuns: 50 },
  )
})

test('that do not fit into a row are refused', () => {
  const { summaries } = openTemporaryStore(temporaryFile())
  expect(() => summaries.save(TAG, cells(0, 'x'.repeat(201)), WIDTH)).toThrow()
  expect(summaries.read(TAG, span(0, 10), WIDTH)).toEqual(new Map())
})

test('the place of each historian outlives the process', () => {
  const file = temporaryFile()
  const store = openTemporaryStore(file)
  expect(store.summaries.place('pi')).toBeUndefined()
  store.summaries.setPlace('pi', { tag: TAG, from: at(5) })
  store.summaries.setPlace('pi', { tag: OTHER, from: at(7) })
  store.close()
  const again = openTemporaryStore(file)
  expect(again.summaries.place('pi')).toEqual({ tag: OTHER, from: 7n })
  expect(again.summaries.place('other')).toBeUndefined()
})
