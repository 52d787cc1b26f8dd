import { setMaxListeners } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { BanyanError } from '../../src/domain/errors.ts'
import { Governor, LANES, type GovernorLimits, type Lane } from '../../src/replay/governor.ts'

const never = new AbortController().signal
setMaxListeners(0, never)
const open: GovernorLimits = { concurrency: 4, requestsPerSecond: 10_000, rowsInFlight: 1000, quietHours: undefined }

/** A historian that remembers how it was treated. */
class Meter {
  inFlight = 0
  peak = 0
  peakRows = 0
  readonly startedMs: number[] = []
  readonly lanes: Lane[] = []
  #rows = 0

  ask(governor: Governor, rows: number, tookMs = 5, signal = never, lane: Lane = 'backfill'): Promise<void> {
    return governor.lane(lane).run(
      rows,
      async () => {
        this.startedMs.push(Date.now())
        this.lanes.push(lane)
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
    await expect(governor.lane('tail').run(1, () => Promise.reject(throttled), never)).rejects.toBe(throttled)
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
    governor.pause('backfill')
    await vi.advanceTimersByTimeAsync(10 * 60_000)
    expect(meter.startedMs).toHaveLength(before)
    governor.resume('backfill')
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

  it('below one request per second, waits longer than a second between two', async () => {
    vi.useFakeTimers()
    const governor = new Governor({ ...open, requestsPerSecond: 0.25 })
    const meter = new Meter()
    const all = Promise.all(Array.from({ length: 3 }, () => meter.ask(governor, 1, 1)))
    await vi.advanceTimersByTimeAsync(10_000)
    await all
    const [first = 0, second = 0, third = 0] = meter.startedMs
    expect(second - first).toBeGreaterThanOrEqual(4_000)
    expect(third - second).toBeGreaterThanOrEqual(4_000)
  })

  it('serves the highest lane first, whatever came first', async () => {
    const governor = new Governor({ ...open, concurrency: 1 })
    const meter = new Meter()
    await Promise.all(LANES.toReversed().flatMap((lane) => [1, 2].map(() => meter.ask(governor, 1, 1, never, lane))))
    // The very first found the historian free.
    expect(meter.lanes).toEqual(['backfill', ...LANES.flatMap((lane) => (lane === 'backfill' ? [lane] : [lane, lane]))])
  })

  it('small requests of a lower lane do not keep a large one of a higher lane waiting for rows', async () => {
    const governor = new Governor({ ...open, concurrency: 8 })
    const meter = new Meter()
    const low = Array.from({ length: 40 }, () => meter.ask(governor, 250, 3))
    const high = meter.ask(governor, 1000, 3, never, 'tail')
    await Promise.all([...low, high])
    expect(meter.lanes.indexOf('tail')).toBeLessThanOrEqual(4)
    expect(meter.peakRows).toBeLessThanOrEqual(1000)
  })

  it('lets the next one pass when the one that waits for rows gives up', async () => {
    const governor = new Governor(open)
    const meter = new Meter()
    const abort = new AbortController()
    const slow = meter.ask(governor, 900, 20)
    const large = meter.ask(governor, 1000, 1, abort.signal, 'tail')
    const small = meter.ask(governor, 100, 1)
    expect(governor.state()).toMatchObject({ inFlight: 1, waiting: 2 })
    abort.abort(new Error('stop'))
    await expect(large).rejects.toThrow('stop')
    expect(governor.state()).toMatchObject({ inFlight: 2, waiting: 0 })
    await Promise.all([slow, small])
  })

  it('pauses one lane, also what is waiting in it, while the others go on', async () => {
    const governor = new Governor({ ...open, concurrency: 1 })
    const meter = new Meter()
    const running = meter.ask(governor, 1, 5)
    const job = [meter.ask(governor, 1), meter.ask(governor, 1)]
    governor.pause('backfill')
    await running
    await meter.ask(governor, 1, 1, never, 'tail')
    expect(meter.lanes).toEqual(['backfill', 'tail'])
    expect(governor.state()).toMatchObject({ heldBy: [], pausedLanes: ['backfill'], waiting: 2 })
    expect(governor.heldBy('backfill')).toEqual(['pause'])
    expect(governor.heldBy('tail')).toEqual([])
    governor.resume('backfill')
    await Promise.all(job)
    expect(governor.state()).toMatchObject({ pausedLanes: [], waiting: 0 })
  })

  it('resumes one lane and not another that is paused as well', async () => {
    const governor = new Governor(open)
    const meter = new Meter()
    governor.pause('verify')
    governor.pause('backfill')
    const job = meter.ask(governor, 1)
    const verifying = meter.ask(governor, 1, 1, never, 'verify')
    expect(governor.state()).toMatchObject({ heldBy: [], pausedLanes: ['verify', 'backfill'], waiting: 2 })
    governor.resume('verify')
    await verifying
    expect(meter.lanes).toEqual(['verify'])
    governor.resume('backfill')
    await job
  })
})
