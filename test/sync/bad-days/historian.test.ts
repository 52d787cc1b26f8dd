/** The historian is away, is started again, or answers rubbish. */
import { describe, expect, it } from 'vitest'
import { HOUR_MS, MINUTE_MS, SYNC } from '../../harness/sync-site.ts'
import { endsWell, BAD_DAY, liveOn, openRunning, warnings } from './bad-day.ts'

const TICKS_PER_MS = 10_000n
/** What the tail reads of a long gap at once, and what is too new to be read. */
const FRESH_MS = 60_000
const SETTLE_MS = 30_000

describe.concurrent('a historian', BAD_DAY, () => {
  it('that is down for an hour: what is fresh is copied first, then the gap', async (context) => {
    const site = await openRunning(context)
    await liveOn(site, 20 * MINUTE_MS)
    const { clock } = site.simulator.historian
    const wentDown = timeOf(clock.now())
    site.simulator.changeSwitches({ outage: 503 })
    await site.liveAlone(HOUR_MS)
    await site.daemon.unready('historian-down')
    expect(await site.daemon.status()).toMatchObject({ historians: [{ up: false }] })

    // Time stands still until all is caught up: how fresh the first samples are can be told from the log.
    site.simulator.changeSwitches({ outage: 0 })
    await site.daemon.ready()
    await site.daemon.until('caught up', async () => {
      const [historian] = (await site.daemon.status()).historians
      return historian?.catchingUp === 0 && historian.lag !== undefined && historian.lag.maxMs < HOUR_MS / 2
    })
    const now = timeOf(clock.now())
    const fresh = timeOf(clock.now() - BigInt(SETTLE_MS + FRESH_MS) * TICKS_PER_MS)
    const { truth } = await site.compare()
    const firstAfter = new Map<string, string>()
    for (const { tag, ts } of truth.records) {
      if (ts > wentDown && ts < now && !firstAfter.has(tag)) firstAfter.set(tag, ts)
    }
    const freshFirst = [...firstAfter].filter(([, ts]) => ts >= fresh).map(([tag]) => tag)
    const hasGap = (tag: string): boolean =>
      truth.records.some((record) => record.tag === tag && record.ts > wentDown && record.ts < fresh)
    expect(freshFirst.filter(hasGap).length).toBeGreaterThan(1)
    expect(warnings(site).filter((msg) => msg.startsWith('reading the live tail failed'))).toHaveLength(1)
    await endsWell(site)
  })

  it('that restarts while history changes: the notices it forgot are made up for', async (context) => {
    // Sweeps are too seldom to find what changes: it is found by notices, or by looking where they were lost.
    const seldom = 'sweeps: [{ every: 1d, lookBack: 30d }]'
    const site = await openRunning(context, { sync: [...SYNC.slice(0, -1), seldom] })
    const { simulator, daemon } = site
    const { historian } = simulator
    historian.clock.run(0)
    const { id } = historian.createPoint({ name: 'CHANGED', pointType: 'Int32' })
    const at = historian.clock.now()
    historian.insert(id, at, 1)
    await site.complete()
    const isRegistered = (times: number) => (): Promise<boolean> =>
      Promise.resolve((simulator.counters().byRoute['POST streamsets/updates'] ?? 0) >= times)
    await daemon.until('listening for notices of all tags', isRegistered(2))

    await simulator.close()
    simulator.restart()
    await daemon.unready('historian-down')
    historian.edit(id, at, 0, 2)
    historian.clock.advance(MINUTE_MS)
    historian.insert(id, historian.clock.now(), 3)
    await simulator.listen(Number(new URL(site.url).port))
    const truth = await site.complete()
    expect(truth.records.filter(({ tag }) => tag === `sim/${String(id)}`).map(({ kind }) => kind)).toEqual([
      'first',
      'first',
      'edited',
    ])
    expect((await daemon.status()).historians[0]?.revisions).toMatchObject({ edited: 1 })

    site.edit(seldom, SYNC.at(-1) ?? '')
    daemon.signal('SIGHUP')
    await endsWell(site)
  })

  it('behind a proxy that answers with a sign-in page, then with all kinds of rubbish', async (context) => {
    const site = await openRunning(context)
    site.simulator.changeSwitches({ htmlProbability: 1 })
    await site.daemon.unready('historian-down')
    await site.liveAlone(10 * MINUTE_MS)
    site.simulator.changeSwitches({
      htmlProbability: 0.1,
      cutProbability: 0.1,
      truncateProbability: 0.1,
      serverErrorProbability: 0.1,
      batchItemErrorProbability: 0.1,
      webExceptionProbability: 0.2,
      valueErrorProbability: 0.1,
      undecodableProbability: 0.1,
      outOfOrderProbability: 0.1,
    })
    await liveOn(site, 30 * MINUTE_MS)
    expect(site.daemon.hasEnded).toBe(false)
    site.simulator.changeSwitches({
      htmlProbability: 0,
      cutProbability: 0,
      truncateProbability: 0,
      serverErrorProbability: 0,
      batchItemErrorProbability: 0,
      webExceptionProbability: 0,
      valueErrorProbability: 0,
      undecodableProbability: 0,
      outOfOrderProbability: 0,
    })
    await endsWell(site)
  })
})

/** As records print it. */
function timeOf(ticks: bigint): string {
  return `${new Date(Number(ticks / TICKS_PER_MS)).toISOString().slice(0, -1)}0000Z`
}
