import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LogWatch } from '../../src/daemon/log-watch.ts'
import { BanyanError } from '../../src/domain/errors.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { LogFinding } from '../../src/log/log.ts'
import { MemoryLog } from '../harness/memory-log.ts'

const PLAN = { oldest: ticks(0n), newest: ticks(1n) }
const MISSING: LogFinding = { name: 'topics', ok: false, detail: 'missing: historian.samples', missing: true }
const COMPACTED: LogFinding = { name: 'samples.cleanup.policy', ok: false, detail: 'compact', hint: 'set it to delete' }
const HOUR_MS = 3_600_000

/** A log whose next looks go as told; when nothing is left to tell, it is there and well. */
class ToldLog extends MemoryLog {
  readonly ends: (BanyanError | 'well')[] = []
  readonly findings: LogFinding[] = []

  override end(): ReturnType<MemoryLog['end']> {
    const told = this.ends.shift()
    return told instanceof BanyanError ? Promise.reject(told) : super.end()
  }

  override preflight(): Promise<never> {
    return Promise.resolve(this.findings.splice(0, 1) as never)
  }
}

const noTopic = (): BanyanError => new BanyanError('BANYAN_LOG_UNAVAILABLE', 'topic does not exist')
const away = (): BanyanError => new BanyanError('BANYAN_LOG_UNAVAILABLE', 'no broker', { retryable: true })

let stop: AbortController
beforeEach(() => {
  vi.useFakeTimers()
  stop = new AbortController()
})
afterEach(() => {
  stop.abort()
  vi.useRealTimers()
})

/** What it has come to after an hour of watching. */
async function watched(log: ToldLog): Promise<{ error: unknown; trouble: string | undefined }> {
  const watch = new LogWatch(log, { trouble: () => undefined }, PLAN)
  let error: unknown
  watch.run(stop.signal).catch((reason: unknown) => (error = reason))
  await vi.advanceTimersByTimeAsync(HOUR_MS)
  return { error, trouble: watch.trouble()?.code }
}

test('a log that is missing look after look is gone: that is for a person', async () => {
  const log = new ToldLog()
  log.ends.push(noTopic())
  log.findings.push(MISSING, MISSING)
  const { error } = await watched(log)
  expect(error).toMatchObject({
    code: 'BANYAN_LOG_UNSAFE',
    message: expect.stringContaining('historian.samples') as string,
    hint: expect.stringContaining('banyan store rebuild') as string,
  })
})

test('a broker that has just started may not know its topics yet', async () => {
  const log = new ToldLog()
  log.ends.push(noTopic(), noTopic(), 'well', noTopic(), noTopic())
  expect(await watched(log)).toEqual({ error: undefined, trouble: undefined })
})

test('a log that is away is waited for', async () => {
  const log = new ToldLog()
  log.ends.push(...Array.from({ length: 2_000 }, away))
  expect(await watched(log)).toEqual({ error: undefined, trouble: 'BANYAN_LOG_UNAVAILABLE' })
})

test('a log that is away and comes back unsafe is refused with what mends it', async () => {
  const log = new ToldLog()
  log.ends.push(away(), away(), away(), away())
  log.findings.push(COMPACTED)
  expect((await watched(log)).error).toMatchObject({ code: 'BANYAN_LOG_UNSAFE', hint: 'set it to delete' })
})
