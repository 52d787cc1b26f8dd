/**
 * A first start: the log is empty, the rule asks for history, and time goes on while the job reads it. Where the job
 * ended and where the live tail began must meet: a stretch between the two would be nobody's, for ever.
 */
import Database from 'better-sqlite3'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { MINUTE_MS, type SyncSite } from '../harness/sync-site.ts'
import { expectExact, LIMIT_MS, openSite } from './bad-days/bad-day.ts'

const LIVE_MS = 40 * MINUTE_MS
const STEP_MS = MINUTE_MS
const STEP_PAUSE_MS = 200

type Windows = readonly (readonly [from: string, until: string])[]

/** Windows by tag, from the checkpoints in the log itself. */
function coverageOf({ bench }: SyncSite): Map<string, Windows> {
  const db = new Database(bench.logFile, { readonly: true })
  try {
    const records = db.prepare<[], string>('SELECT record FROM checkpoints').pluck().all()
    const checkpoints = records.map((record) => JSON.parse(record) as { tag: string; covered: Windows })
    return new Map(checkpoints.map(({ tag, covered }) => [tag, covered]))
  } finally {
    db.close()
  }
}

async function answerOf<T>({ bench }: SyncSite, ...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await bench.run([...args, '--json', '--quiet'])
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout) as T
}

interface JobJson {
  readonly id: number
  readonly state: string
}

async function jobsOf(site: SyncSite): Promise<readonly JobJson[]> {
  return (await answerOf<{ jobs: readonly JobJson[] }>(site, 'jobs')).jobs
}

/** Plant time from the start of the process on, not so fast that the clock would seem to leap. */
async function live({ plant }: SyncSite): Promise<void> {
  for (let leftMs = LIVE_MS; leftMs > 0; leftMs -= STEP_MS) {
    plant.step(STEP_MS)
    await sleep(STEP_PAUSE_MS)
  }
}

it('leaves no stretch between the backfill and the tail', { timeout: LIMIT_MS }, async (context) => {
  const site = await openSite(context)
  site.edit('pageSize: 500', 'pageSize: 20')
  site.simulator.changeSwitches({ latencyMs: 100 })
  // This one looks at the clock before the tail has begun anywhere. The one of the rule, which would come later and
  // see more, is not to hide what it leaves.
  const { job } = await answerOf<{ job: number }>(site, 'backfill', '--detach')
  site.startDaemon()
  const living = live(site)
  await site.daemon.until('asked for a second job', async () => {
    const rest = (await jobsOf(site)).filter(({ id }) => id !== job)
    for (const { id } of rest) await answerOf(site, 'jobs', 'cancel', String(id))
    return rest.length > 0
  })
  await living
  site.simulator.changeSwitches({ latencyMs: 0 })
  await site.daemon.until('done with its jobs', async () => {
    return (await jobsOf(site)).every(({ state }) => state === 'done' || state === 'cancelled')
  })
  await site.complete()
  expect(await site.daemon.stop()).toMatchObject({ code: 0 })

  const { tags } = await answerOf<{ tags: readonly { id: string; future: boolean }[] }>(site, 'tags')
  const coverage = coverageOf(site)
  const past = tags.filter(({ future }) => !future)
  expect(past.length).toBeGreaterThan(0)
  for (const { id } of past) {
    expect(coverage.get(id), id).toEqual([['1970-01-01T00:00:00.0000000Z', expect.any(String)]])
  }
  await expectExact(site)
})
