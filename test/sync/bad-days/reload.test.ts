/** SIGHUP: what can take effect does, what cannot is refused as a whole with the reason, and no sample is missed. */
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { MINUTE_MS, type SyncSite } from '../../harness/sync-site.ts'
import { endsWell, BAD_DAY, liveOn, openRunning, openSite, warnings, whenAsked } from './bad-day.ts'

/** Answers what became of it, as the status tells. */
async function reload({ daemon }: SyncSite): Promise<string> {
  const before = (await daemon.status()).lastReload?.atMs
  daemon.signal('SIGHUP')
  let outcome = ''
  await daemon.until('told what became of the reload', async () => {
    const { lastReload } = await daemon.status()
    outcome = lastReload?.outcome ?? ''
    return lastReload !== undefined && lastReload.atMs !== before
  })
  return outcome
}

describe.concurrent('a reload', BAD_DAY, () => {
  it('takes up another pace and more tags, which get their history', async (context) => {
    const site = await openSite(context)
    site.edit('include: ["*"]', 'include: ["FLOAT*"]')
    await site.startDaemon().ready()
    await liveOn(site, 5 * MINUTE_MS)
    const few = (await site.daemon.status()).historians[0]?.tags ?? 0
    expect(few).toBeGreaterThan(0)
    expect(few).toBeLessThan(13)

    site.edit('include: ["FLOAT*"]', 'include: ["*"]')
    site.edit('interval: 1s', 'interval: 2s')
    expect(await reload(site)).toBe('applied: sync.interval, tags')
    await site.complete()
    expect(await site.daemon.status()).toMatchObject({ historians: [{ tags: 13 }] })
    await endsWell(site)
    expect(warnings(site)).toEqual([])
  })

  it.for([
    ['a file with a mistake', 'interval: 1s', 'interval: soon', /^refused: .*interval/s],
    ['a file that is no YAML', 'historians:', 'historians: [', /^refused: /],
    ['another log', './banyan-log.db', './other-log.db', /^refused: log is where this process is writing: restart/],
    ['another store, and something that could be', 'store: ./banyan.db', 'store: ./other.db', /^refused: store holds/],
    [
      'another historian',
      'dataServer: BANYANSIM',
      'dataServer: OTHER',
      /^refused: historians\.sim\.piWebApi\.dataServer/,
    ],
  ] as const)('refuses %s, and all stays as it was', async ([, from, to, outcome], context) => {
    const site = await openRunning(context)
    site.edit(from, to)
    expect(await reload(site)).toMatch(outcome)
    await liveOn(site, 10 * MINUTE_MS)
    site.edit(to, from)
    expect(await reload(site)).toBe('unchanged')
    await endsWell(site)
    expect(warnings(site)).toEqual([expect.stringMatching(/^configuration not reloaded/)])
  })

  it('asked for while another is under way is not forgotten', async (context) => {
    const site = await openRunning(context)
    // The round under way is finished before a change takes effect.
    site.simulator.changeSwitches({ latencyMs: 2_000 })
    await whenAsked(site, 1)
    site.edit('interval: 1s', 'interval: 2s')
    expect(await reload(site)).toBe('applied: sync.interval')
    site.edit('interval: 2s', 'interval: 3s')
    site.daemon.signal('SIGHUP')
    site.simulator.changeSwitches({ latencyMs: 0 })
    const reloads = (): number => site.daemon.logged.filter(({ msg }) => msg === 'configuration reloaded').length
    await site.daemon.until('reloaded twice', () => Promise.resolve(reloads() === 2))
    await endsWell(site)
  })

  it('asked for while the log cannot be opened ends nothing', async (context) => {
    const site = await openRunning(context)
    expect(await site.daemon.stop()).toMatchObject({ code: 0 })
    const stranger = new Database(site.bench.logFile)
    stranger.exec('BEGIN EXCLUSIVE')
    const daemon = site.startDaemon()
    await daemon.unready('log-down')
    daemon.signal('SIGHUP')
    await daemon.until('told', () => Promise.resolve(warnings(site).some((msg) => msg.includes('not reloaded'))))
    stranger.exec('ROLLBACK')
    stranger.close()
    await endsWell(site)
  })
})
