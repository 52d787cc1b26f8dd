import { setMaxListeners } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { BanyanError } from '../../src/domain/errors.ts'
import { Governor, type GovernorLimits } from '../../src/replay/governor.ts'

const never = new AbortController().signal
setMaxListeners(0, never)
const open: GovernorLimits = { concurrency: 4, requestsPerSecond: 10_000, rowsInFlight: 1000, quietHours: undefined }

/** A historian that remembers how it was treated. */
class Meter {
  inFlight = 0
  peak = 0
  peakRows = 0
  readonly startedMs: number[] = []
  #rows = 0

  ask(governor: Governor, rows: number, tookMs = 5, signal = never): Promise<void> {
    return governor.run(
      rows,
      async () => {
        this.startedMs.push(Date.now())
        this.inFlight += 1
        this.#rows += rows
        this.peak = Math.max(this.peak, this.inFlight)
        this.peakRows = Math.max(this.peakRows, this.#rows)
        await new Promise((resolve) => setTimeout(resolve, tookMs))
        this.inFlight -= 1
        this.#rows -= rows
      },
      signal,
    )
  }
}

afterEach(() => {
  vi.useRealTimers()
})

describe('Governor', () => {
  it('keeps requests at once and rows in flight under their caps', async () => {
    const governor = new Governor(open)
    const meter = new Meter()
    await Promise.all(Array.from({ length: 60 }, (_, i) => meter.ask(governor, i % 3 === 0 ? 600 : 50)))
    expect(meter.peak).toBeGreaterThan(1)
    expect(meter.peak).toBeLessThanOrEqual(4)
    expect(meter.peakRows).toBeLessThanOrEqual(1000)
    expect(governor.state()).toMatchObject({ requests: 60, inFlight: 0, waiting: 0, rowsInFlight: 0 })
  })

  it('lets a request larger than the row allowance through, alone', async () => {
    const governor = new Governor(open)
    const meter = new Meter()
    await Promise.all([meter.ask(governor, 5000), meter.ask(governor, 10), meter.ask(governor, 5000)])
    expect(meter.startedMs).toHaveLength(3)
    expect(meter.peak).toBe(1)
  })

  it('never sends more than the allowed requests in any sliding second', async () => {
    vi.useFakeTimers()
    const governor = new Governor({ ...open, requestsPerSecond: 10 })
    const meter = new Meter()
    const all = Promise.all(Array.from({ length: 45 }, () => meter.ask(governor, 1, 1)))
    await vi.advanceTimersByTimeAsync(10_000)
    await all
    for (const start of meter.startedMs) {
      expect(meter.startedMs.filter((other) => other >= start && other < start + 1000).length).toBeLessThanOrEqual(10)
    }
  })

  it('holds everything back for as long as the historian asks', async () => {
    vi.useFakeTimers()
    const governor = new Governor(open)
    const throttled = new BanyanError('BANYAN_SOURCE_THROTTLED', 'slow down', { context: { retryAfterMs: 7_000 } })
    await expect(governor.run(1, () => Promise.reject(throttled), never)).rejects.toBe(throttled)
    expect(governor.state()).toMatchObject({ throttled: 1, heldBy: ['retry-after'], concurrency: 1 })
    const meter = new Meter()
    const asked = meter.ask(governor, 1)
    await vi.advanceTimersByTimeAsync(6_900)
    expect(meter.startedMs).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(200)
    await asked
    expect(governor.state().heldBy).toEqual([])
  })

  it('sends nothing while paused or in quiet hours, also of what was already waiting', async () => {
    vi.useFakeTimers({ now: Date.parse('2024-01-10T21:59:58Z') })
    const quietHours = { timeZone: 'UTC', ranges: [{ fromMinute: 22 * 60, untilMinute: 22 * 60 + 30 }] }
    const governor = new Governor({ ...open, concurrency: 1, quietHours })
    const meter = new Meter()
    const asked = Promise.all(Array.from({ length: 10 }, () => meter.ask(governor, 1, 1_000)))
    await vi.advanceTimersByTimeAsync(10_000)
    const before = meter.startedMs.length
    expect(before).toBeLessThan(5)
    expect(governor.state().heldBy).toEqual(['quiet-hours'])
    await vi.advanceTimersByTimeAsync(29 * 60_000)
    expect(meter.startedMs).toHaveLength(before)
    governor.pause()
    await vi.advanceTimersByTimeAsync(10 * 60_000)
    expect(meter.startedMs).toHaveLength(before)
    governor.resume()
    await vi.advanceTimersByTimeAsync(60_000)
    await asked
    expect(
      meter.startedMs.some((ms) => ms >= Date.parse('2024-01-10T22:00:01Z') && ms < Date.parse('2024-01-10T22:30:00Z')),
    ).toBe(false)
  })

  it('a waiting request ends with its signal, and gives its place back', async () => {
    const governor = new Governor({ ...open, concurrency: 1 })
    const meter = new Meter()
    const abort = new AbortController()
    const first = meter.ask(governor, 1000, 50)
    const waitingForRows = meter.ask(governor, 1000, 1, abort.signal)
    abort.abort(new Error('stop'))
    await expect(waitingForRows).rejects.toThrow('stop')
    await first
    await meter.ask(governor, 1000)
    expect(meter.startedMs).toHaveLength(2)
  })
})
