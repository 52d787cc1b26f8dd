import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { END_OF_PI_TIME, floorToMs, formatTicks, parseTicks, ticks, ticksFromMs } from '../../src/domain/ticks.ts'
import { anyTicks } from '../log/arbitrary-sample.ts'

describe('ticks', () => {
  it('print as the calendar says, and read back', () => {
    fc.assert(
      fc.property(anyTicks, (at) => {
        const text = formatTicks(at)
        const instant = Temporal.Instant.fromEpochNanoseconds(at * 100n)
        expect(text).toBe(instant.toString({ fractionalSecondDigits: 7 }))
        expect(parseTicks(text)).toBe(at)
      }),
      { numRuns: 2_000 },
    )
  })

  it('print in ascending order what ascends', () => {
    fc.assert(
      fc.property(anyTicks, anyTicks, (a, b) => {
        expect(a < b).toBe(formatTicks(a) < formatTicks(b))
      }),
    )
  })

  it('read any number of fraction digits up to seven', () => {
    fc.assert(
      fc.property(anyTicks, fc.integer({ min: 0, max: 7 }), (at, digits) => {
        const text = formatTicks(at)
        const short = digits === 0 ? text.slice(0, 19) : text.slice(0, 20 + digits)
        expect(parseTicks(`${short}Z`)).toBe(
          parseTicks(`${digits === 0 ? `${short}.` : short}${'0'.repeat(7 - digits)}Z`),
        )
      }),
    )
  })

  it.each([
    '',
    '2024-05-01',
    '2024-05-01T06:00:00',
    '2024-05-01T06:00:00+00:00',
    '2024-05-01T06:00:00.Z',
    '2024-05-01T06:00:00.12345678Z',
    '2024-05-01T06:00:00,5Z',
    '2024-05-01 06:00:00Z',
    '2024-05-01T24:00:00Z',
    '2024-05-01T06:60:00Z',
    '2024-05-01T06:00:60Z',
    '2023-02-29T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-05-00T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '-001-01-01T00:00:00Z',
    '2024-05-01T06:00:00.1e3Z',
    '2024-05-01T06:00:0٣Z',
  ])('refuse %j', (text) => {
    expect(() => parseTicks(text)).toThrow(RangeError)
  })

  it('refuse to print years that four digits cannot say', () => {
    const first = parseTicks('0001-01-01T00:00:00Z')
    const last = parseTicks('9999-12-31T23:59:59.9999999Z')
    expect(formatTicks(first)).toBe('0001-01-01T00:00:00.0000000Z')
    expect(formatTicks(last)).toBe('9999-12-31T23:59:59.9999999Z')
    for (const beyond of [first - 1n, last + 1n, 2n ** 63n, -(2n ** 63n)]) {
      expect(() => formatTicks(ticks(beyond))).toThrow(RangeError)
      expect(formatTicks(ticks(0n))).toBe('1970-01-01T00:00:00.0000000Z')
    }
  })

  it('round down to milliseconds, before 1970 too', () => {
    expect(floorToMs(ticks(-1n))).toBe(-1)
    expect(floorToMs(ticks(-10_000n))).toBe(-1)
    expect(floorToMs(ticks(9_999n))).toBe(0)
    fc.assert(
      fc.property(anyTicks, (at) => {
        const ms = floorToMs(at)
        expect(ticksFromMs(ms) <= at && at < ticksFromMs(ms + 1)).toBe(true)
      }),
    )
  })

  it('know where PI time ends: with the last second it can store, and all of that', () => {
    expect(formatTicks(ticks(END_OF_PI_TIME - 1n))).toBe('2038-01-19T03:14:07.9999999Z')
  })
})
