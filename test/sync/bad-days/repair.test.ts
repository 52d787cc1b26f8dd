/** Changes of history that are only to be reported, and syncing from a scheduler instead of by a daemon. */
import { describe, expect, it } from 'vitest'
import { HOUR_MS, MINUTE_MS, SYNC, type SyncSite } from '../../harness/sync-site.ts'
import { endsWell, expectExact, BAD_DAY, openRunning, openSite } from './bad-day.ts'

async function findingsOf({ bench }: SyncSite): Promise<number> {
  const { stdout } = await bench.run(['status', '--json', '--quiet'])
  return (JSON.parse(stdout) as { findings: { cells: number } }).findings.cells
}

interface OnceJson {
  readonly samples: number
  readonly revisions: { readonly deleted: number }
  readonly findings: number
}

/** As a scheduler runs it; answers the exit code and the report. */
async function once(site: SyncSite, ...flags: string[]): Promise<readonly [number | null, OnceJson]> {
  const { code, stdout } = await site.bench.run(['sync', '--once', '--json', '--quiet', ...flags])
  return [code, JSON.parse(stdout) as OnceJson]
}

describe.concurrent('changes of history', BAD_DAY, () => {
  it('are shown and left alone with `repair: report`, and repaired once that is wanted', async (context) => {
    const site = await openRunning(context, { sync: [...SYNC, 'repair: report'] })
    const { historian } = site.simulator
    const before = await site.bench.readLog()
    const { id, archive } = historian.point('FLOAT64.002')
    historian.edit(id, archive.ticksAt(3), 0, 12_345)
    await site.daemon.until('told of a difference', async () => (await findingsOf(site)) > 0)
    await site.sweptOnce()
    expect(await findingsOf(site)).toBe(1)
    expect(await site.bench.readLog()).toEqual(before)
    expect(await site.daemon.readiness()).toMatchObject({ isReady: true })

    site.edit('repair: report', 'repair: auto')
    site.daemon.signal('SIGHUP')
    const truth = await site.complete()
    expect(truth.counts).toMatchObject({ edited: 1 })
    await site.sweptOnce()
    expect(await findingsOf(site)).toBe(0)
    await endsWell(site)
  })

  it('are followed by `sync --once` from a scheduler, again and again', async (context) => {
    const site = await openSite(context)
    await site.backfill()
    for (let run = 0; run < 4; run++) {
      const [code, { samples }] = await once(site)
      expect(code).toBe(0)
      expect(samples > 0).toBe(run > 0)
      site.plant.step(30 * MINUTE_MS)
    }
    site.plant.jump(2 * MINUTE_MS)
    expect((await once(site))[0]).toBe(0)
    const truth = await expectExact(site)
    expect(truth.counts.late + truth.counts.edited).toBeGreaterThan(0)
    // Nothing has happened since.
    const before = await site.bench.readLog()
    expect(await once(site)).toMatchObject([0, { samples: 0 }])
    expect(await site.bench.readLog()).toEqual(before)
  })

  it('that look like a loss are believed when a person says that they were meant', async (context) => {
    const site = await openSite(context)
    site.plant.step(4 * HOUR_MS)
    site.plant.jump(2 * MINUTE_MS)
    await site.backfill()
    expect((await once(site))[0]).toBe(0)
    const { historian } = site.simulator
    const { id, archive } = historian.point('INT32.003')
    while (archive.length > 0) historian.delete(id, archive.ticksAt(0), 0)
    const [code, refused] = await once(site)
    expect(code).toBe(4)
    expect(refused).toMatchObject({ revisions: { deleted: 0 }, failures: [{ name: 'INT32.003' }] })
    const [accepted, { revisions }] = await once(site, '--accept-deletions')
    expect(accepted).toBe(0)
    expect(revisions.deleted).toBeGreaterThan(100)
    expect(await once(site)).toMatchObject([0, { revisions: { deleted: 0 } }])
    await expectExact(site)
  })
})
