import { expect, it } from 'vitest'
import { inLanes } from '../../src/verify/lanes.ts'

const never = new AbortController().signal

it('takes every item once, in order, and never more than the lanes at once', async () => {
  const taken: number[] = []
  let running = 0
  let most = 0
  await inLanes(
    Array.from({ length: 20 }, (_, i) => i),
    3,
    async (item) => {
      taken.push(item)
      running += 1
      most = Math.max(most, running)
      for (let i = 0; i < item % 4; i++) await Promise.resolve()
      running -= 1
    },
    never,
  )
  expect(taken).toEqual(Array.from({ length: 20 }, (_, i) => i))
  expect(most).toBe(3)
})

it('stops the others when one fails, waits for them, and throws its error', async () => {
  let ended = 0
  const failing = inLanes(
    [1, 2, 3, 4],
    2,
    async (item, signal) => {
      if (item === 2) throw new Error('second')
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve)
      })
      ended += 1
    },
    never,
  )
  await expect(failing).rejects.toThrow('second')
  expect(ended).toBe(1)
})

it('takes nothing when it is told to stop before', async () => {
  const reason = new Error('stop')
  await expect(inLanes([1], 2, () => expect.fail('taken'), AbortSignal.abort(reason))).rejects.toBe(reason)
})
