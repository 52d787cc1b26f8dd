import { beforeEach, expect, test } from 'vitest'
import { RestingTags } from '../../src/daemon/resting-tags.ts'
import type { TagId } from '../../src/domain/tag-id.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'
import type { TagNeed } from '../../src/verify/planner.ts'

const TAG = 'pi/1' as TagId
const HALF_AN_HOUR_MS = 1_800_000

let nowMs = 0
let resting: RestingTags

beforeEach(() => {
  nowMs = 0
  resting = new RestingTags(() => nowMs)
})

function span(from: number, until: number): Window {
  return { from: ticks(BigInt(from)), until: ticks(BigInt(until)) }
}

function need(over: Partial<TagNeed>): TagNeed {
  return { tag: TAG, isServed: false, doubtful: [], unchecked: [], undrawn: [], checked: [], rowsPerCell: 1, ...over }
}

function pass(before: Partial<TagNeed>, after: Partial<TagNeed>, planned = span(0, 100)): boolean {
  resting.compared([{ tag: TAG, windows: [planned] }], [need(before)])
  resting.judge([need(after)])
  return resting.has(TAG)
}

test('a tag of which nothing was settled rests, and comes back after half an hour', () => {
  const open = { unchecked: [span(20, 40)], doubtful: [span(60, 70)] }
  expect(pass(open, open)).toBe(true)
  nowMs = HALF_AN_HOUR_MS - 1
  expect(resting.has(TAG)).toBe(true)
  nowMs = HALF_AN_HOUR_MS
  expect(resting.has(TAG)).toBe(false)
})

test('doubtful instead of unchecked is as unsettled', () => {
  expect(pass({ unchecked: [span(20, 40)] }, { doubtful: [span(20, 40)] })).toBe(true)
})

test.each<[string, Partial<TagNeed>]>([
  ['everything was settled', {}],
  ['a part was settled', { unchecked: [span(30, 40)] }],
  ['one of two stretches was settled', { unchecked: [span(60, 70)] }],
  ['others have come since', { unchecked: [span(100, 500)] }],
])('it does not when %s', (_, after) => {
  expect(pass({ unchecked: [span(20, 40), span(60, 70)] }, after)).toBe(false)
})

test('what was only looked at again gives no reason to rest', () => {
  expect(pass({ checked: [{ window: span(0, 100), atMs: 1 }] }, { doubtful: [span(0, 100)] })).toBe(false)
})

test('only the pass before is judged by', () => {
  const open = { unchecked: [span(20, 40)] }
  resting.compared([{ tag: TAG, windows: [span(0, 100)] }], [need(open)])
  resting.judge([need({})])
  resting.judge([need(open)])
  expect(resting.has(TAG)).toBe(false)
})
