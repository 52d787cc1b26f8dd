import { describe, expect, it } from 'vitest'
import { withRetry, type RetryPolicy } from '../../src/util/retry.ts'

class Failure extends Error {
  readonly cost: number
  readonly waitMs: number
  constructor(cost: number, waitMs = 0) {
    super(`costs ${cost}`)
    this.cost = cost
    this.waitMs = waitMs
  }
}

function policy(changes: Partial<RetryPolicy> = {}): RetryPolicy & { readonly delays: number[] } {
  const delays: number[] = []
  return {
    costOf: (error) => (error instanceof Failure ? error.cost : 1),
    waitAskedMs: (error) => (error instanceof Failure ? error.waitMs : 0),
    firstDelayMs: 0,
    maxDelayMs: 0,
    onRetry: (_error, _attempt, delayMs) => delays.push(delayMs),
    delays,
    ...changes,
  }
}

const forever = new AbortController().signal

function failing(...failures: Error[]): { run: () => Promise<string>; calls: () => number } {
  let calls = 0
  return {
    run: async () => {
      const failure = failures[calls]
      calls += 1
      if (failure !== undefined) throw failure
      return 'done'
    },
    calls: () => calls,
  }
}

describe('withRetry', () => {
  it('tries an eighth eight times and a third three times', async () => {
    for (const parts of [8, 3, 1]) {
      const failures = Array.from({ length: 20 }, () => new Failure(1 / parts))
      const { run, calls } = failing(...failures)
      await expect(withRetry(policy(), run, forever)).rejects.toBe(failures[parts - 1])
      expect(calls()).toBe(parts)
    }
  })

  it('lets failures of different weight mix', async () => {
    const { run } = failing(new Failure(1 / 8), new Failure(1 / 8), new Failure(1 / 3), new Failure(1 / 3))
    await expect(withRetry(policy(), run, forever)).resolves.toBe('done')
  })

  it('throws what is not worth another attempt at once', async () => {
    const { run, calls } = failing(new Error('no'))
    await expect(withRetry(policy(), run, forever)).rejects.toThrow('no')
    expect(calls()).toBe(1)
  })

  it('doubles its waits up to the longest, half of each random', async () => {
    const seen = policy({ firstDelayMs: 2, maxDelayMs: 8 })
    const { run } = failing(...Array.from({ length: 5 }, () => new Failure(1 / 8)))
    await withRetry(seen, run, forever)
    for (const [i, longest] of [2, 4, 8, 8, 8].entries()) {
      expect(seen.delays[i]).toBeGreaterThanOrEqual(longest / 2)
      expect(seen.delays[i]).toBeLessThanOrEqual(longest)
    }
  })

  it('waits at least as long as the peer asked', async () => {
    const seen = policy()
    const { run } = failing(new Failure(1 / 8, 15))
    await withRetry(seen, run, forever)
    expect(seen.delays).toEqual([15])
  })

  it('ends a long wait at once when the signal aborts', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const seen = policy({ onRetry: () => setImmediate(() => controller.abort(reason)) })
    const { run, calls } = failing(new Failure(1 / 8, 3_600_000))
    await expect(withRetry(seen, run, controller.signal)).rejects.toBe(reason)
    expect(calls()).toBe(1)
    await expect(withRetry(policy(), run, controller.signal)).rejects.toBe(reason)
    expect(calls()).toBe(1)
  })
})
