import { expect, it, onTestFinished, vi } from 'vitest'
import { stopsOf, untilDrained } from '../../src/daemon/stops.ts'

function stops(): { asked: AbortController; lost: AbortController; stops: ReturnType<typeof stopsOf> } {
  vi.useFakeTimers()
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const asked = new AbortController()
  const lost = new AbortController()
  return { asked, lost, stops: stopsOf(asked.signal, lost.signal) }
}

it('drains when asked, and aborts only when that takes too long', () => {
  const { asked, stops: both } = stops()
  asked.abort(new Error('asked'))
  expect(both.drain.aborted).toBe(true)
  vi.advanceTimersByTime(29_000)
  expect(both.abort.aborted).toBe(false)
  vi.advanceTimersByTime(2_000)
  expect(both.abort.aborted).toBe(true)
})

it('does not abort when released in time', () => {
  const { asked, stops: both } = stops()
  asked.abort(new Error('asked'))
  both.release()
  vi.advanceTimersByTime(3_600_000)
  expect(both.abort.aborted).toBe(false)
})

it('ends both at once when the right to write is lost, with the reason', () => {
  const { lost, stops: both } = stops()
  const reason = new Error('taken over')
  lost.abort(reason)
  expect([both.drain.reason, both.abort.reason]).toEqual([reason, reason])
})

it('takes the end of a drained body for its success, and nothing else', async () => {
  const drain = new AbortController()
  await expect(untilDrained(Promise.reject(new Error('broken')), drain.signal)).rejects.toThrow('broken')
  const reason = new Error('drain')
  drain.abort(reason)
  await expect(untilDrained(Promise.reject(reason), drain.signal)).resolves.toBeUndefined()
  await expect(untilDrained(Promise.reject(new Error('broken')), drain.signal)).rejects.toThrow('broken')
})
