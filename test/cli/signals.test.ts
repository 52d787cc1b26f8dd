import type { ChildProcess } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { startSimulator } from '../harness/simulator.ts'
import { banyan, siteFolder, temporaryFolder } from './run.ts'

const MINUTE_MS = 60_000
/** Several runs of the command each, on a machine that may be busy. */
const TEST_TIMEOUT_MS = 240_000

/** A historian so slow that a backfill is certainly under way when the first request for samples arrives. */
async function slowSite() {
  const { simulator, url } = await startSimulator({ scenario: 'conformance', switches: { latencyMs: 20 } })
  simulator.historian.clock.advance(MINUTE_MS)
  const cwd = siteFolder(url, { piWebApi: ['pageSize: 20', 'limits: { concurrency: 2 }'] })
  const whenReading = (act: () => void): void => {
    const stop = simulator.observe(({ segments }) => {
      if (!segments.includes('recorded') && !segments.includes('batch')) return
      stop()
      act()
    })
  }
  return { simulator, cwd, whenReading }
}

describe('a backfill that is stopped', { timeout: TEST_TIMEOUT_MS }, () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s ends at a safe place with %i, and the next run completes it', async (signal, expected) => {
    const { simulator, cwd, whenReading } = await slowSite()
    let child: ChildProcess | undefined
    whenReading(() => child?.kill(signal))
    const { code, stdout, stderr } = await banyan(['backfill', '--json'], {
      cwd,
      onStart: (started) => (child = started),
    })
    expect([code, stdout]).toEqual([expected, ''])
    expect(stderr).toMatch(/Stopping at the next safe place/)
    expect(stderr).toMatch(/The same command goes on where this one stopped/)

    simulator.changeSwitches({ latencyMs: 0 })
    const jobs = JSON.parse((await banyan(['jobs', '--json'], { cwd })).stdout) as { jobs: { state: string }[] }
    expect(jobs.jobs).toMatchObject([{ state: 'interrupted' }])
    const rest = JSON.parse((await banyan(['backfill', '--json'], { cwd })).stdout) as Record<string, unknown>
    expect(rest).toMatchObject({ job: 1, state: 'done', recordsInLog: [...simulator.truth()].length })
  })

  test('twice ends at once; what is there is completed by the next run', async () => {
    const { simulator, cwd, whenReading } = await slowSite()
    let child: ChildProcess | undefined
    whenReading(() => {
      // No answer will come: only the second signal can end it soon.
      simulator.changeSwitches({ latencyMs: 3_600_000 })
      child?.kill('SIGINT')
    })
    let askedAgain = false
    const { code } = await banyan(['backfill'], {
      cwd,
      onStart: (started) => (child = started),
      onOutput: (running, text) => {
        if (askedAgain || !text.includes('Stopping')) return
        askedAgain = true
        running.kill('SIGINT')
      },
    })
    expect(code).toBe(130)
    simulator.changeSwitches({ latencyMs: 0 })
    const rest = JSON.parse((await banyan(['backfill', '--json'], { cwd })).stdout) as Record<string, unknown>
    expect(rest).toMatchObject({ state: 'done', recordsInLog: [...simulator.truth()].length })
  })
})

describe('simulate', () => {
  test('answers until a signal, then exits 0', async () => {
    let answered: Promise<number> | undefined
    const { code, stdout } = await banyan(['simulate', '--scenario', 'empty', '--json'], {
      cwd: temporaryFolder(),
      onOutput: (child, text) => {
        if (answered !== undefined || !text.startsWith('{')) return
        const { url } = JSON.parse(text) as { url: string }
        answered = fetch(`${url}/system`).then(({ status }) => {
          child.kill('SIGTERM')
          return status
        })
      },
    })
    expect([code, await answered]).toEqual([0, 200])
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, dataServer: 'BANYANSIM', scenario: 'empty' })
  })
})
