import { describe, expect, it } from 'vitest'
import { ticks, ticksFromMs } from '../../src/domain/ticks.ts'
import { CarriedClock } from '../../src/source/carried-clock.ts'

const NOON_MS = Date.parse('2025-06-01T12:00:00Z')
const NOON = ticksFromMs(NOON_MS)
const after = (ms: number) => ticks(NOON + BigInt(ms) * 10_000n)

describe('carried clock', () => {
  it('lets a clock that lags lag', () => {
    const clock = new CarriedClock()
    clock.hear(NOON, { monotonicMs: 1_000, wallMs: NOON_MS })
    expect(clock.limit(after(4_000), { monotonicMs: 6_000, wallMs: NOON_MS })).toBe(after(4_000))
  })

  it('holds a clock that runs ahead to what the primary must show by now, whatever our wall clock says', () => {
    const clock = new CarriedClock()
    clock.hear(NOON, { monotonicMs: 1_000, wallMs: NOON_MS })
    expect(clock.limit(after(60_000), { monotonicMs: 6_000, wallMs: NOON_MS + 86_400_000 })).toBe(after(5_000))
  })

  it('has our own clock stand in for one it never heard', () => {
    const now = { monotonicMs: 0, wallMs: NOON_MS + 2_000 }
    expect(new CarriedClock().limit(after(60_000), now)).toBe(after(2_000))
    expect(new CarriedClock().limit(after(1_000), now)).toBe(after(1_000))
  })
})
