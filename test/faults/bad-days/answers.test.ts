/**
 * Answers that stay wrong however often they are asked for. What cannot be trusted is not copied: the tag fails by
 * name, the log holds nothing wrong, and once the historian is mended the same command completes.
 */
import { describe, expect, it } from 'vitest'
import type { Switches } from '../../../src/simulator/switches.ts'
import { failuresOf, openSite, toldBy, whenReading } from './site.ts'

const LIMIT_MS = 240_000

interface Place {
  readonly tag: string
  readonly ts: string
  readonly ord: number
}

/** One dense tag is enough: every tag waits out its own attempts. */
const ONE_TAG = {
  historian: { scenario: 'dense', scale: 0.01 },
  include: ['DENSE1'],
  pageSize: 500,
} as const

// Most of their time is spent waiting between attempts.
describe.concurrent('answers that are wrong every time', { timeout: LIMIT_MS }, () => {
  it.for<readonly [string, Partial<Switches>, string, RegExp]>([
    ['a row that cannot be decoded', { undecodableProbability: 1 }, 'BANYAN_SOURCE_PROTOCOL', /DENSE1/],
    ['rows out of order', { outOfOrderProbability: 1 }, 'BANYAN_SOURCE_PROTOCOL', /DENSE1.*out of order at 2/],
    ['a value the historian could not read', { valueErrorProbability: 1 }, 'BANYAN_SOURCE_PROTOCOL', /DENSE1.*errors/],
    ['JSON that ends early', { truncateProbability: 1 }, 'BANYAN_SOURCE_PROTOCOL', /DENSE1.*JSON that cannot be read/],
    ['a web page', { htmlProbability: 1 }, 'BANYAN_SOURCE_PROTOCOL', /DENSE1.*HTML page/],
    ['a failure under 200', { webExceptionProbability: 1 }, 'BANYAN_SOURCE_UNAVAILABLE', /DENSE1.*50\d/],
  ])('%s', async ([, switches, code, message], context) => {
    const site = await openSite(context, ONE_TAG)
    whenReading(site.simulator, 1, () => {
      site.simulator.changeSwitches(switches)
    })
    const failures = failuresOf(await site.run('backfill', '--quiet', '--json'))
    expect(failures).toMatchObject([{ name: 'DENSE1', code, message: expect.stringMatching(message) as string }])
    site.simulator.changeSwitches(Object.fromEntries(Object.keys(switches).map((name) => [name, 0])))
    expect((await site.run('backfill', '--quiet')).code).toBe(0)
    const { id } = site.simulator.historian.point('DENSE1')
    await site.expectExact(({ pointId }) => pointId === id)
  })

  it.for<readonly [string, Partial<Switches>, RegExp]>([
    ['JSON that ends early', { truncateProbability: 1 }, /JSON that cannot be read/],
    ['a web page', { htmlProbability: 1 }, /HTML page/],
    ['an error page', { outage: 503 }, /503/],
  ])('%s from the first request on', async ([, switches, message], context) => {
    const site = await openSite(context)
    site.simulator.changeSwitches(switches)
    expect(toldBy(await site.run('backfill', '--quiet'))).toMatchObject({
      code: 1,
      error: expect.stringMatching(message) as string,
    })
    site.simulator.changeSwitches({ truncateProbability: 0, htmlProbability: 0, outage: 0 })
    await site.completes()
  })
})

describe.concurrent('a historian that goes away midway', { timeout: LIMIT_MS }, () => {
  it('and comes back is waited for', async (context) => {
    const site = await openSite(context, { historian: { scenario: 'dense', scale: 0.01 }, pageSize: 200 })
    const port = Number(new URL(site.url).port)
    let back: Promise<unknown> | undefined
    whenReading(site.simulator, 10, () => {
      back = site.simulator.close().then(() => site.simulator.listen(port))
    })
    await site.completes()
    expect(back).toBeDefined()
  })

  it('for longer than `outage` ends the job with 1; later the same command completes', async (context) => {
    const site = await openSite(context, {
      historian: { scenario: 'dense', scale: 0.01 },
      pageSize: 200,
      piExtra: ['outage: 1s'],
    })
    const port = Number(new URL(site.url).port)
    let closed: Promise<void> | undefined
    whenReading(site.simulator, 10, () => {
      closed = site.simulator.close()
    })
    const told = toldBy(await site.run('backfill', '--quiet', '--log-level', 'error'))
    expect(told).toMatchObject({ code: 1, error: expect.stringMatching(/historian sim: .*ECONN/) as string })
    expect(told.hint).toMatch(/nothing is lost; run the same backfill again/)
    await closed
    await site.simulator.listen(port)
    await site.completes()
  })
})

describe('tags that cannot be copied', { timeout: LIMIT_MS }, () => {
  it('a tag that is deleted midway fails by name, the others are complete', async (context) => {
    const site = await openSite(context, { historian: { scenario: 'dense', scale: 0.01 }, pageSize: 200 })
    site.simulator.changeSwitches({ deleteMidway: { tag: 'DENSE2', afterReads: 3 } })
    const { id } = site.simulator.historian.point('DENSE2')
    const outcome = await site.run('backfill', '--quiet', '--json')
    expect(failuresOf(outcome)).toMatchObject([{ name: 'DENSE2', code: 'BANYAN_SOURCE_NOT_FOUND' }])
    const rows = await site.bench.readLog()
    expect(rows.filter((text) => text.includes(`"sim/${String(id)}"`)).length).toBeGreaterThan(0)
    // Mended by itself: the catalogue does not list it any more.
    expect((await site.run('backfill', '--quiet')).code).toBe(0)
  })

  it('a tag whose type changes midway goes on as the new type', async (context) => {
    const site = await openSite(context, { historian: { scenario: 'dense', scale: 0.01 }, pageSize: 200 })
    site.simulator.changeSwitches({ retypeMidway: { tag: 'DENSE2', afterReads: 3, to: 'String' } })
    expect(await site.run('backfill', '--quiet')).toMatchObject({ code: 0, stderr: '' })
    const records = (await site.bench.readLog()).map((text) => JSON.parse(text) as Place & { type: string })
    const placeOf = ({ tag, ts, ord }: Place): string => `${tag} ${ts} ${String(ord)}`
    const truth = [...site.simulator.truth()].map((row) => placeOf({ ...row, tag: `sim/${String(row.pointId)}` }))
    expect(records.map(placeOf).toSorted()).toEqual(truth.toSorted())
    expect(new Set(records.map(({ type }) => type))).toEqual(new Set(['float32', 'string']))
  })

  it('more samples at one time than a call carries: exit 4, the time is named, and a higher ceiling mends it', async (context) => {
    const site = await openSite(context, {
      historian: { scenario: 'conformance', switches: { maxReturnedItems: 1500 } },
    })
    const failures = failuresOf(await site.run('backfill', '--quiet', '--json'))
    expect(failures).toMatchObject([
      {
        name: 'TIES.LARGER-THAN-A-PAGE',
        code: 'BANYAN_TICK_GROUP_TOO_LARGE',
        message: expect.stringMatching(/ at 20\d\d-/) as string,
      },
    ])
    site.simulator.changeSwitches({ maxReturnedItems: 150_000 })
    await site.completes()
  })
})
