/**
 * A first start: the log is empty, the rule asks for history, and time goes on while the job reads it. Where the job
 * ended and where the live tail began must meet: a stretch between the two would be nobody's, for ever.
 */
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { MINUTE_MS, type SyncSite } from '../harness/sync-site.ts'
import { expectExact, LIMIT_MS, liveOn, openSite } from './bad-days/bad-day.ts'

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

async function answerOf<T>({ bench }: SyncSite, command: string): Promise<T> {
  const { code, stdout, stderr } = await bench.run([command, '--json', '--quiet'])
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout) as T
}

it('leaves no stretch between the backfill and the tail', { timeout: LIMIT_MS }, async (context) => {
  const site = await openSite(context)
  // Several rounds of the tail go by while the job reads.
  site.edit('pageSize: 500', 'pageSize: 20')
  site.simulator.changeSwitches({ latencyMs: 100 })
  site.startDaemon()
  await site.daemon.alive()
  await liveOn(site, 20 * MINUTE_MS)
  site.simulator.changeSwitches({ latencyMs: 0 })
  await site.daemon.until('done with its jobs', async () => {
    const { jobs } = await answerOf<{ jobs: readonly { state: string }[] }>(site, 'jobs')
    return jobs.length > 0 && jobs.every(({ state }) => state === 'done')
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
