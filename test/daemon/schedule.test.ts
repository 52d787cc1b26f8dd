import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Timing } from '../../src/config/config.ts'
import { Schedule, type ScheduleParts } from '../../src/daemon/schedule.ts'
import type { ScheduleRun } from '../../src/store/schedules.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** The record of one schedule, as the store keeps it. */
class Runs {
  readonly rows: ScheduleRun[] = []
  start(schedule: string): number {
    return this.#add(schedule, 'running', '')
  }
  end(id: number, outcome: ScheduleRun['outcome'], detail: string): void {
    this.rows[id] = { ...this.rows[id]!, endedAtMs: Date.now(), outcome, detail }
  }
  skipped(schedule: string, detail: string): void {
    this.#add(schedule, 'skipped', detail)
  }
  last(): ScheduleRun | undefined {
    return this.rows.findLast(({ outcome }) => outcome !== 'skipped')
  }
  recent(_: string, limit: number): ScheduleRun[] {
    return this.rows.toReversed().slice(0, limit)
  }
  told(): string[] {
    return this.rows.map(({ startedAtMs, outcome, detail }) => {
      return `${new Date(startedAtMs).toISOString().slice(0, 16)} ${outcome}${detail === '' ? '' : `: ${detail}`}`
    })
  }
  #add(schedule: string, outcome: ScheduleRun['outcome'], detail: string): number {
    const id = this.rows.length
    this.rows.push({ id, schedule, startedAtMs: Date.now(), endedAtMs: undefined, outcome, detail })
    return id
  }
}

let record: Runs
const never = new AbortController().signal
const aborted = AbortSignal.abort(new Error('stopped'))
const every = (everyMs: number): Timing => ({ kind: 'every', everyMs })
const berlin = (cron: string): Timing => ({ kind: 'cron', cron, timeZone: 'Europe/Berlin' })

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2025-06-01T12:00:00Z') })
  record = new Runs()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

function schedule(timing: Timing, parts: Partial<ScheduleParts> = {}): Schedule {
  const onFailed = (error: unknown): void => {
    throw error
  }
  return new Schedule({ name: 's', timing, task: async () => '', record, onFailed, ...parts })
}

/** A task that goes on until it is told to end, or aborted. */
function gate(): { task: ScheduleParts['task']; end: () => void } {
  let end = (): void => undefined
  const task: ScheduleParts['task'] = (signal) =>
    new Promise((resolve, reject) => {
      end = () => resolve('ended')
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    })
  return { task, end: () => end() }
}

async function runFrom(from: string, until: string, timing: Timing): Promise<string[]> {
  vi.setSystemTime(new Date(from))
  const job = schedule(timing)
  job.start()
  await vi.advanceTimersByTimeAsync(Date.parse(until) - Date.parse(from))
  await job.stop(never)
  return record.told()
}

describe('a fixed period', () => {
  test('runs at once the first time, then in its rhythm', async () => {
    expect(await runFrom('2025-06-01T12:00:00Z', '2025-06-01T12:31:00Z', every(15 * MINUTE_MS))).toEqual([
      '2025-06-01T12:00 done',
      '2025-06-01T12:15 done',
      '2025-06-01T12:30 done',
    ])
  })

  test('a restart goes on in the rhythm of the last run', async () => {
    await runFrom('2025-06-01T12:00:00Z', '2025-06-01T12:01:00Z', every(15 * MINUTE_MS))
    await runFrom('2025-06-01T12:05:00Z', '2025-06-01T12:07:00Z', every(15 * MINUTE_MS))
    await runFrom('2025-06-01T12:14:00Z', '2025-06-01T12:16:00Z', every(15 * MINUTE_MS))
    await runFrom('2025-06-01T14:00:00Z', '2025-06-01T14:01:00Z', every(15 * MINUTE_MS))
    expect(record.told()).toEqual(['2025-06-01T12:00 done', '2025-06-01T12:15 done', '2025-06-01T14:00 done'])
  })

  test('a run that was cut off is carried on at once', async () => {
    const { task } = gate()
    const job = schedule(every(HOUR_MS), { task })
    job.start()
    await job.stop(aborted)
    expect(record.told()).toEqual(['2025-06-01T12:00 interrupted: stopped'])
    const next = schedule(every(HOUR_MS))
    next.start()
    await next.stop(never)
    expect(record.rows.map(({ outcome }) => outcome)).toEqual(['interrupted', 'done'])
  })

  test('whatever the restarts, a run begins no earlier than a period after the last, and no later when something runs', async () => {
    const stays = fc.array(fc.record({ upMs: fc.nat(3 * HOUR_MS), downMs: fc.nat(2 * HOUR_MS) }), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(stays, async (lives) => {
        record = new Runs()
        for (const { upMs, downMs } of lives) {
          const job = schedule(every(HOUR_MS))
          const overdue = Date.now() - (record.last()?.startedAtMs ?? -Infinity) >= HOUR_MS
          const before = record.rows.length
          job.start()
          expect(record.rows.length - before).toBe(overdue ? 1 : 0)
          await vi.advanceTimersByTimeAsync(upMs)
          expect(Date.now() - record.last()!.startedAtMs).toBeLessThanOrEqual(HOUR_MS)
          await job.stop(never)
          await vi.advanceTimersByTimeAsync(downMs)
        }
        for (const [i, row] of record.rows.entries()) {
          if (i > 0) expect(row.startedAtMs - record.rows[i - 1]!.startedAtMs).toBeGreaterThanOrEqual(HOUR_MS)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('a clock set back puts the next run no further away than a period', async () => {
    const job = schedule(every(HOUR_MS))
    job.start()
    vi.setSystemTime(Date.now() - 24 * HOUR_MS)
    await vi.advanceTimersByTimeAsync(HOUR_MS + MINUTE_MS)
    await job.stop(never)
    expect(record.rows).toHaveLength(2)
    expect(schedule(every(HOUR_MS)).state().nextAtMs).toBeUndefined()
    vi.setSystemTime(Date.now() - 24 * HOUR_MS)
    const next = schedule(every(HOUR_MS))
    next.start()
    expect(next.state().nextAtMs).toBe(Date.now() + HOUR_MS)
    await next.stop(never)
  })
})

describe('overlap', () => {
  test('a due time that finds the last run going is recorded as skipped and not made up for', async () => {
    const { task, end } = gate()
    const job = schedule(every(15 * MINUTE_MS), { task })
    job.start()
    await vi.advanceTimersByTimeAsync(40 * MINUTE_MS)
    expect(job.state()).toMatchObject({ running: true, skipped: 2 })
    end()
    await vi.advanceTimersByTimeAsync(MINUTE_MS)
    expect(job.state()).toMatchObject({ running: false, lastOutcome: 'done: ended' })
    await vi.advanceTimersByTimeAsync(5 * MINUTE_MS)
    expect(job.state()).toMatchObject({ running: true })
    end()
    await job.stop(never)
    expect(record.told()).toEqual([
      '2025-06-01T12:00 done: ended',
      '2025-06-01T12:15 skipped: due at 2025-06-01T12:15:00.000Z, but the run before it was still going',
      '2025-06-01T12:30 skipped: due at 2025-06-01T12:30:00.000Z, but the run before it was still going',
      '2025-06-01T12:45 done: ended',
    ])
  })

  test('runNow waits for the run that is going on; those who wait share one run', async () => {
    const { task, end } = gate()
    const job = schedule(every(HOUR_MS), { task })
    job.start()
    const asked = [job.runNow(), job.runNow()]
    await vi.advanceTimersByTimeAsync(MINUTE_MS)
    expect(record.rows).toHaveLength(1)
    end()
    await vi.advanceTimersByTimeAsync(MINUTE_MS)
    expect(record.rows).toHaveLength(2)
    end()
    expect(await Promise.all(asked)).toEqual(['done', 'done'])
    expect(record.rows).toHaveLength(2)
    await job.stop(never)
  })

  test('the period counts from a run that was asked for', async () => {
    const job = schedule(every(HOUR_MS))
    job.start()
    await vi.advanceTimersByTimeAsync(30 * MINUTE_MS)
    expect(await job.runNow()).toBe('done')
    expect(job.state().nextAtMs).toBe(Date.now() + HOUR_MS)
    await job.stop(never)
  })

  test('without start it runs only when asked', async () => {
    const job = schedule(every(HOUR_MS))
    expect(await job.runNow()).toBe('done')
    expect(job.state().nextAtMs).toBeUndefined()
  })
})

describe('stopping', () => {
  test('waits for the run that is going on, and begins no other', async () => {
    const { task, end } = gate()
    const job = schedule(every(15 * MINUTE_MS), { task })
    job.start()
    const asked = job.runNow()
    const stopped = job.stop(never)
    end()
    await stopped
    expect(await asked).toBe('interrupted')
    expect(await job.runNow()).toBe('interrupted')
    expect(record.told()).toEqual(['2025-06-01T12:00 done: ended'])
  })

  test('an abort in the middle of it ends the run', async () => {
    const { task } = gate()
    const job = schedule(every(15 * MINUTE_MS), { task })
    job.start()
    const second = new AbortController()
    const stopped = job.stop(second.signal)
    second.abort(new Error('now'))
    await stopped
    expect(record.told()).toEqual(['2025-06-01T12:00 interrupted: now'])
  })
})

describe('failures', () => {
  test('are told and recorded; the next run comes', async () => {
    const failures: unknown[] = []
    const failing = new Error('historian away')
    const job = schedule(every(HOUR_MS), {
      task: () => Promise.reject(failing),
      onFailed: (error) => failures.push(error),
    })
    job.start()
    await vi.advanceTimersByTimeAsync(HOUR_MS)
    expect(job.state().lastOutcome).toBe('failed: historian away')
    await job.stop(never)
    expect(failures).toEqual([failing, failing])
    expect(record.rows.map(({ outcome }) => outcome)).toEqual(['failed', 'failed'])
  })

  test('a record that cannot be written is told; nothing runs unrecorded', async () => {
    const failures: unknown[] = []
    const full = new Error('disk full')
    const task = vi.fn(async () => '')
    record.start = () => {
      throw full
    }
    const job = schedule(every(HOUR_MS), { task, onFailed: (error) => failures.push(error) })
    job.start()
    await job.stop(never)
    expect(failures).toEqual([full])
    expect(task).not.toHaveBeenCalled()
  })

  test('stopping from the failure leaves nothing behind', async () => {
    record.skipped = () => {
      throw new Error('lease lost')
    }
    const { task, end } = gate()
    const job: Schedule = schedule(every(MINUTE_MS), { task, onFailed: () => void job.stop(never) })
    job.start()
    await vi.advanceTimersByTimeAsync(5 * MINUTE_MS)
    end()
    await job.stop(never)
    expect(record.rows).toHaveLength(1)
  })
})

describe('cron', () => {
  test('spring: a time that does not exist runs once, at the first that does', async () => {
    expect(await runFrom('2025-03-28T12:00:00Z', '2025-03-31T12:00:00Z', berlin('30 2 * * *'))).toEqual([
      '2025-03-29T01:30 done',
      '2025-03-30T01:00 done',
      '2025-03-31T00:30 done',
    ])
  })

  test('autumn: a time that exists twice runs once', async () => {
    expect(await runFrom('2025-10-25T12:00:00Z', '2025-10-27T12:00:00Z', berlin('30 2 * * *'))).toEqual([
      '2025-10-26T00:30 done',
      '2025-10-27T01:30 done',
    ])
  })

  test('a pattern of several times follows the clock', async () => {
    const pattern = berlin('0,30 2 * * *')
    expect(await runFrom('2025-03-29T12:00:00Z', '2025-03-30T12:00:00Z', pattern)).toEqual([])
    expect(await runFrom('2025-10-25T12:00:00Z', '2025-10-26T12:00:00Z', pattern)).toEqual([
      '2025-10-26T00:00 done',
      '2025-10-26T00:30 done',
      '2025-10-26T01:00 done',
      '2025-10-26T01:30 done',
    ])
  })

  test('the first start waits for the time', async () => {
    const job = schedule(berlin('0 2 * * *'))
    job.start()
    expect(job.state().nextAtMs).toBe(Date.parse('2025-06-02T00:00:00Z'))
    await job.stop(never)
    expect(record.rows).toEqual([])
  })

  test('a time missed while nothing ran is made up for within the hour, later recorded once as skipped', async () => {
    const nightly = berlin('0 2 * * *')
    await runFrom('2025-06-01T23:00:00Z', '2025-06-02T01:00:00Z', nightly)
    await runFrom('2025-06-03T00:59:00Z', '2025-06-03T02:00:00Z', nightly)
    await runFrom('2025-06-04T09:00:00Z', '2025-06-04T10:00:00Z', nightly)
    await runFrom('2025-06-04T11:00:00Z', '2025-06-05T03:00:00Z', nightly)
    expect(record.told()).toEqual([
      '2025-06-02T00:00 done',
      '2025-06-03T00:59 done',
      '2025-06-04T09:00 skipped: due at 2025-06-04T00:00:00.000Z, but nothing ran at that time',
      '2025-06-05T00:00 done',
    ])
  })

  test('a suspended machine: noticed on waking up, by the wall clock', async () => {
    const job = schedule(berlin('0 2 * * *'))
    job.start()
    vi.setSystemTime(new Date('2025-06-02T00:20:00Z'))
    await vi.advanceTimersByTimeAsync(MINUTE_MS)
    expect(record.told()).toEqual(['2025-06-02T00:20 done'])
    await job.stop(never)
  })
})
