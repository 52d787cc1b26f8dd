/** The account loses its read rights: an absence of answers is no deletion of history. */
import { describe, expect, it } from 'vitest'
import { MINUTE_MS } from '../../harness/sync-site.ts'
import { endsWell, BAD_DAY, liveOn, openRunning, warningLines } from './bad-day.ts'
import { hidePoints, hideSamples } from './rights.ts'

describe.concurrent('an account that loses its rights', BAD_DAY, () => {
  it('to the samples, whose archives then look empty: nothing is deleted, and it is said', async (context) => {
    const site = await openRunning(context)
    const before = (await site.compare()).truth.counts
    const show = hideSamples(site.simulator.historian)
    await site.sweptOnce()
    // What time covers now is hidden too.
    site.simulator.historian.clock.advance(5 * MINUTE_MS)
    await site.sweptOnce()
    expect((await site.compare()).truth.counts).toEqual(before)
    const refused = warningLines(site.daemon.logged).filter(({ msg }) => msg === 'sweep could not compare some tags')
    expect(refused[0]).toMatchObject({
      code: 'BANYAN_SOURCE_PROTOCOL',
      error: expect.stringContaining('refused to delete') as string,
    })
    show()
    await endsWell(site)
  })

  it('to everything: it is not ready until the rights are back', async (context) => {
    const site = await openRunning(context)
    const before = (await site.compare()).truth.counts
    site.simulator.changeSwitches({ outage: 403 })
    await site.daemon.unready('historian-down')
    await site.liveAlone(10 * MINUTE_MS)
    expect((await site.compare()).truth.counts).toMatchObject({ deleted: before.deleted })
    site.simulator.changeSwitches({ outage: 0 })
    await endsWell(site)
  })

  it('to the points, none of which is listed any more: the tags known are read on', async (context) => {
    const site = await openRunning(context)
    const show = hidePoints(site.simulator.historian)
    await site.daemon.until('told of the emptied catalogue', () =>
      Promise.resolve(
        warningLines(site.daemon.logged).some(
          ({ msg, error }) =>
            msg.startsWith('reading the catalogue failed') && String(error).includes('lists none of the 13 tags'),
        ),
      ),
    )
    await liveOn(site, 10 * MINUTE_MS)
    expect(await site.daemon.status()).toMatchObject({ historians: [{ tags: 13, failingCount: 0 }] })
    show()
    const truth = await endsWell(site)
    expect(truth.keys.length).toBeGreaterThan(0)
  })
})
