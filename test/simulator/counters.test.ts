import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { RequestCounters } from '../../src/simulator/counters.ts'
import { LoopWatch } from '../../src/simulator/loop-watch.ts'

describe('the peak of requests per second', () => {
  const peakOf = (requests: readonly (readonly [seenMs: number, earliestMs: number])[]): number => {
    const counters = new RequestCounters()
    for (const [seenMs, earliestMs] of requests) counters.begin(seenMs, earliestMs)
    return counters.snapshot().peakPerSecond
  }

  it('is the most in any one second, wherever it begins', () => {
    const at = (ms: number): [number, number] => [ms, ms]
    expect(peakOf([at(0), at(900), at(950), at(1100), at(1800), at(3000)])).toBe(4)
  })

  it('counts what waited for a busy thread only where it must have come within the second', () => {
    // Seen together at 2000, sent at any time since 800.
    const bunched = Array.from({ length: 50 }, (): [number, number] => [2000, 800])
    expect(peakOf(bunched)).toBe(0)
    expect(peakOf([...bunched, [2100, 2095], [2200, 2195]])).toBe(2)
    const brief = Array.from({ length: 50 }, (): [number, number] => [2000, 1400])
    expect(peakOf([...brief, [2300, 2295]])).toBe(51)
  })
})

describe('the watch over the thread', () => {
  const start = (): LoopWatch => {
    const loop = new LoopWatch()
    loop.start()
    onTestFinished(() => {
      loop.stop()
    })
    return loop
  }

  it('takes what is seen after a busy stretch to have come at any time in it', async () => {
    const loop = start()
    await sleep(30)
    const busySinceMs = performance.now()
    while (performance.now() < busySinceMs + 100);
    expect(loop.earliestArrivalMs()).toBeLessThanOrEqual(busySinceMs)
    await nextTurn()
    expect(loop.earliestArrivalMs()).toBeLessThanOrEqual(busySinceMs)
  })

  it('says "just now" of a thread that is idle', async () => {
    const loop = start()
    const startedMs = loop.earliestArrivalMs()
    while (loop.earliestArrivalMs() === startedMs) await sleep(1)
    expect(loop.earliestArrivalMs()).toBeGreaterThan(startedMs)
  })
})
