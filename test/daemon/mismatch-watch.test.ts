import { expect, test } from 'vitest'
import { MismatchWatch } from '../../src/daemon/mismatch-watch.ts'
import type { TagId } from '../../src/domain/tag-id.ts'

const A = { tag: 'pi/1' as TagId }
const B = { tag: 'pi/2' as TagId }
const NONE = new Set<TagId>()

test('without a grace every tag is told at once, and once', () => {
  const watch = new MismatchWatch(0)
  expect(watch.toTell([A], NONE, 0)).toEqual([A])
  expect(watch.toTell([A, B], NONE, 1)).toEqual([B])
  expect(watch.toTell([A, B], NONE, 1_000_000)).toEqual([])
})

test('with one, a difference that is corrected in time is not told', () => {
  const watch = new MismatchWatch(100)
  expect(watch.toTell([A], NONE, 0)).toEqual([])
  expect(watch.toTell([], NONE, 50)).toEqual([])
  expect(watch.toTell([A], NONE, 100)).toEqual([])
  expect(watch.toTell([A], NONE, 199)).toEqual([])
  expect(watch.toTell([A], NONE, 200)).toEqual([A])
})

test('doubt is not the end of a difference: the wait goes on, and what was told is not told again', () => {
  const watch = new MismatchWatch(100)
  watch.toTell([A], NONE, 0)
  expect(watch.toTell([], new Set([A.tag]), 50)).toEqual([])
  expect(watch.toTell([A], NONE, 100)).toEqual([A])
  watch.toTell([], new Set([A.tag]), 150)
  expect(watch.toTell([A], NONE, 200)).toEqual([])
})

test('what was equal again and differs anew is told anew', () => {
  const watch = new MismatchWatch(0)
  watch.toTell([A], NONE, 0)
  watch.toTell([], NONE, 1)
  expect(watch.toTell([A], NONE, 2)).toEqual([A])
})
