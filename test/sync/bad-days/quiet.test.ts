/** A good day: nothing is worth a warning, and where nothing happens nothing is written. */
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { HOUR_MS, type SyncSite } from '../../harness/sync-site.ts'
import { afterRounds, endsWell, BAD_DAY, liveOn, openRunning, warningLines } from './bad-day.ts'

/** Everything the log file holds. */
function contentOf({ bench }: SyncSite): unknown {
  const db = new Database(bench.logFile, { readonly: true })
  try {
    const samples = db.prepare('SELECT partition, count(*), max(offset) FROM samples GROUP BY partition').raw().all()
    const checkpoints = db.prepare('SELECT key, record FROM checkpoints ORDER BY key').raw().all()
    return { samples, checkpoints }
  } finally {
    db.close()
  }
}

it('a happy hour: every sample, no warning, and idle rounds append nothing', BAD_DAY, async (context) => {
  const site = await openRunning(context)
  await liveOn(site, HOUR_MS)
  await site.complete()
  await site.sweptOnce()
  const before = contentOf(site)
  await afterRounds(site, 5)
  await site.sweptOnce()
  expect(contentOf(site)).toEqual(before)
  await endsWell(site)
  expect(warningLines(site.daemon.logged)).toEqual([])
  expect(site.daemon.outcome.stderr).not.toMatch(/Error|Warning/)
})
