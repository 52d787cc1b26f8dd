import { setMaxListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { BoundedQueue } from '../../src/util/bounded-queue.ts'

const never = new AbortController().signal
setMaxListeners(0, never)

describe('BoundedQueue', () => {
  it('gives items back in order and lets one heavy item overshoot the bound', async () => {
    const queue = new BoundedQueue<string>(10)
    await queue.put('a', 100, never)
    let stored = false
    const second = queue.put('b', 1, never).then(() => {
      stored = true
    })
    await Promise.resolve()
    expect(stored).toBe(false)
    expect(queue.takeReady(1)).toEqual(['a'])
    await second
    expect(queue.takeReady(Infinity)).toEqual(['b'])
    expect(queue.isEmpty).toBe(true)
  })

  it('never holds more than the bound plus one item, however many put at once', async () => {
    const queue = new BoundedQueue<number>(5)
    const puts = Array.from({ length: 50 }, (_, i) => queue.put(i, 1, never))
    const seen: number[] = []
    while (seen.length < 50) {
      await new Promise((resolve) => setImmediate(resolve))
      const taken = queue.takeReady(Infinity)
      expect(taken.length).toBeLessThanOrEqual(6)
      seen.push(...taken)
    }
    await Promise.all(puts)
    expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })

  it('wakes the taker when enough is inside, when it is closed, and when the time is up', async () => {
    const queue = new BoundedQueue<number>(10)
    const full = queue.ready(2, 60_000)
    await queue.put(1, 1, never)
    await queue.put(2, 1, never)
    await full
    await queue.ready(10, 1)
    const closed = queue.ready(10, 60_000)
    queue.close()
    await closed
    expect(queue.takeReady(Infinity)).toEqual([1, 2])
    await expect(queue.put(3, 1, never)).rejects.toThrow('closed')
  })

  it('rejects waiting and later puts when it fails, and a waiting put when its signal aborts', async () => {
    const queue = new BoundedQueue<number>(1)
    await queue.put(1, 1, never)
    const abort = new AbortController()
    const waiting = queue.put(2, 1, abort.signal)
    const alsoWaiting = queue.put(3, 1, never)
    abort.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    queue.fail(new Error('disk full'))
    await expect(alsoWaiting).rejects.toThrow('disk full')
    await expect(queue.put(4, 1, never)).rejects.toThrow('disk full')
  })
})
