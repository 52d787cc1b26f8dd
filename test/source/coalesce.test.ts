import { describe, expect, it } from 'vitest'
import { Coalescer, type Ask } from '../../src/source/coalesce.ts'

const LIMITS = { maxAsks: 3, maxRows: 100, waitMs: 1 }
const forever = new AbortController().signal

describe('Coalescer', () => {
  it('groups what arrives together, within both limits, and answers each alone', async () => {
    const groups: string[][] = []
    const queue = new Coalescer<string, string>(LIMITS, async (asks) => {
      groups.push(asks.map((ask) => ask.what))
      for (const ask of asks) {
        if (ask.what === 'bad') ask.reject(new Error('only me'))
        else ask.resolve(ask.what.toUpperCase())
      }
    })
    const answers = await Promise.allSettled([
      ...['a', 'b', 'bad', 'c'].map((what) => queue.ask(what, 10, forever)),
      queue.ask('wide', 95, forever),
      queue.ask('d', 10, forever),
    ])
    expect(groups).toEqual([['a', 'b', 'bad'], ['c'], ['wide'], ['d']])
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : 'failed'))).toEqual([
      'A',
      'B',
      'failed',
      'C',
      'WIDE',
      'D',
    ])
  })

  it('goes on for the others when one gives up, and stops when all have', async () => {
    const controllers = [new AbortController(), new AbortController()]
    const reason = new Error('enough')
    let pending: readonly Ask<number, string>[] = []
    let shared: AbortSignal | undefined
    const queue = new Coalescer<number, string>(LIMITS, (asks, signal) => {
      pending = asks
      shared = signal
      return new Promise(() => undefined)
    })
    const first = queue.ask(0, 1, controllers[0]!.signal)
    const second = queue.ask(1, 1, controllers[1]!.signal)
    await expect.poll(() => pending.length).toBe(2)

    controllers[0]!.abort(reason)
    await expect(first).rejects.toBe(reason)
    expect(shared?.aborted).toBe(false)
    controllers[1]!.abort(reason)
    await expect(second).rejects.toBe(reason)
    expect(shared?.aborted).toBe(true)
  })

  it('rejects what a failed sending left unanswered', async () => {
    const queue = new Coalescer<string, string>(LIMITS, async ([first]) => {
      first?.resolve('answered')
      throw new Error('lost')
    })
    const answers = await Promise.allSettled(['a', 'b'].map((what) => queue.ask(what, 1, forever)))
    expect(answers).toMatchObject([{ value: 'answered' }, { reason: { message: 'lost' } }])
  })

  it('refuses a caller that has given up already', async () => {
    const queue = new Coalescer<string, string>(LIMITS, async () => undefined)
    const reason = new Error('enough')
    await expect(queue.ask('a', 1, AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})
