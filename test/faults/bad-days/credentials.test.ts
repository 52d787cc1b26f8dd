/** Passwords, tokens and certificates: wrong, expired, rotated, missing. */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, type TestContext } from 'vitest'
import type { SimulatorAuth } from '../../../src/simulator/http/access.ts'
import { openSite, toldBy, whenReading, type Site } from './site.ts'

const LIMIT_MS = 120_000
const TLS = join(import.meta.dirname, '..', '..', '..', 'fixtures', 'pi-web-api', 'tls')

/** Enough pages for something to happen in the middle. */
const DENSE = { scenario: 'dense', scale: 0.01 } as const

async function guarded(context: TestContext, auth: SimulatorAuth, yaml: string, secret: string): Promise<Site> {
  const site = await openSite(context, { historian: { ...DENSE, auth }, pageSize: 200, requestsPerSecond: 50 })
  site.edit('{ type: none }', yaml)
  writeFileSync(join(site.bench.folder, 'secret'), secret)
  return site
}

describe.concurrent('credentials', { timeout: LIMIT_MS }, () => {
  it('a wrong password is refused once, not tried until the account is locked', async (context) => {
    const auth = { type: 'basic', username: 'svc', password: 'right' } as const
    const site = await guarded(context, auth, '{ type: basic, username: svc, passwordFile: ./secret }', 'wr0ng-one')
    const told = toldBy(await site.run('backfill', '--quiet'))
    expect(told).toMatchObject({ code: 1, error: expect.stringContaining('401') as string })
    expect(told.hint).toMatch(/password/)
    expect(`${told.error}${told.hint}`).not.toContain('wr0ng-one')
    expect(site.simulator.counters().requests).toBe(1)
    writeFileSync(join(site.bench.folder, 'secret'), 'right\n')
    await site.completes()
  })

  it('a password file that is missing', async (context) => {
    const auth = { type: 'basic', username: 'svc', password: 'right' } as const
    const site = await guarded(context, auth, '{ type: basic, username: svc, passwordFile: ./other }', 'right')
    expect(toldBy(await site.run('backfill', '--quiet'))).toMatchObject({
      code: 2,
      error: expect.stringContaining(join(site.bench.folder, 'other')) as string,
    })
    site.edit('./other', './secret')
    await site.completes()
  })

  const BEARER = '{ type: bearer, tokenFile: ./secret }'

  it('a token that expires midway stops the job; a new one in the file, and the same command completes', async (context) => {
    const site = await guarded(context, { type: 'bearer', token: 'first' }, BEARER, 'first')
    whenReading(site.simulator, 20, () => {
      site.simulator.changeSwitches({ acceptedSecret: 'second' })
    })
    const told = toldBy(await site.run('backfill', '--quiet'))
    expect(told).toMatchObject({ code: 1, error: expect.stringContaining('401') as string })
    expect(told.hint).toMatch(/token file/)
    writeFileSync(join(site.bench.folder, 'secret'), 'second')
    await site.completes()
  })

  it("a token that is rotated midway, in the file too, is nobody's business", async (context) => {
    const site = await guarded(context, { type: 'bearer', token: 'first' }, BEARER, 'first')
    whenReading(site.simulator, 20, () => {
      writeFileSync(join(site.bench.folder, 'secret'), 'second')
      site.simulator.changeSwitches({ acceptedSecret: 'second' })
    })
    await site.completes()
  })
})

describe.concurrent('TLS to the historian', { timeout: LIMIT_MS }, () => {
  async function secureSite(context: TestContext): Promise<Site> {
    const tls = {
      cert: readFileSync(join(TLS, 'localhost-cert.pem'), 'utf8'),
      key: readFileSync(join(TLS, 'localhost-key.pem'), 'utf8'),
    }
    return openSite(context, { historian: { scenario: 'many-small', scale: 0.02, tls } })
  }

  const useCa = (site: Site, file: string): void => {
    site.edit('      auth:', `      tls: { caFile: ${file} }\n      auth:`)
  }

  it('without the authority, then with it', async (context) => {
    const site = await secureSite(context)
    const told = toldBy(await site.run('backfill', '--quiet'))
    expect(told).toMatchObject({ code: 1, error: expect.stringMatching(/self.signed/i) as string })
    expect(told.hint).toContain('tls.caFile')
    useCa(site, join(TLS, 'localhost-cert.pem'))
    await site.completes()
  })

  it('with the wrong authority', async (context) => {
    const site = await secureSite(context)
    const other = join(site.bench.folder, 'other.pem')
    const args = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      '/CN=other',
      '-days',
      '2',
    ]
    await promisify(execFile)('openssl', [...args, '-keyout', join(site.bench.folder, 'other.key'), '-out', other])
    useCa(site, './other.pem')
    const told = toldBy(await site.run('backfill', '--quiet'))
    expect(told).toMatchObject({ code: 1, error: expect.stringMatching(/certificate/i) as string })
    expect(told.hint).toContain('tls.caFile')
    writeFileSync(other, readFileSync(join(TLS, 'localhost-cert.pem')))
    await site.completes()
  })

  it.for([
    ['that is missing', undefined],
    ['that holds no certificate', 'not a certificate\n'],
  ] as const)('with a file %s', async ([, content], context) => {
    const site = await secureSite(context)
    const file = join(site.bench.folder, 'ca.pem')
    if (content !== undefined) writeFileSync(file, content)
    useCa(site, './ca.pem')
    expect(toldBy(await site.run('backfill', '--quiet'))).toMatchObject({
      code: 2,
      error: expect.stringContaining(file) as string,
    })
    writeFileSync(file, readFileSync(join(TLS, 'localhost-cert.pem')))
    await site.completes()
  })
})
