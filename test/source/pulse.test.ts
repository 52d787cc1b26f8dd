import { describe, expect, it } from 'vitest'
import { BanyanError, type ErrorCode } from '../../src/domain/errors.ts'
import { Pulse } from '../../src/source/pulse.ts'
import { openGate } from '../../src/source/source.ts'

const { signal } = new AbortController()

class Scene {
  nowMs = 0
  readonly pulse = new Pulse(() => this.nowMs)
  readonly gate = this.pulse.watch(openGate)

  /** Sent now; ends when told to. */
  send(): { answer: () => Promise<void>; fail: (error: unknown) => Promise<void> } {
    const settled = withResolvers()
    const sent = this.gate.run(1, () => settled.promise, signal).catch(() => undefined)
    return {
      answer: async () => {
        settled.resolve()
        await sent
      },
      fail: async (error) => {
        settled.reject(error)
        await sent
      },
    }
  }
}

function withResolvers() {
  let resolve!: () => void
  let reject!: (error: unknown) => void
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

const error = (code: ErrorCode): BanyanError => new BanyanError(code, 'injected')

describe('the pulse of a historian', () => {
  it('tells since when nobody was answered: from when the first was sent, whether it hangs or has failed', async () => {
    const scene = new Scene()
    expect(scene.pulse.unansweredSinceMs).toBeUndefined()
    scene.nowMs = 10
    const first = scene.send()
    expect(scene.pulse.unansweredSinceMs).toBe(10)
    scene.nowMs = 20
    await first.fail(error('BANYAN_SOURCE_THROTTLED'))
    scene.nowMs = 30
    await scene.send().fail(error('BANYAN_SOURCE_UNAVAILABLE'))
    expect(scene.pulse.unansweredSinceMs).toBe(10)
  })

  it('begins anew with every answer; what was sent before is given its time anew', async () => {
    const scene = new Scene()
    const [slow, fast] = [scene.send(), scene.send()]
    scene.nowMs = 50
    await fast.answer()
    expect(scene.pulse.unansweredSinceMs).toBe(50)
    await slow.answer()
    expect(scene.pulse.unansweredSinceMs).toBeUndefined()
  })

  it.each<ErrorCode>(['BANYAN_SOURCE_FORBIDDEN', 'BANYAN_SOURCE_NOT_FOUND', 'BANYAN_SOURCE_PROTOCOL'])(
    'takes %s for an answer',
    async (code) => {
      const scene = new Scene()
      await scene.send().fail(error('BANYAN_SOURCE_UNAVAILABLE'))
      await scene.send().fail(error(code))
      expect(scene.pulse.unansweredSinceMs).toBeUndefined()
    },
  )

  it('learns nothing from a request that was broken off', async () => {
    const scene = new Scene()
    await scene.send().fail(new Error('stopped'))
    expect(scene.pulse.unansweredSinceMs).toBeUndefined()
    scene.nowMs = 5
    await scene.send().fail(error('BANYAN_SOURCE_UNAVAILABLE'))
    await scene.send().fail(new Error('stopped'))
    expect(scene.pulse.unansweredSinceMs).toBe(5)
  })

  it('hears nothing of a request that waits for its turn', () => {
    const { pulse } = new Scene()
    const never = pulse.watch({ run: () => new Promise(() => undefined) })
    void never.run(1, () => Promise.resolve(), signal)
    expect(pulse.unansweredSinceMs).toBeUndefined()
  })
})
