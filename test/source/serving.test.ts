import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BanyanError, type ErrorCode } from '../../src/domain/errors.ts'
import { parseTagId } from '../../src/domain/tag-id.ts'
import { concernOf, isUnanswered, Serving } from '../../src/source/serving.ts'

const A = parseTagId('pi/1')
const B = parseTagId('pi/2')
const LIMITS = { afterMs: 60_000, backMs: 300_000 }

const at = (ms: number) => ({ sentMs: ms, failedMs: ms })

describe('serving', () => {
  it('stays with the primary until it has failed for long enough without a success', () => {
    const serving = new Serving(LIMITS)
    serving.failed(A, at(0))
    serving.failed(A, at(59_999))
    expect(serving.of(A)).toBe('primary')
    serving.failed(A, at(60_000))
    expect(serving.of(A)).toBe('fallback')
    expect(serving.of(B)).toBe('primary')
    expect(serving.isFallback()).toBe(false)
  })

  it('begins anew with every success', () => {
    const serving = new Serving(LIMITS)
    serving.failed(A, at(0))
    serving.answered(A, 30_000)
    serving.failed(A, at(60_000))
    serving.failed(A, at(119_999))
    expect(serving.of(A)).toBe('primary')
  })

  it('counts a request that hung from when it was sent, but not from before the last success', () => {
    const serving = new Serving(LIMITS)
    serving.failed(A, { sentMs: 0, failedMs: 60_000 })
    expect(serving.of(A)).toBe('fallback')
    serving.answered(B, 50_000)
    serving.failed(B, { sentMs: 0, failedMs: 60_000 })
    expect(serving.of(B)).toBe('primary')
  })

  it('takes every tag along when the historian as a whole fails, and back', () => {
    const serving = new Serving(LIMITS)
    serving.failed(undefined, at(0))
    serving.failed(undefined, at(60_000))
    expect([A, B].map((tag) => serving.of(tag))).toEqual(['fallback', 'fallback'])
    serving.answered(undefined, 100_000)
    serving.answered(undefined, 399_999)
    expect(serving.isFallback()).toBe(true)
    serving.answered(undefined, 400_000)
    expect([A, B].map((tag) => serving.of(tag))).toEqual(['primary', 'primary'])
  })

  it('forgives a tag what it did while the historian as a whole was in trouble', () => {
    const serving = new Serving(LIMITS)
    for (const ms of [0, 30_000]) serving.failed(A, at(ms))
    for (const ms of [0, 60_000]) serving.failed(undefined, at(ms))
    for (const ms of [100_000, 400_000]) serving.answered(undefined, ms)
    serving.failed(A, at(400_001))
    expect(serving.of(A)).toBe('primary')
  })

  it('does not take a tag that stands aside back with the historian', () => {
    const serving = new Serving(LIMITS)
    for (const ms of [0, 60_000]) serving.failed(A, at(ms))
    for (const ms of [0, 60_000]) serving.failed(undefined, at(ms))
    for (const ms of [100_000, 400_000]) serving.answered(undefined, ms)
    expect(serving.of(A)).toBe('fallback')
    expect(serving.isAside(A)).toBe(true)
  })

  it('goes back at once when the fallback fails and the primary answers', () => {
    const serving = new Serving(LIMITS)
    for (const ms of [0, 60_000]) serving.failed(undefined, at(ms))
    serving.fallbackFailed(undefined, 61_000)
    expect(serving.isFallback()).toBe(true)
    serving.answered(undefined, 62_000)
    serving.fallbackFailed(A, 62_500)
    expect(serving.isFallback()).toBe(true)
    serving.fallbackFailed(undefined, 63_000)
    expect(serving.isFallback()).toBe(false)
  })

  it('says how long the primary may still fail for a tag', () => {
    const serving = new Serving(LIMITS)
    expect(serving.patienceMs(A, 5)).toBe(60_000)
    serving.failed(A, at(10_000))
    expect(serving.patienceMs(A, 30_000)).toBe(40_000)
    expect(serving.patienceMs(A, 80_000)).toBe(0)
    serving.failed(A, at(80_000))
    expect(serving.patienceMs(A, 90_000)).toBe(0)
  })

  it('tries the primary often enough to know before its time is over, and no more', () => {
    const serving = new Serving(LIMITS)
    expect(serving.takeTrial(undefined, 0)).toBe(true)
    expect(serving.takeTrial(undefined, 9_999)).toBe(false)
    expect(serving.takeTrial(undefined, 10_000)).toBe(true)
    expect(serving.takeTrial(A, 0)).toBe(true)
    expect(serving.takeTrial(A, 59_999)).toBe(false)
    expect(serving.takeTrial(A, 60_000)).toBe(true)
    const hasty = new Serving({ afterMs: 1_000, backMs: 1_000 })
    expect([0, 199, 200].map((ms) => hasty.takeTrial(A, ms))).toEqual([true, false, true])
  })

  it('changes only on what the rules ask for, whatever happens', () => {
    const event = fc.record({
      kind: fc.constantFrom('answered' as const, 'failed' as const),
      pauseMs: fc.integer({ min: 0, max: 90_000 }),
      hungMs: fc.integer({ min: 0, max: 120_000 }),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const serving = new Serving(LIMITS)
        let nowMs = 0
        // The plain reading of the rules: the whole past is looked at each time.
        let failingSince: number | undefined
        let answeringSince: number | undefined
        let lastAnswer = Number.NEGATIVE_INFINITY
        for (const { kind, pauseMs, hungMs } of events) {
          const before = serving.of(A)
          nowMs += pauseMs
          if (kind === 'answered') {
            serving.answered(A, nowMs)
            answeringSince ??= nowMs
            failingSince = undefined
            lastAnswer = nowMs
          } else {
            const sentMs = nowMs
            nowMs += hungMs
            serving.failed(A, { sentMs, failedMs: nowMs })
            failingSince ??= Math.max(sentMs, lastAnswer)
            answeringSince = undefined
          }
          if (serving.of(A) === before) {
            if (before === 'primary' && failingSince !== undefined) expect(nowMs - failingSince).toBeLessThan(60_000)
            if (before === 'fallback' && answeringSince !== undefined) {
              expect(nowMs - answeringSince).toBeLessThan(300_000)
            }
            continue
          }
          if (before === 'primary') expect(nowMs - failingSince!).toBeGreaterThanOrEqual(60_000)
          else expect(nowMs - answeringSince!).toBeGreaterThanOrEqual(300_000)
          answeringSince = undefined
        }
      }),
    )
  })
})

describe('what a failure concerns', () => {
  const error = (code: ErrorCode): BanyanError => new BanyanError(code, 'x')

  it.each([
    ['BANYAN_SOURCE_UNAVAILABLE', 'tag', true],
    ['BANYAN_SOURCE_THROTTLED', 'tag', true],
    ['BANYAN_SOURCE_FORBIDDEN', 'tag', false],
    ['BANYAN_SOURCE_REJECTED', 'tag', false],
    ['BANYAN_SOURCE_PROTOCOL', 'tag', false],
    ['BANYAN_TICK_GROUP_TOO_LARGE', 'tag', false],
    ['BANYAN_SOURCE_UNAUTHORIZED', 'historian', true],
    ['BANYAN_SOURCE_NOT_FOUND', undefined, false],
    ['BANYAN_STORE_UNAVAILABLE', undefined, false],
    ['BANYAN_INTERNAL', undefined, false],
  ] as const)('%s: %s', (code, concern, unanswered) => {
    expect(concernOf(error(code))).toBe(concern)
    expect(isUnanswered(error(code))).toBe(unanswered)
  })
})
