import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { everyInterval } from '../../src/replay/interval-loop.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Starts of the runs, each taking as long as `tookMs` says, within the time given. */
async function startsWithin(totalMs: number, tookMs: (run: number) => number): Promise<number[]> {
  const starts: number[] = []
  const stop = new AbortController()
  const body = async (): Promise<void> => {
    starts.push(Date.now())
    await new Promise((resolve) => setTimeout(resolve, tookMs(starts.length)))
  }
  const loop = everyInterval(1_000, body, stop.signal, () => Date.now())
  const ended = expect(loop).rejects.toThrow('stop')
  await vi.advanceTimersByTimeAsync(totalMs)
  stop.abort(new Error('stop'))
  await vi.advanceTimersByTimeAsync(10_000)
  await ended
  return starts
}

it('counts from start to start', async () => {
  expect(await startsWithin(4_500, (run) => run * 100)).toEqual([0, 1_000, 2_000, 3_000, 4_000])
})

it('follows a run that took too long at once, and does not make up for what was missed', async () => {
  expect(await startsWithin(6_000, (run) => (run === 1 ? 3_500 : 10))).toEqual([0, 3_500, 4_500, 5_500])
})

it('ends at once while waiting, and with what the body rejects with', async () => {
  const stop = new AbortController()
  const waiting = everyInterval(3_600_000, () => Promise.resolve(), stop.signal)
  await vi.advanceTimersByTimeAsync(10)
  stop.abort(new Error('stop'))
  await expect(waiting).rejects.toThrow('stop')
  await expect(everyInterval(10, () => Promise.reject(new Error('bad')), new AbortController().signal)).rejects.toThrow(
    'bad',
  )
})
