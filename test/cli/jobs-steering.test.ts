/** `banyan jobs pause|resume|cancel` from one process, while another runs the backfill. */
import type { ChildProcess } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { startSimulator } from '../harness/simulator.ts'
import { banyan, siteFolder, type Outcome } from './run.ts'

const MINUTE_MS = 60_000
/** Several runs of the command each, on a machine that may be busy. */
const TEST_TIMEOUT_MS = 240_000

interface JobJson {
  readonly id: number
  readonly state: string
  readonly requested?: string
  readonly samples: number
}

/** A backfill under way at a slow historian, and a second terminal. */
async function running() {
  const { simulator, url } = await startSimulator({ scenario: 'conformance', switches: { latencyMs: 20 } })
  simulator.historian.clock.advance(MINUTE_MS)
  const cwd = siteFolder(url, { piWebApi: ['pageSize: 20', 'limits: { concurrency: 2 }'] })
  const jobs = async (...args: string[]): Promise<JobJson | undefined> => {
    const { code, stdout, stderr } = await banyan(['jobs', ...args, '--json'], { cwd })
    expect(code, stderr).toBe(0)
    return (JSON.parse(stdout) as { jobs: JobJson[] }).jobs[0]
  }
  let child: ChildProcess | undefined
  /** Resolves once the backfill has logged the phrase. */
  const phrases = new Map<string, () => void>()
  const logged = (phrase: string): Promise<void> =>
    new Promise((resolve) => {
      phrases.set(phrase, resolve)
    })
  const reading = new Promise<void>((resolve) => {
    const stop = simulator.observe(({ segments }) => {
      if (!segments.includes('recorded')) return
      stop()
      resolve()
    })
  })
  const ended: Promise<Outcome> = banyan(['backfill', '--json', '--log-level', 'info'], {
    cwd,
    onStart: (started) => (child = started),
    onOutput: (_child, text) => {
      for (const [phrase, resolve] of phrases) if (text.includes(phrase)) resolve()
    },
  })
  await reading
  const total = [...simulator.truth()].length
  /** The same command again, without the slowness: everything is in the log once. */
  const completes = async (...args: string[]): Promise<Record<string, unknown>> => {
    simulator.changeSwitches({ latencyMs: 0 })
    const { code, stdout, stderr } = await banyan(['backfill', '--json', ...args], { cwd })
    expect(code, stderr).toBe(0)
    const report = JSON.parse(stdout) as Record<string, unknown>
    expect(report).toMatchObject({ state: 'done', recordsInLog: total })
    return report
  }
  return {
    simulator,
    cwd,
    jobs,
    ended,
    logged,
    completes,
    total,
    kill: (signal: NodeJS.Signals) => child?.kill(signal),
  }
}

describe('a running backfill', { timeout: TEST_TIMEOUT_MS }, () => {
  test('pauses: the historian is left alone; resumes: it completes as the same job', async () => {
    const { simulator, jobs, ended, logged, total } = await running()
    const paused = logged('job paused')
    expect(await jobs('pause', '1')).toMatchObject({ id: 1, state: 'running', requested: 'pause' })
    await paused
    // What was on its way when the pause came may still arrive; after one more command it has.
    await jobs()
    const before = simulator.counters().requests
    expect(await jobs()).toMatchObject({ id: 1, state: 'running', requested: 'pause' })
    expect(simulator.counters().requests).toBe(before)

    const resumed = logged('job resumed')
    expect(await jobs('resume', '1')).not.toHaveProperty('requested')
    await resumed
    simulator.changeSwitches({ latencyMs: 0 })
    const { code, stdout, stderr } = await ended
    expect(code, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ job: 1, state: 'done', recordsInLog: total })
  })

  test('is cancelled: it stops with 4 and keeps what it copied; a new one completes', async () => {
    const { jobs, ended, completes, total } = await running()
    expect(await jobs('cancel', '1')).toMatchObject({ id: 1, requested: 'cancel' })
    const { code, stdout } = await ended
    expect(code).toBe(4)
    const cancelled = JSON.parse(stdout) as { samples: number }
    expect(cancelled).toMatchObject({ job: 1, state: 'cancelled', failures: [] })
    expect(cancelled.samples).toBeLessThan(total)
    expect(await jobs()).toMatchObject({ id: 1, state: 'cancelled' })
    expect(await completes()).toMatchObject({ job: 2, samples: total - cancelled.samples })
  })

  test('is interrupted while it pauses: it stays paused, until somebody resumes it', async () => {
    const { jobs, ended, logged, kill, completes } = await running()
    const paused = logged('job paused')
    await jobs('pause', '1')
    await paused
    kill('SIGINT')
    expect((await ended).code).toBe(130)
    expect(await jobs()).toMatchObject({ id: 1, state: 'paused' })
    expect(await jobs('resume', '1')).toMatchObject({ id: 1, state: 'queued' })
    expect(await completes('--job', '1')).toMatchObject({ job: 1 })
  })

  test('is killed while a cancel is on its way: the next run does not take it up', async () => {
    const { jobs, ended, logged, kill, completes } = await running()
    const paused = logged('job paused')
    await jobs('pause', '1')
    await paused
    kill('SIGSTOP')
    await jobs('cancel', '1')
    kill('SIGKILL')
    await ended
    expect(await completes()).toMatchObject({ job: 2 })
    const listed = await jobs()
    expect(listed).toMatchObject({ id: 2, state: 'done' })
  })
})

test('what makes no sense is refused with 2 and a next step', { timeout: TEST_TIMEOUT_MS }, async () => {
  const { simulator, url } = await startSimulator({ scenario: 'many-small', scale: 0.01 })
  simulator.historian.clock.advance(MINUTE_MS)
  const cwd = siteFolder(url)
  const told = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await banyan(['jobs', ...args], { cwd })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^Error: .*\nTry: .*\n$/)
    return stderr
  }
  expect(await told('pause', '1')).toContain('there is no job 1')
  expect((await banyan(['backfill'], { cwd })).code).toBe(0)
  expect(await told('pause', '1')).toContain('job 1 is already done')
  expect(await told('cancel', '7')).toContain('there is no job 7')
})
