/** The process sleeps, as in a laptop whose lid is closed, for longer than its lease lasts without a sign of life. */
import Database from 'better-sqlite3'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { LEASE_STALE_MS } from '../../../src/store/lease.ts'
import { Daemon, freeAddress } from '../../harness/daemon.ts'
import { MINUTE_MS, type SyncSite } from '../../harness/sync-site.ts'
import { endsWell, BAD_DAY, openRunning } from './bad-day.ts'

/** A heartbeat may have been given just before. */
const ASLEEP_MS = LEASE_STALE_MS + 1_000
/** A write takes less. */
const AWAKE_MS = 100

/** The plant goes on meanwhile. */
async function fallAsleep(site: SyncSite): Promise<void> {
  site.daemon.signal('SIGSTOP')
  // Stopped in the middle of a write it would keep the file locked, and nobody could take its place.
  while (isLocked(join(site.bench.folder, 'banyan.db')) || isLocked(site.bench.logFile)) {
    site.daemon.signal('SIGCONT')
    await sleep(AWAKE_MS)
    site.daemon.signal('SIGSTOP')
  }
  site.plant.step(10 * MINUTE_MS)
  await sleep(ASLEEP_MS)
}

function isLocked(file: string): boolean {
  const db = new Database(file, { timeout: 0 })
  try {
    db.exec('BEGIN IMMEDIATE; ROLLBACK')
    return false
  } catch {
    return true
  } finally {
    db.close()
  }
}

describe.concurrent('a daemon that was suspended', BAD_DAY, () => {
  it('goes on where it was, when nobody took its place', async (context) => {
    const site = await openRunning(context)
    const { epoch } = await site.daemon.status()
    await fallAsleep(site)
    site.daemon.signal('SIGCONT')
    await site.complete()
    expect(await site.daemon.status()).toMatchObject({ epoch })
    await endsWell(site)
  })

  it('ends with 6 and writes nothing more, when another did', async (context) => {
    const site = await openRunning(context)
    const { daemon } = site
    await fallAsleep(site)
    const elsewhere = await freeAddress()
    site.edit(site.listen, elsewhere)
    const rival = Daemon.start(site.bench, elsewhere)
    context.onTestFinished(async () => {
      await rival.kill()
    })
    await rival.ready()
    await site.complete()
    expect(await rival.stop()).toMatchObject({ code: 0 })

    // There is something to write, and nobody holds the lease.
    site.plant.step(10 * MINUTE_MS)
    const before = await site.bench.readLog()
    daemon.signal('SIGCONT')
    const { code, stderr } = await daemon.ended
    expect(code, stderr).toBe(6)
    expect(stderr).toMatch(/lease of the store .* was (released|taken over)/)
    expect(await site.bench.readLog()).toEqual(before)

    site.edit(elsewhere, site.listen)
    site.startDaemon()
    await endsWell(site)
  })
})
