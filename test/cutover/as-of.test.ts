import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asOfGate, isFoldedPast, standingAsOf, type AsOfEvidence } from '../../src/cutover/as-of.ts'
import { decodeAsOfRequest, type AsOfRequest } from '../../src/cutover/as-of-request.ts'
import { VERDICTS } from '../../src/domain/verdict.ts'
import { NOON, requestDetail } from './build-event.ts'

const HOUR_MS = 3_600_000
const request: AsOfRequest = { ...requestDetail(), id: 7, at: NOON }
/** All there has to be for a request of two cells. */
const proven: AsOfEvidence = {
  request,
  cellsExpected: 2,
  cellsVerifiedSince: 2,
  cellsPending: 0,
  cellsNotGreen: 0,
  foldedPast: true,
  now: '2024-05-01T13:00:00Z',
  maxAgeMs: 24 * HOUR_MS,
}

describe('the as-of gate', () => {
  it('passes when every cell was verified after the request', () => {
    expect(asOfGate(proven)).toEqual({
      gate: 'as-of',
      outcome: 'pass',
      reasons: [`all 2 cells were verified after request 7 of ${NOON}`],
    })
  })

  it.each<[string, Partial<AsOfEvidence>, string, string]>([
    ['without a request', { request: undefined }, 'unknown', 'not been requested'],
    [
      'while a cell is pending',
      { cellsVerifiedSince: 1, cellsPending: 1 },
      'unknown',
      '1 cells have not been verified',
    ],
    ['while the log is not folded', { foldedPast: false }, 'unknown', 'not been folded'],
    ['when cells are missing from the count', { cellsVerifiedSince: 1 }, 'unknown', 'do not add up'],
    ['when a count is negative', { cellsVerifiedSince: 3, cellsPending: -1 }, 'unknown', 'do not add up'],
    ['when a count is no number', { cellsPending: NaN }, 'unknown', 'do not add up'],
    ['when the clock stepped back', { now: '2024-05-01T11:59:59Z' }, 'unknown', 'behind the request'],
    ['when a cell differs', { cellsVerifiedSince: 1, cellsNotGreen: 1 }, 'fail', '1 cells differ'],
    ['when the request is too old', { now: '2024-05-02T12:00:01Z' }, 'fail', 'too old'],
    ['when the scope has grown', { cellsExpected: 3, cellsVerifiedSince: 3 }, 'fail', 'had 2 at request 7'],
  ])('does not pass %s', (_, change, outcome, reason) => {
    const result = asOfGate({ ...proven, ...change })
    expect(result.outcome).toBe(outcome)
    expect(result.reasons.join()).toContain(reason)
  })

  it('takes no cells for no proof', () => {
    const empty = { ...request, scope: { ...request.scope, cells: 0 } }
    expect(asOfGate({ ...proven, request: empty, cellsExpected: 0, cellsVerifiedSince: 0 }).outcome).toBe('unknown')
  })

  it('passes at the very limit of its age', () => {
    expect(asOfGate({ ...proven, now: '2024-05-02T12:00:00Z' }).outcome).toBe('pass')
  })

  it('says what speaks against the move before what is not known', () => {
    const evidence = { ...proven, cellsVerifiedSince: 0, cellsPending: 1, cellsNotGreen: 1 }
    expect(asOfGate(evidence)).toMatchObject({ outcome: 'fail', reasons: ['1 cells differ or could not be compared'] })
  })

  it('passes on nothing but all of it, and is never opened by a cell that turns out worse', () => {
    const few = fc.integer({ min: -1, max: 3 })
    const evidence = fc.record({ verified: few, pending: few, notGreen: few, expected: few, folded: fc.boolean() })
    fc.assert(
      fc.property(evidence, ({ verified, pending, notGreen, expected, folded }) => {
        const of = (change: Partial<AsOfEvidence>): AsOfEvidence => ({ ...proven, ...change })
        const counts = { cellsVerifiedSince: verified, cellsPending: pending, cellsNotGreen: notGreen }
        const asked = of({ ...counts, cellsExpected: expected, foldedPast: folded })
        const isAll = verified === 2 && expected === 2 && pending === 0 && notGreen === 0 && folded
        expect(asOfGate(asked).outcome === 'pass').toBe(isAll)
        const worse = { ...asked, cellsVerifiedSince: verified - 1, cellsNotGreen: notGreen + 1 }
        expect(asOfGate(worse).outcome).not.toBe('pass')
      }),
    )
  })
})

describe('what a cell says about the moment of the request', () => {
  const fence = { lookFence: 10 }

  it.each([
    ['match', 11, 'verified'],
    ['explained', 11, 'verified'],
    ['waived', 11, 'verified'],
    ['match', 10, 'pending'],
    ['match', undefined, 'pending'],
    ['pending', 11, 'pending'],
    ['mismatch', 11, 'not-green'],
    ['mismatch', 9, 'not-green'],
    ['inconclusive', 11, 'not-green'],
  ] as const)('%s of look %s is %s', (verdict, look, standing) => {
    expect(standingAsOf(verdict, look, fence)).toBe(standing)
  })

  it('is verified by no look that had begun', () => {
    fc.assert(
      fc.property(fc.constantFrom(...VERDICTS), fc.nat(), fc.nat(), (verdict, look, lookFence) => {
        if (standingAsOf(verdict, look, { lookFence }) === 'verified') expect(look).toBeGreaterThan(lookFence)
      }),
    )
  })
})

describe('the end of the log at the request', () => {
  const end = [
    { partition: 0, offset: '5' },
    { partition: 1, offset: '9007199254740993' },
  ]

  it('is passed when every partition is folded up to it, to the last digit', () => {
    expect(
      isFoldedPast(
        end,
        new Map([
          [0, 5n],
          [1, 9007199254740993n],
        ]),
      ),
    ).toBe(true)
    expect(
      isFoldedPast(
        end,
        new Map([
          [0, 5n],
          [1, 9007199254740992n],
        ]),
      ),
    ).toBe(false)
    expect(
      isFoldedPast(
        end,
        new Map([
          [0, 4n],
          [1, 9007199254740993n],
        ]),
      ),
    ).toBe(false)
  })

  it('is not passed in a partition that was never folded, unless that was empty', () => {
    expect(isFoldedPast(end, new Map([[0, 5n]]))).toBe(false)
    expect(isFoldedPast([{ partition: 3, offset: '0' }], new Map())).toBe(true)
  })
})

describe('a request that is read', () => {
  it('is what was written', () => {
    expect(decodeAsOfRequest(JSON.parse(JSON.stringify(request)), 'request')).toEqual(request)
  })

  it.each([
    ['a log without partitions', { logEnd: [] }, 'request.logEnd is empty'],
    ['a fence that is no count', { lookFence: -1 }, 'request.lookFence is not a count'],
    ['an offset that is no offset', { logEnd: [{ partition: 0, offset: '1e3' }] }, 'is not an offset'],
    ['a time that is none', { at: 'yesterday' }, 'request.at is not a UTC time'],
    ['a field nobody checks', { extra: 1 }, 'request.extra is not a field'],
  ])('is refused with %s', (_, change, message) => {
    expect(() => decodeAsOfRequest({ ...request, ...change }, 'request')).toThrow(message)
  })
})
