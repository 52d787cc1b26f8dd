/** Tokens and passwords expire, are rotated in their file, and the file is missing for a while. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, type TestContext } from 'vitest'
import type { SimulatorAuth } from '../../../src/simulator/http/access.ts'
import { MINUTE_MS, type SyncSite } from '../../harness/sync-site.ts'
import { endsWell, BAD_DAY, liveOn, openSite, warningLines } from './bad-day.ts'

const BASIC = { type: 'basic', username: 'svc', password: 'first' } as const
const BEARER = { type: 'bearer', token: 'first' } as const

interface Guarded {
  readonly site: SyncSite
  readonly secretFile: string
}

async function openGuarded(context: TestContext, auth: SimulatorAuth, yaml: string): Promise<Guarded> {
  const site = await openSite(context, { auth })
  const secretFile = join(site.bench.folder, 'secret')
  writeFileSync(secretFile, 'first\n')
  site.edit('{ type: none }', yaml)
  await site.startDaemon().ready()
  await site.complete()
  return { site, secretFile }
}

describe.concurrent('credentials', BAD_DAY, () => {
  it.for([
    ['a token that expires', BEARER, '{ type: bearer, tokenFile: ./secret }'],
    ['a password that is changed', BASIC, '{ type: basic, username: svc, passwordFile: ./secret }'],
  ] as const)('%s: not ready, until the new one is in the file', async ([, auth, yaml], context) => {
    const { site, secretFile } = await openGuarded(context, auth, yaml)
    site.simulator.changeSwitches({ acceptedSecret: 's3cond' })
    await site.daemon.unready('historian-down')
    await site.liveAlone(10 * MINUTE_MS)
    writeFileSync(secretFile, 's3cond\n')
    await endsWell(site)
    expect(warningLines(site.daemon.logged)[0]).toMatchObject({ code: 'BANYAN_SOURCE_UNAUTHORIZED' })
    expect(site.daemon.outcome.stderr).not.toContain('s3cond')
  })

  it('a secret that is rotated, in the file first, is nobody’s business', async (context) => {
    const { site, secretFile } = await openGuarded(context, BEARER, '{ type: bearer, tokenFile: ./secret }')
    writeFileSync(secretFile, 's3cond\n')
    site.simulator.changeSwitches({ acceptedSecret: 's3cond' })
    await liveOn(site, 10 * MINUTE_MS)
    await endsWell(site)
    expect(warningLines(site.daemon.logged)).toEqual([])
  })

  it('a secret file that is missing while the secret is rotated is named, and waited for', async (context) => {
    const { site, secretFile } = await openGuarded(context, BEARER, '{ type: bearer, tokenFile: ./secret }')
    rmSync(secretFile)
    // Needed only when what was read last is refused.
    await liveOn(site, 5 * MINUTE_MS)
    expect(await site.daemon.readiness()).toMatchObject({ isReady: true })
    site.simulator.changeSwitches({ acceptedSecret: 's3cond' })
    await site.daemon.unready('historian-down')
    expect(JSON.stringify((await site.daemon.readiness()).body)).toContain(secretFile)
    writeFileSync(secretFile, 's3cond\n')
    await endsWell(site)
  })
})
