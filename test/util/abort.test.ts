import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { abortable, following, sleep, together } from '../../src/util/abort.ts'

describe('together', () => {
  it('stops the others with the first error, and waits for them', async () => {
    const ended: string[] = []
    const waiting = async (signal: AbortSignal): Promise<void> => {
      await sleep(60_000, signal).finally(() => ended.push('other'))
    }
    const failing = async (): Promise<void> => {
      await sleep(5, new AbortController().signal)
      throw new Error('first')
    }
    await expect(together([waiting, failing, waiting], new AbortController().signal)).rejects.toThrow('first')
    expect(ended).toEqual(['other', 'other'])
  })

  it('resolves when all do, and rejects with the reason of the outer signal', async () => {
    await together([() => Promise.resolve()], new AbortController().signal)
    const outer = new AbortController()
    const all = together([(signal) => sleep(60_000, signal)], outer.signal)
    outer.abort(new Error('stop'))
    await expect(all).rejects.toThrow('stop')
  })
})

describe('following', () => {
  it('aborts with the first of the others, with its reason', () => {
    const [first, second] = [new AbortController(), new AbortController()]
    const { signal } = following([first.signal, second.signal])
    expect(signal.aborted).toBe(false)
    second.abort('second')
    first.abort('first')
    expect(signal.reason).toBe('second')
    expect(following([new AbortController().signal, first.signal]).signal.reason).toBe('first')
  })

  it('leaves nothing behind in what it followed', async () => {
    const longLived = new AbortController()
    const { signal, release } = following([longLived.signal])
    release()
    await together([() => Promise.resolve()], longLived.signal)
    expect(getEventListeners(longLived.signal, 'abort')).toEqual([])
    longLived.abort()
    expect(signal.aborted).toBe(false)
  })
})

describe('abortable', () => {
  it('rejects at once with the reason, and forgets the promise', async () => {
    const aborted = AbortSignal.abort(new Error('stop'))
    await expect(abortable(Promise.reject(new Error('later')), aborted)).rejects.toThrow('stop')
    const abort = new AbortController()
    const waiting = abortable(new Promise(() => undefined), abort.signal)
    abort.abort(new Error('stop'))
    await expect(waiting).rejects.toThrow('stop')
  })
})
