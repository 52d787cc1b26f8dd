/** Two who want to write: a second daemon leaves, a backfill lets the daemon do it. Jobs are steered while they run. */
import { describe, expect, it, type TestContext } from 'vitest'
import { type SyncSite } from '../../harness/sync-site.ts'
import { endsWell, BAD_DAY, openRunning, openSite } from './bad-day.ts'

interface JobJson {
  readonly id: number
  readonly state: string
  readonly samples: number
}

async function answerOf<T>({ bench }: SyncSite, ...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await bench.run([...args, '--json', '--quiet'])
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout) as T
}

/** Newest first. */
async function jobsOf(site: SyncSite): Promise<readonly JobJson[]> {
  return (await answerOf<{ jobs: readonly JobJson[] }>(site, 'jobs')).jobs
}

async function newestJobIs(site: SyncSite, state: string): Promise<JobJson> {
  let newest: JobJson | undefined
  await site.daemon.until(`at a job that is ${state}`, async () => {
    ;[newest] = await jobsOf(site)
    return newest?.state === state
  })
  if (newest === undefined) throw new Error('there is no job')
  return newest
}

/** A daemon that has copied the newest hour; the hour before is left to who asks for it, and takes some seconds. */
async function openHalf(context: TestContext): Promise<SyncSite> {
  const site = await openSite(context)
  site.edit('from: 1970-01-01', 'from: 2026-01-01T01:00:00Z')
  site.edit('pageSize: 500', 'pageSize: 20')
  await site.startDaemon().ready()
  await newestJobIs(site, 'done')
  site.simulator.changeSwitches({ latencyMs: 200 })
  return site
}

const OLDER = ['--from', '1970-01-01']

describe.concurrent('beside a running daemon', BAD_DAY, () => {
  it('a second one ends at once with 6 and names the first, which is not disturbed', async (context) => {
    const site = await openRunning(context)
    const second = await site.bench.run(['sync', '--quiet'])
    expect(second).toMatchObject({ code: 6, stdout: '' })
    expect(second.stderr).toContain(`process ${String(site.daemon.pid)} `)
    const once = await site.bench.run(['sync', '--once', '--quiet'])
    expect(once).toMatchObject({ code: 6, stdout: '' })
    await endsWell(site)
  })

  it('a backfill is handed over to it, and followed to its end', async (context) => {
    const site = await openHalf(context)
    const report = await answerOf<JobJson>(site, 'backfill', ...OLDER)
    expect(report).toMatchObject({ state: 'done' })
    expect(report.samples).toBeGreaterThan(100)
    site.simulator.changeSwitches({ latencyMs: 0 })
    await site.complete()
    await endsWell(site)
  })

  it('a job is enqueued, paused, resumed, cancelled, and asked for again', async (context) => {
    const site = await openHalf(context)
    const { job } = await answerOf<{ job: number }>(site, 'backfill', '--detach', ...OLDER)
    expect(await newestJobIs(site, 'running')).toMatchObject({ id: job })
    await answerOf(site, 'jobs', 'pause', String(job))
    const paused = await newestJobIs(site, 'paused')
    expect(paused).toMatchObject({ id: job })
    // The daemon itself goes on, and the job stays where it is.
    await site.sweptOnce()
    expect(await jobsOf(site)).toMatchObject([{ id: job, state: 'paused', samples: paused.samples }, {}])

    await answerOf(site, 'jobs', 'resume', String(job))
    await newestJobIs(site, 'running')
    await answerOf(site, 'jobs', 'cancel', String(job))
    await newestJobIs(site, 'cancelled')
    site.simulator.changeSwitches({ latencyMs: 0 })
    expect(await answerOf<JobJson>(site, 'backfill', ...OLDER)).toMatchObject({ state: 'done' })
    expect((await jobsOf(site)).map(({ state }) => state)).toEqual(['done', 'cancelled', 'done'])
    await site.complete()
    await endsWell(site)
  })

  it('whoever follows a job is told when the daemon stops, and the next daemon goes on with it', async (context) => {
    const site = await openHalf(context)
    const follower = site.bench.start(['backfill', '--quiet', ...OLDER])
    await newestJobIs(site, 'running')
    expect(await site.daemon.stop()).toMatchObject({ code: 0 })
    const { code, stderr } = await follower.ended
    expect(code, stderr).toBe(6)
    expect(stderr).toContain('the job goes on when the daemon is started again')
    site.simulator.changeSwitches({ latencyMs: 0 })
    site.startDaemon()
    await newestJobIs(site, 'done')
    await site.complete()
    await endsWell(site)
  })
})
