import { describe, expect, it } from 'vitest'
import { quietForMs } from '../../src/replay/quiet-hours.ts'

const at = (iso: string): number => Date.parse(iso)
const night = { timeZone: 'Europe/Berlin', ranges: [{ fromMinute: 22 * 60, untilMinute: 5 * 60 }] }
const MINUTE = 60_000

describe('quietForMs', () => {
  it.each([
    // Berlin is UTC+1 in winter, UTC+2 in summer.
    ['2024-01-10T20:59:00Z', 0],
    ['2024-01-10T21:00:00Z', 7 * 60 * MINUTE],
    ['2024-01-10T23:30:30Z', 4.5 * 60 * MINUTE - 30_000],
    ['2024-01-11T03:59:00Z', MINUTE],
    ['2024-01-11T04:00:00Z', 0],
    ['2024-07-10T20:00:00Z', 7 * 60 * MINUTE],
    ['2024-07-10T03:00:00Z', 0],
  ])('%s: quiet for another %d ms', (iso, expected) => {
    expect(quietForMs(night, at(iso))).toBe(expected)
  })

  it('takes the longest of overlapping ranges, and a range of equal ends is the whole day', () => {
    const ranges = [
      { fromMinute: 60, untilMinute: 120 },
      { fromMinute: 90, untilMinute: 240 },
    ]
    expect(quietForMs({ timeZone: 'UTC', ranges }, at('2024-01-10T01:35:00Z'))).toBe(145 * MINUTE)
    const always = { timeZone: 'UTC', ranges: [{ fromMinute: 60, untilMinute: 60 }] }
    expect(quietForMs(always, at('2024-01-10T00:59:00Z'))).toBe(MINUTE)
    expect(quietForMs(always, at('2024-01-10T01:00:00Z'))).toBe(24 * 60 * MINUTE)
  })
})
