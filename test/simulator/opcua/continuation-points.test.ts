/** What is remembered, for how long, and whose it is. */
import { expect, test } from 'vitest'
import { ContinuationPoints, type Chain } from '../../../src/simulator/opcua/continuation-points.ts'
import { RequestTally } from '../../../src/simulator/opcua/counters.ts'
import { DIALECTS } from '../../../src/simulator/opcua/dialect.ts'

const SESSION = {}
const READ = { start: 0n, end: 10n, count: 1, returnBounds: false }
const CHAIN: Chain = { node: 'A', read: READ, cursor: { page: 1, given: 1, at: 'time', ticks: 5n, skip: 0 } }

test('one that is too old is no longer one', () => {
  let nowMs = 0
  const tally = new RequestTally()
  const points = new ContinuationPoints(DIALECTS.capped.continuation, tally, () => nowMs)
  const early = points.save(SESSION, CHAIN, undefined)!
  const late = points.save(SESSION, CHAIN, undefined)!
  nowMs = DIALECTS.capped.continuation.lifetimeMs - 1
  expect(points.take(SESSION, early, 'A', READ)).toMatchObject(CHAIN)
  nowMs += 1
  expect(points.take(SESSION, late, 'A', READ)).toBeUndefined()
  expect(tally.snapshot()).toMatchObject({ openContinuationPoints: 0, peakContinuationPoints: 2 })
})

test('another session does not have it; an ended one has none', () => {
  const points = new ContinuationPoints(DIALECTS.strict.continuation, new RequestTally(), () => 0)
  const bytes = points.save(SESSION, CHAIN, undefined)!
  expect(points.take({}, bytes, 'A', READ)).toBeUndefined()
  points.closeSession(SESSION)
  expect(points.take(SESSION, bytes, 'A', READ)).toBeUndefined()
})
