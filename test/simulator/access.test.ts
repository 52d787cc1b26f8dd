import { readFileSync } from 'node:fs'
import { get as httpsGet } from 'node:https'
import { request as httpRequest } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { AccessControl } from '../../src/simulator/http/access.ts'
import { Query } from '../../src/simulator/http/query.ts'
import type { ApiRequest } from '../../src/simulator/http/router.ts'
import { changeSwitches, switchesSchema } from '../../src/simulator/switches.ts'
import { startSimulator } from '../harness/simulator.ts'
import { ask, pointsByName, recordedPath } from './client.ts'

const basic = (credentials: string): RequestInit => ({
  headers: { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
})
const bearer = (token: string): RequestInit => ({ headers: { Authorization: `Bearer ${token}` } })

function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/pi-web-api/tls/${name}`, import.meta.url), 'utf8')
}

/** The answer as it is on the wire, without the decompression fetch does by itself. */
function rawGet(
  port: number,
  path: string,
  headers: Record<string, string>,
): Promise<{ encoding: string; body: Buffer }> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path, headers }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('end', () => {
        resolve({ encoding: response.headers['content-encoding'] ?? '', body: Buffer.concat(pieces) })
      })
    })
      .on('error', reject)
      .end()
  })
}

describe('authentication', () => {
  it('Basic: 401 with a challenge and a page that is not JSON, until the password is right', async () => {
    const { url } = await startSimulator({
      scenario: 'empty',
      auth: { type: 'basic', username: 'svc', password: 'pä:ss' },
    })
    const refused = await ask(url, '/system')
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toBe('Basic realm="piwebapi"')
    expect(refused.text).toContain('<HTML>')
    expect((await ask(url, '/system', basic('svc:wrong'))).status).toBe(401)
    expect((await ask(url, '/system', bearer('pä:ss'.slice(0, 1)))).status).toBe(401)
    expect((await ask(url, '/system', basic('svc:pä:ss'))).status).toBe(200)
    const user = await ask(url, '/system/userinfo', basic('svc:pä:ss'))
    expect(JSON.parse(user.text)).toMatchObject({ Name: 'svc', IsAuthenticated: true })
  })

  it('a secret may be rotated while clients run', async () => {
    const { simulator, url } = await startSimulator({ scenario: 'empty', auth: { type: 'bearer', token: 'old' } })
    expect((await ask(url, '/system', bearer('old'))).status).toBe(200)
    simulator.changeSwitches({ acceptedSecret: 'new' })
    expect((await ask(url, '/system', bearer('old'))).status).toBe(401)
    expect((await ask(url, '/system', bearer('new'))).status).toBe(200)
  })
})

describe('cross-site request forgery defence', () => {
  it('refuses requests other than GET without X-Requested-With', async () => {
    const { simulator, url } = await startSimulator({ scenario: 'empty' })
    const post = (headers: Record<string, string>): Promise<number> =>
      ask(url, '/batch', { method: 'POST', body: '{}', headers }).then((reply) => reply.status)
    expect(await post({})).toBe(400)
    expect(await post({ 'X-Requested-With': 'anything' })).toBe(207)
    simulator.changeSwitches({ csrfStatus: 403 })
    expect(await post({})).toBe(403)
    simulator.changeSwitches({ csrfDefence: false })
    expect(await post({})).toBe(207)
  })
})

describe('limits', () => {
  it('more requests in a second than allowed are answered with 429, per client address', () => {
    const access = new AccessControl({ type: 'none' })
    const switches = changeSwitches(switchesSchema.parse({}), { rateLimitPerSecond: 3 })
    const request: ApiRequest = {
      method: 'GET',
      segments: [],
      query: new Query(''),
      headers: {},
      body: '',
      origin: '',
      baseUrl: '',
      url: '',
    }
    const allowed = (client: string, atMs: number): boolean =>
      access.refuse(request, client, atMs, switches) === undefined
    expect([0, 1, 2, 3, 999].map((at) => allowed('a', at))).toEqual([true, true, true, false, false])
    expect(allowed('b', 999)).toBe(true)
    expect(allowed('a', 1000)).toBe(true)
    expect(access.refuse(request, 'c', 0, { ...switches, rateLimitPerSecond: 0 })).toBeUndefined()
  })

  it('429 comes with seconds, with a date, or without Retry-After', async () => {
    const { simulator, url } = await startSimulator({ scenario: 'empty', switches: { throttleProbability: 1 } })
    simulator.changeSwitches({ retryAfter: 'none' })
    const refused = await ask(url, '/system')
    expect([refused.status, refused.text]).toEqual([429, 'Rate limit was reached'])
    expect(refused.headers.get('retry-after')).toBeNull()
    simulator.changeSwitches({ retryAfter: 'date', retryAfterSeconds: 60 })
    const date = (await ask(url, '/system')).headers.get('retry-after') ?? ''
    expect(Date.parse(date)).toBeGreaterThan(Date.now())
  })

  it('a body above the limit is 413, a path segment above it a page with 400', async () => {
    const { url } = await startSimulator({ scenario: 'empty', switches: { maxBodyBytes: 1000 } })
    const init = { method: 'POST', body: 'x'.repeat(2000), headers: { 'X-Requested-With': 'x' } }
    expect((await ask(url, '/batch', init)).status).toBe(413)
    const long = await ask(url, `/points/${'x'.repeat(261)}`)
    expect([long.status, long.headers.get('content-type')]).toEqual([400, 'text/html; charset=us-ascii'])
    expect((await ask(url, `/points/${'x'.repeat(260)}`)).status).toBe(404)
  })

  it('what is outside the base path, and a method no route takes, are refused', async () => {
    const { simulator, url, port } = await startSimulator({ scenario: 'empty' })
    expect((await ask(`http://127.0.0.1:${String(port)}`, '/dataservers')).status).toBe(404)
    expect((await ask(`http://127.0.0.1:${String(port)}`, '/piwebapikey')).status).toBe(404)
    const put = await ask(url, '/dataservers', { method: 'PUT', headers: { 'X-Requested-With': 'x' } })
    expect([put.status, Object.keys(JSON.parse(put.text) as object)]).toEqual([405, ['Message']])
    expect(simulator.counters().writes).toBe(1)
  })
})

describe('transport', () => {
  it('compresses for clients that accept gzip, unless switched off', async () => {
    const { simulator, url, port } = await startSimulator({ scenario: 'dense', scale: 0.01 })
    const [point] = (await pointsByName(url)).values()
    const path = `/piwebapi${recordedPath(point!.WebId, { startTime: '2000-01-01T00:00:00Z', maxCount: 2500 })}`
    const identity = await rawGet(port, path, {})
    const packed = await rawGet(port, path, { 'Accept-Encoding': 'gzip, deflate' })
    expect([identity.encoding, packed.encoding]).toEqual(['', 'gzip'])
    expect(packed.body.length * 4).toBeLessThan(identity.body.length)
    expect(gunzipSync(packed.body).equals(identity.body)).toBe(true)
    simulator.changeSwitches({ gzip: false })
    expect((await rawGet(port, path, { 'Accept-Encoding': 'gzip' })).encoding).toBe('')
  })

  it('takes compressed bodies, and refuses broken ones', async () => {
    const { url } = await startSimulator({ scenario: 'empty' })
    const headers = { 'X-Requested-With': 'x', 'Content-Encoding': 'gzip' }
    const body = gzipSync(JSON.stringify({ a: { Method: 'GET', Resource: 'system' } }))
    expect((await ask(url, '/batch', { method: 'POST', body, headers })).status).toBe(207)
    expect((await ask(url, '/batch', { method: 'POST', body: 'not gzip', headers })).status).toBe(400)
  })

  it('serves HTTPS to clients that trust its certificate, and links say so', async () => {
    const cert = fixture('localhost-cert.pem')
    const { url } = await startSimulator({ scenario: 'empty', tls: { cert, key: fixture('localhost-key.pem') } })
    expect(url).toMatch(/^https:/)
    const get = (ca?: string): Promise<string> =>
      new Promise((resolve, reject) => {
        httpsGet(`${url}/`, ca === undefined ? {} : { ca }, (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
          response.on('end', () => {
            resolve(text)
          })
        }).on('error', reject)
      })
    expect(JSON.parse(await get(cert))).toMatchObject({ Links: { Self: `${url}/` } })
    await expect(get()).rejects.toThrow(/self-signed/)
  })
})
