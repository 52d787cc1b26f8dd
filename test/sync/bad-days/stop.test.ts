/** Asked to stop in the middle of heavy work: nothing is lost, nothing is done twice, and it does not take long. */
import { describe, expect, it } from 'vitest'
import { HOUR_MS, MINUTE_MS } from '../../harness/sync-site.ts'
import { endsWell, BAD_DAY, liveOn, openRunning, openSite, whenAsked } from './bad-day.ts'

describe.concurrent('a signal', BAD_DAY, () => {
  it.for([['SIGTERM'], ['SIGINT']] as const)(
    '%s during a heavy backfill: exit 0, and the next start goes on',
    async ([signal], context) => {
      const site = await openSite(context)
      site.plant.step(6 * HOUR_MS)
      site.edit('pageSize: 500', 'pageSize: 20')
      site.simulator.changeSwitches({ latencyMs: 50 })
      const daemon = site.startDaemon()
      await whenAsked(site, 60)
      expect(await daemon.stop(signal)).toMatchObject({ code: 0, signal: null, stdout: '' })
      const { comparison } = await site.compare()
      expect(comparison).toMatchObject({ extra: 0 })
      expect(comparison.missing).toBeGreaterThan(0)
      site.simulator.changeSwitches({ latencyMs: 0 })
      await site.startDaemon().ready()
      await site.complete()
      await endsWell(site)
    },
  )

  it('while it catches up: exit 0, and the next start reads the rest of the gap', async (context) => {
    const site = await openRunning(context)
    site.edit('pageSize: 500', 'pageSize: 5')
    expect(await site.daemon.stop()).toMatchObject({ code: 0 })
    site.plant.step(6 * HOUR_MS)
    site.simulator.changeSwitches({ latencyMs: 20 })
    const daemon = site.startDaemon()
    await daemon.until('catching up', async () => ((await daemon.status()).historians[0]?.catchingUp ?? 0) > 0)
    expect(await daemon.stop()).toMatchObject({ code: 0 })
    const { truth, comparison } = await site.compare()
    expect(truth.violations).toEqual([])
    expect(comparison.missing).toBeGreaterThan(0)
    site.simulator.changeSwitches({ latencyMs: 0 })
    await site.startDaemon().ready()
    await site.complete()
    await endsWell(site)
  })

  it('sent twice ends it at once with 143; the next start goes on', async (context) => {
    const site = await openRunning(context)
    await liveOn(site, 10 * MINUTE_MS)
    // The round under way is finished first, which takes longer than anybody waits here.
    site.simulator.changeSwitches({ latencyMs: 20_000 })
    await whenAsked(site, 1)
    site.daemon.signal('SIGTERM')
    await site.daemon.unready('draining')
    site.daemon.signal('SIGTERM')
    expect(await site.daemon.ended).toMatchObject({ code: 143 })
    site.simulator.changeSwitches({ latencyMs: 0 })
    site.startDaemon()
    await endsWell(site)
  })
})
