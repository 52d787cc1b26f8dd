/** The store is locked by a stranger; the disk under store or log is full, then has room again. */
import Database from 'better-sqlite3'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MINUTE_MS } from '../../harness/sync-site.ts'
import { afterRounds, endsWell, BAD_DAY, limitFiles, liveOn, openRunning, warnings } from './bad-day.ts'

describe.concurrent('the store', BAD_DAY, () => {
  it('that a stranger has locked: samples are copied on, and it recovers by itself', async (context) => {
    const site = await openRunning(context)
    const stranger = new Database(join(site.bench.folder, 'banyan.db'))
    stranger.exec('BEGIN IMMEDIATE')
    await site.daemon.unready('store-down')
    const before = (await site.bench.readLog()).length
    await liveOn(site, 10 * MINUTE_MS)
    await afterRounds(site, 3)
    const copied = (await site.bench.readLog()).length - before
    stranger.exec('ROLLBACK')
    stranger.close()
    expect(copied).toBeGreaterThan(0)
    await endsWell(site)
    expect(warnings(site)).toContain('the store cannot be written; copying goes on')
  })
})

describe.concurrent('a full disk', BAD_DAY, () => {
  it('under store and log: nothing acknowledged is lost, and it recovers by itself', async (context) => {
    const site = await openRunning(context)
    limitFiles(site, 4096)
    await site.daemon.unready('store-down')
    site.plant.step(5 * MINUTE_MS)
    await site.daemon.unready('log-down')
    await site.liveAlone(10 * MINUTE_MS)
    limitFiles(site, 'unlimited')
    await endsWell(site)
  })
})
