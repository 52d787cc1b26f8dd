import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addWindow, covers, type Coverage } from '../../src/domain/coverage.ts'
import { parseTagId } from '../../src/domain/tag-id.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'
import { SEAMS_PER_TAG } from '../../src/store/seams.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const A = parseTagId('pi/1')
const B = parseTagId('pi/2')
const SOUTH = parseTagId('pi-south/1')
const span = (from: number, until: number): Window => ({ from: ticks(BigInt(from)), until: ticks(BigInt(until)) })

test('seams of a historian are listed by tag, as what they cover together', () => {
  const { seams } = openTemporaryStore(temporaryFile())
  seams.add(B, span(0, 10))
  seams.add(A, span(20, 30))
  seams.add(A, span(5, 25))
  seams.add(SOUTH, span(0, 1))
  expect(seams.list('pi').map(({ tag, windows }) => [tag, windows])).toEqual([
    [A, [span(5, 30)]],
    [B, [span(0, 10)]],
  ])
  expect(seams.count('pi')).toBe(2)
  expect(seams.get(parseTagId('pi/3'))).toBeUndefined()
})

test('what is served while a seam is compared stays, also where it was served before', () => {
  const { seams } = openTemporaryStore(temporaryFile())
  seams.add(A, span(0, 100))
  const listed = seams.get(A)!
  seams.add(A, span(40, 50))
  seams.close(listed)
  expect(seams.get(A)!.windows).toEqual([span(40, 50)])
})

test('a tag is doubted once all of its seams are, as of the last', () => {
  const { seams } = openTemporaryStore(temporaryFile())
  seams.add(A, span(0, 10))
  expect(seams.get(A)!.doubted).toBeUndefined()
  seams.doubt(seams.get(A)!, ticks(50n))
  expect(seams.get(A)!.doubted).toBe(50n)
  seams.add(A, span(20, 30))
  expect(seams.get(A)!.doubted).toBeUndefined()
  seams.doubt(seams.get(A)!, ticks(70n))
  expect(seams.get(A)!.doubted).toBe(70n)
})

test('nothing that was added is ever left out, and there is a bound', () => {
  const { seams } = openTemporaryStore(temporaryFile())
  let all: Coverage = []
  const [windows] = fc.sample(
    fc.array(fc.tuple(fc.nat(1_000_000), fc.integer({ min: 1, max: 5 })), { minLength: 1_500, maxLength: 1_500 }),
    { numRuns: 1, seed: 7 },
  )
  for (const [from, length] of windows!) {
    seams.add(A, span(from, from + length))
    all = addWindow(all, span(from, from + length))
  }
  const listed = seams.get(A)!.windows
  expect(listed.length).toBeLessThanOrEqual(SEAMS_PER_TAG)
  for (const window of all) expect(covers(listed, window)).toBe(true)
})

test('differences are kept, newest first, and summed by historian', () => {
  const { sourceDifferences } = openTemporaryStore(temporaryFile(), () => 99)
  const counts = { equal: 5, onlyPrimary: 1, onlyFallback: 2, value: 3, quality: 4 }
  const unread = { equal: 0, onlyPrimary: 0, onlyFallback: 0, value: 0, quality: 0 }
  sourceDifferences.add({ tag: A, window: span(0, 10), ...counts, isUnread: false })
  sourceDifferences.add({ tag: A, window: span(10, 20), ...unread, isUnread: true })
  sourceDifferences.add({ tag: SOUTH, window: span(0, 10), ...counts, isUnread: false })
  expect(sourceDifferences.list(2)).toEqual([
    { tag: SOUTH, window: span(0, 10), ...counts, isUnread: false, foundAtMs: 99 },
    { tag: A, window: span(10, 20), ...unread, isUnread: true, foundAtMs: 99 },
  ])
  expect(sourceDifferences.totals('pi')).toEqual({ ...counts, windows: 2, unread: 1 })
  expect(sourceDifferences.totals()).toMatchObject({ windows: 3, equal: 10, unread: 1 })
})
