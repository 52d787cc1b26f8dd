/** The historian's clock is set: back, forth again, and ahead by mistake. */
import { describe, expect, it } from 'vitest'
import { HOUR_MS, MINUTE_MS } from '../../harness/sync-site.ts'
import { afterRounds, endsWell, BAD_DAY, liveOn, openRunning, warnings } from './bad-day.ts'

/** It is believed after a minute. */
const PROOF_LIMIT_MS = 2 * MINUTE_MS

describe.concurrent('the clock of a historian', BAD_DAY, () => {
  it('set back an hour, and forth again: what was written meanwhile is found', async (context) => {
    const site = await openRunning(context)
    site.plant.jump(-HOUR_MS)
    // Into times that are covered already.
    await liveOn(site, 20 * MINUTE_MS)
    expect(warnings(site)).toEqual([expect.stringContaining('was set back')])

    // From a clock that ran as ours does a leap is a leap.
    site.simulator.historian.clock.run(1)
    await afterRounds(site, 3)
    site.plant.jump(HOUR_MS)
    await site.daemon.unready('historian-clock')
    const isSure = (): Promise<boolean> => Promise.resolve(warnings(site).some((msg) => msg.includes('stayed where')))
    await site.daemon.until('sure of the clock, after a minute of proof', isSure, PROOF_LIMIT_MS)
    const truth = await endsWell(site)
    expect(truth.counts.late).toBeGreaterThan(0)
  })

  it('hours ahead for a few seconds is not believed: nothing up to there is called covered', async (context) => {
    const site = await openRunning(context)
    site.plant.jump(5 * HOUR_MS)
    site.simulator.historian.clock.run(1)
    await site.daemon.unready('historian-clock')
    await afterRounds(site, 3)
    const [historian] = (await site.daemon.status()).historians
    // Everything but the forecast trails that clock by what it leapt.
    expect(historian?.lag?.medianMs).toBeGreaterThan(4 * HOUR_MS)
    site.plant.jump(-5 * HOUR_MS)
    await site.daemon.ready()
    await endsWell(site)
    expect(warnings(site)).toEqual(["the historian's clock jumped ahead; the tail waits until it proves steady"])
  })
})
