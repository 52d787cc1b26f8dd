/** The historian's clock is not ours: what is settled, and so copied, is decided by its clock. */
import { expect, describe, it } from 'vitest'
import { openSite, type Site } from './site.ts'

const LIMIT_MS = 120_000
const HOUR_MS = 3_600_000
const TICKS_PER_MS = 10_000n
/** The default of sync.settle. */
const SETTLE_MS = 30_000

/** Twelve hours of one sample per minute, the last one now by the historian's clock. */
function fill({ simulator: { historian } }: Site): void {
  const now = historian.clock.now()
  historian.createPoint({ name: 'CLOCK', pointType: 'Int32' })
  for (let minute = 0; minute < 720; minute++)
    historian.insert('CLOCK', now - BigInt(minute) * 60_000n * TICKS_PER_MS, minute)
}

describe.concurrent('a historian whose clock is off by hours', { timeout: LIMIT_MS }, () => {
  it.for([
    ['ahead', 2],
    ['behind', -2],
  ] as const)('%s', async ([, hours], context) => {
    const now = BigInt(Date.now() + hours * HOUR_MS) * TICKS_PER_MS
    const site = await openSite(context, { historian: { scenario: 'empty', now } })
    fill(site)
    const { clock } = site.simulator.historian
    const settled = (): bigint => clock.now() - BigInt(SETTLE_MS) * TICKS_PER_MS
    const isSettled = ({ ts }: { readonly ts: string }): boolean => BigInt(Date.parse(ts)) * TICKS_PER_MS < settled()

    const check = JSON.parse((await site.run('check', '--json')).stdout) as {
      checks: { name: string; detail: string; hint?: string }[]
    }
    expect(check.checks.find(({ name }) => name === 'historian.sim.clock')).toMatchObject({
      detail: expect.stringMatching(hours > 0 ? / 7\d\d\d\./ : / -7\d\d\d\./) as string,
      hint: expect.stringContaining('synchronise') as string,
    })

    expect((await site.run('backfill', '--quiet')).code).toBe(0)
    await site.expectExact(isSettled)
    // Nothing beyond that counts as copied: what comes to lie there is copied by the next run.
    clock.advance(HOUR_MS)
    for (let second = 1; second < 60; second++) {
      site.simulator.historian.insert('CLOCK', clock.now() - BigInt(HOUR_MS - second * 1000) * TICKS_PER_MS, second)
    }
    await site.completes()
  })
})
