import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addWindows, covers, gapsWithin, NOTHING_COVERED, type Coverage } from '../../src/domain/coverage.ts'
import { parseTagId, type TagId } from '../../src/domain/tag-id.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'
import { StoreDatabase } from '../../src/store/database.ts'
import { MARKS_PER_TAG, type DirtyTag } from '../../src/store/dirty.ts'
import { storeOn } from '../../src/store/store.ts'
import { markedTags } from './marked-tags.ts'
import { refusal } from './refusal.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const TAG = parseTagId('pi/1')
const TAGS = [TAG, parseTagId('pi/2')]

function span(from: number, until: number): Window {
  return { from: ticks(BigInt(from)), until: ticks(BigInt(until)) }
}

const EVERYTHING = [span(-1_000_000_000, 1_000_000_000)]

const window = fc
  .tuple(fc.integer({ min: -30, max: 30 }), fc.integer({ min: 1, max: 12 }))
  .map(([from, length]) => span(from, from + length))
const tag = fc.constantFrom(...TAGS)

type Step =
  | { readonly do: 'mark'; readonly marks: readonly { tag: TagId; window: Window }[] }
  /** A comparison begins: it lists the marks. */
  | { readonly do: 'list' }
  /** It ends: what it listed of the tag is cleared as far as it was compared. */
  | { readonly do: 'clear'; readonly tag: TagId; readonly compared: Coverage }

const mark = fc.array(fc.record({ tag, window }), { minLength: 1, maxLength: 4 })

function steps(compared: fc.Arbitrary<Coverage>): fc.Arbitrary<Step[]> {
  return fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant('mark' as const), marks: mark }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('list' as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('clear' as const), tag, compared }) },
    ),
    { maxLength: 30 },
  )
}

/**
 * Runs the steps on a store and, beside it, on a plain list of doubts. After each step both are handed to `check`:
 * what is listed of a tag, and what was marked and not compared since.
 */
function runBoth(list: readonly Step[], check: (listed: DirtyTag | undefined, doubts: Window[]) => void): void {
  const store = storeOn(new StoreDatabase(':memory:'), () => 1)
  let doubts: { tag: TagId; window: Window; at: number }[] = []
  let begun = { at: 0, listed: [] as DirtyTag[] }
  for (const [at, step] of list.entries()) {
    if (step.do === 'mark') {
      store.dirty.markAll(step.marks, 'hint')
      doubts.push(...step.marks.map((m) => ({ ...m, at })))
    } else if (step.do === 'list') {
      begun = { at, listed: markedTags(store, 'pi') }
    } else {
      const found = begun.listed.find((listed) => listed.tag === step.tag)
      if (found === undefined) continue
      const before = store.dirty.get(step.tag)?.windows
      const isCut = store.dirty.clear(step.tag, found.upToId, step.compared)
      expect(isCut || isDeepStrictEqual(store.dirty.get(step.tag)?.windows, before)).toBe(true)
      doubts = doubts.flatMap((d) =>
        d.tag !== step.tag || d.at > begun.at
          ? [d]
          : gapsWithin(step.compared, d.window).map((rest) => ({ ...d, window: rest })),
      )
    }
    const listed = markedTags(store, 'pi')
    for (const each of TAGS) {
      check(
        listed.find((l) => l.tag === each),
        doubts.filter((d) => d.tag === each).map((d) => d.window),
      )
    }
  }
  store.close()
}

describe('a mark', () => {
  test('is listed until a comparison that began after it has cleared it, and not longer', () => {
    fc.assert(
      fc.property(steps(fc.constant(EVERYTHING)), (list) => {
        runBoth(list, (listed, doubts) => {
          expect(listed?.windows ?? []).toEqual(addWindows(NOTHING_COVERED, doubts))
        })
      }),
      { numRuns: 300 },
    )
  })

  const partly = fc.array(window, { maxLength: 4 }).map((windows) => addWindows(NOTHING_COVERED, windows))

  test('is never lost to a comparison of a part of the history', () => {
    fc.assert(
      fc.property(steps(partly), (list) => {
        runBoth(list, (listed, doubts) => {
          for (const doubt of doubts) expect(gapsWithin(listed?.windows ?? [], doubt)).toEqual([])
        })
      }),
      { numRuns: 300 },
    )
  })

  test('is cut to what was not compared, piece by piece', () => {
    const store = openTemporaryStore(temporaryFile())
    store.dirty.mark(TAG, span(0, 100), 'catalogue')
    const upToId = (): number => store.dirty.get(TAG)!.upToId
    expect(store.dirty.clear(TAG, upToId(), [span(-5, 0), span(100, 120)])).toBe(false)
    expect(store.dirty.clear(TAG, upToId(), [span(10, 20), span(90, 120)])).toBe(true)
    expect(store.dirty.get(TAG)?.windows).toEqual([span(0, 10), span(20, 90)])
    expect(store.dirty.clear(TAG, upToId(), [span(0, 90)])).toBe(true)
    expect(store.dirty.get(TAG)).toBeUndefined()
    expect([...store.dirty.tags('pi')]).toEqual([])
  })

  test('made again while a comparison runs outlives it', () => {
    const store = openTemporaryStore(temporaryFile())
    store.dirty.mark(TAG, span(0, 100), 'hint')
    const { upToId } = store.dirty.get(TAG)!
    store.dirty.mark(TAG, span(10, 20), 'hint')
    store.dirty.clear(TAG, upToId, EVERYTHING)
    expect(markedTags(store, 'pi')).toMatchObject([{ tag: TAG, windows: [span(10, 20)] }])
  })

  test('made again and again, or inside a later one, is one row', () => {
    const store = openTemporaryStore(temporaryFile())
    for (let i = 1; i < 10; i++) store.dirty.mark(TAG, span(-i, i), 'hint')
    for (let i = 1; i < 10; i++) store.dirty.mark(TAG, span(-9, 9), 'clock')
    expect(store.dirty.count('pi')).toBe(1)
  })

  test('has an id of its own even when everything before was cleared and the store reopened', () => {
    const file = temporaryFile()
    const first = openTemporaryStore(file)
    first.dirty.mark(TAG, span(0, 10), 'catalogue')
    const { upToId } = first.dirty.get(TAG)!
    first.dirty.clear(TAG, upToId, EVERYTHING)
    first.close()
    const second = openTemporaryStore(file)
    second.dirty.mark(TAG, span(0, 10), 'clock')
    second.dirty.clear(TAG, upToId, EVERYTHING)
    expect(second.dirty.count('pi')).toBe(1)
  })
})

test('a tag with very many marks keeps few that cover them all, and none of them is cleared by an older comparison', () => {
  const store = openTemporaryStore(temporaryFile())
  store.dirty.mark(TAG, span(-10, -5), 'hint')
  const before = store.dirty.get(TAG)!
  const scattered = Array.from({ length: 3 * MARKS_PER_TAG }, (_, i) => span(i * i * 10, i * i * 10 + 1))
  for (let i = 0; i < scattered.length; i += 7) {
    store.dirty.markAll(
      scattered.slice(i, i + 7).map((w) => ({ tag: TAG, window: w })),
      'hint',
    )
    expect(store.dirty.count('pi')).toBeLessThanOrEqual(MARKS_PER_TAG)
  }
  store.dirty.clear(TAG, before.upToId, EVERYTHING)
  const { windows } = store.dirty.get(TAG)!
  for (const each of scattered) expect(covers(windows, each)).toBe(true)
  // One call with more than fits is bounded as well.
  const other = parseTagId('pi/2')
  store.dirty.markAll(
    scattered.map((w) => ({ tag: other, window: w })),
    'hint',
  )
  const { windows: together } = store.dirty.get(other)!
  expect(together.length).toBeLessThanOrEqual(MARKS_PER_TAG)
  for (const each of scattered) expect(covers(together, each)).toBe(true)
})

test('marks are told apart by historian, whatever the ids of its tags look like', () => {
  const store = openTemporaryStore(temporaryFile())
  const ids = ['pi/%', "pi/'; DROP TABLE jobs; --", 'pi/0', 'pi/a/b', 'pi/Été ☃'].map(parseTagId)
  const others = ['pi-south/1', 'pi0/1', 'p/1'].map(parseTagId)
  store.dirty.markAll(
    [...others, ...ids].map((id) => ({ tag: id, window: span(0, 1) })),
    'clock',
  )
  expect(store.dirty.tags('pi')).toEqual(new Set(ids))
  expect(store.dirty.count('pi')).toBe(ids.length)
  for (const { tag: id, upToId } of markedTags(store, 'pi')) store.dirty.clear(id, upToId, EVERYTHING)
  expect(store.dirty.tags('pi')).toEqual(new Set())
  expect(markedTags(store, 'pi-south').map((marked) => marked.tag)).toEqual(['pi-south/1'])
})

test('marks are all or nothing, alone and as a part of a larger write', () => {
  const store = openTemporaryStore(temporaryFile())
  const bad = span(5, 5)
  expect(
    refusal(() => {
      store.dirty.markAll(
        [
          { tag: TAG, window: span(0, 1) },
          { tag: parseTagId('pi/2'), window: bad },
        ],
        'hint',
      )
    }).code,
  ).toBe('BANYAN_INTERNAL')
  expect(() =>
    store.write(() => {
      store.dirty.mark(TAG, span(0, 1), 'hint')
      throw new Error('no')
    }),
  ).toThrow('no')
  expect(store.dirty.count('pi')).toBe(0)
})
