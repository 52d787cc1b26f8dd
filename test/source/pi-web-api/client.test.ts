import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { BanyanError } from '../../../src/domain/errors.ts'
import { PiWebApiClient, type Call } from '../../../src/source/pi-web-api/client.ts'
import type { PiWebApiOptions } from '../../../src/source/pi-web-api/options.ts'
import { openGate, type RequestGate } from '../../../src/source/source.ts'
import { silentLogger } from '../../../src/telemetry/logger.ts'
import { startSimulator } from '../../harness/simulator.ts'
import { sendJson, startTinyServer, type SeenRequest } from './tiny-server.ts'

const TLS = new URL('../../../fixtures/pi-web-api/tls/', import.meta.url)
const pem = (name: string): string => readFileSync(new URL(name, TLS), 'utf8')

function clientOf(url: string, changes: Partial<PiWebApiOptions> = {}): PiWebApiClient {
  return new PiWebApiClient({
    historian: 'pi',
    url,
    dataServer: 'PISRV01',
    auth: { type: 'none' },
    timeoutMs: 10_000,
    gate: openGate,
    logger: silentLogger,
    ...changes,
  })
}

function call(changes: Partial<Call> = {}): Call {
  return { what: 'reading tag X', rows: 0, signal: new AbortController().signal, ...changes }
}

async function failure(promise: Promise<unknown>): Promise<BanyanError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(BanyanError)
  return error as BanyanError
}

describe('PiWebApiClient', () => {
  it('says who it is, takes gzip, never asks caches, and marks only POSTs for the CSRF defence', async () => {
    const { url, seen } = await startTinyServer((_request, response) => sendJson(response, {}))
    const client = clientOf(`${url}/`)
    await client.get('/system', call())
    await client.post('/batch', '{}', call())
    client.close()
    const [get, post] = seen
    expect(get).toMatchObject({ method: 'GET', path: '/system', headers: { 'accept-encoding': 'gzip' } })
    expect(get?.headers['x-requested-with']).toBeUndefined()
    expect(post).toMatchObject({ method: 'POST', path: '/batch', body: '{}' })
    expect(post?.headers).toMatchObject({ 'x-requested-with': 'banyan', 'content-type': 'application/json' })
    for (const { headers } of seen) expect(headers).not.toHaveProperty('cache-control')
  })

  it('sends every request through the gate, and the gate learns of failures', async () => {
    let busy = true
    const { url } = await startTinyServer((_request, response) => {
      response.writeHead(busy ? 503 : 200, { 'Retry-After': '7' }).end(busy ? 'busy' : '{}')
      busy = false
    })
    const learned: unknown[] = []
    const gate: RequestGate = {
      async run(rows, request) {
        learned.push(rows)
        try {
          return await request()
        } catch (error) {
          learned.push(error)
          throw error
        }
      },
    }
    const client = clientOf(url, { gate })
    const error = await failure(client.get('/x', call({ rows: 42 })))
    await client.get('/x', call({ rows: 7 }))
    client.close()
    expect(learned).toEqual([42, error, 7])
    expect(error).toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE', retryable: true, context: { retryAfterMs: 7000 } })
  })

  it.each([
    [400, '{"Errors":["no such thing"]}', 'BANYAN_SOURCE_REJECTED', 'no such thing'],
    [401, 'who?', 'BANYAN_SOURCE_UNAUTHORIZED', 'who?'],
    [403, '', 'BANYAN_SOURCE_FORBIDDEN', '403'],
    [404, '{"Message":"No HTTP resource"}', 'BANYAN_SOURCE_NOT_FOUND', 'No HTTP resource'],
    [410, '{}', 'BANYAN_SOURCE_NOT_FOUND', '410'],
    [409, '{}', 'BANYAN_SOURCE_REJECTED', '409'],
    [429, 'Rate limit was reached', 'BANYAN_SOURCE_THROTTLED', 'Rate limit was reached'],
    [500, '<html><head><title>Oops</title></head></html>', 'BANYAN_SOURCE_UNAVAILABLE', 'HTML page "Oops"'],
    [501, '{}', 'BANYAN_SOURCE_REJECTED', '501'],
    [504, '', 'BANYAN_SOURCE_UNAVAILABLE', '504'],
    [302, '', 'BANYAN_SOURCE_REJECTED', '302'],
  ])('turns status %i into an error that says what happened', async (status, body, code, text) => {
    const { url, seen } = await startTinyServer((_request, response) => {
      response.writeHead(status, status === 302 ? { Location: '/login' } : {}).end(body)
    })
    const client = clientOf(url)
    const error = await failure(client.get('/x', call()))
    client.close()
    expect(error).toMatchObject({ code, context: { status } })
    expect(error.message).toContain('reading tag X')
    expect(error.message).toContain(text)
    expect(seen).toHaveLength(1)
  })

  it.each([
    ['cut JSON', '{"Items":[{"Timestamp":"2024', 'unreadable'],
    ['a login page', '<html>Sign in</html>', 'unreadable'],
    ['nothing', '', 'unreadable'],
    ['a list', '[]', 'unreadable'],
    ['broken UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'unreadable'],
  ])('takes %s under 200 for no answer', async (_name, body, fault) => {
    const { url } = await startTinyServer((_request, response) => response.end(body))
    const client = clientOf(url)
    const error = await failure(client.get('/x', call()))
    client.close()
    expect(error).toMatchObject({ code: 'BANYAN_SOURCE_PROTOCOL', context: { fault } })
  })

  it('takes a WebException under 200 for the failure it reports', async () => {
    const { url } = await startTinyServer((_request, response) =>
      sendJson(response, { Items: [], WebException: { StatusCode: 502, Errors: ['archive went away'] } }),
    )
    const client = clientOf(url)
    const error = await failure(client.get('/x', call()))
    client.close()
    expect(error).toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE', retryable: true })
    expect(error.message).toContain('archive went away')
  })

  it('reads a compressed answer, and a byte order mark', async () => {
    const { url } = await startTinyServer((_request, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync('\uFEFF{"Name":"ok"}'))
    })
    const client = clientOf(url)
    expect((await client.get('/x', call())).json).toEqual({ Name: 'ok' })
    client.close()
  })

  it('stops at the byte bound, also when the answer unpacks beyond it', async () => {
    const { url } = await startTinyServer(({ path }, response) => {
      const text = JSON.stringify({ Text: 'x'.repeat(1_000_000) })
      if (path === '/zip') response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(text))
      else response.end(text)
    })
    const client = clientOf(url, { maxAnswerBytes: 100_000 })
    for (const path of ['/plain', '/zip']) {
      const error = await failure(client.get(path, call()))
      expect(error).toMatchObject({ code: 'BANYAN_SOURCE_PROTOCOL', context: { fault: 'too-large' } })
    }
    client.close()
  })

  it('gives up on an answer that drips, and on one that never starts', async () => {
    const { url } = await startTinyServer(({ path }, response) => {
      if (path === '/silent') return
      response.writeHead(200)
      const drip = setInterval(() => response.write(' '), 5)
      response.on('close', () => clearInterval(drip))
    })
    const client = clientOf(url, { timeoutMs: 100 })
    for (const path of ['/drip', '/silent']) {
      const error = await failure(client.get(path, call()))
      expect(error).toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE', retryable: true, context: { timeoutMs: 100 } })
    }
    client.close()
  })

  it('reports a connection cut in the middle as unavailable', async () => {
    const { url } = await startTinyServer((_request, response) => {
      response.writeHead(200, { 'Content-Length': '1000' })
      response.write('{"Items":[', () => response.destroy())
    })
    const client = clientOf(url)
    const error = await failure(client.get('/x', call()))
    client.close()
    expect(error).toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE', retryable: true })
  })

  it('aborts a running request with the reason of the signal', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const { url } = await startTinyServer(() => controller.abort(reason))
    const client = clientOf(url)
    await expect(client.get('/x', call({ signal: controller.signal }))).rejects.toBe(reason)
    client.close()
  })

  it('says where nothing listens', async () => {
    const client = clientOf('http://127.0.0.1:9/piwebapi')
    const error = await failure(client.get('/x', call()))
    client.close()
    expect(error).toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE', retryable: true })
    expect(error.message).toContain('127.0.0.1:9')
    expect(error.hint).toMatch(/url/)
  })
})

describe('signing in', () => {
  const withPassword =
    (accepted: () => string) =>
    ({ headers }: SeenRequest, response: ServerResponse): void => {
      const sent = Buffer.from((headers.authorization ?? '').replace('Basic ', ''), 'base64').toString()
      if (sent === `svc:${accepted()}`) sendJson(response, {})
      else response.writeHead(401, { 'WWW-Authenticate': 'Basic' }).end('Access denied')
    }

  it('picks up a rotated password without a failure', async () => {
    let password = 'old'
    const { url, seen } = await startTinyServer(withPassword(() => password))
    const client = clientOf(url, { auth: { type: 'basic', username: 'svc', password: () => password } })
    await client.get('/a', call())
    password = 'new'
    await Promise.all([client.get('/b', call()), client.get('/c', call())])
    await client.get('/d', call())
    client.close()
    expect(seen.filter(({ path }) => path === '/d')).toHaveLength(1)
  })

  it('does not try a password twice that never worked: directories lock accounts', async () => {
    const { url, seen } = await startTinyServer(withPassword(() => 'right'))
    const client = clientOf(url, { auth: { type: 'basic', username: 'svc', password: () => 'wrong' } })
    const error = await failure(client.get('/a', call()))
    client.close()
    expect(seen).toHaveLength(1)
    expect(error.code).toBe('BANYAN_SOURCE_UNAUTHORIZED')
    expect(error.hint).toMatch(/password or token file/)
  })

  it('tries once more when the historian refuses what it took before', async () => {
    let hiccups = 0
    const { url, seen } = await startTinyServer(({ path }, response) => {
      if (path === '/hiccup' && hiccups++ === 0) response.writeHead(401).end()
      else sendJson(response, {})
    })
    const client = clientOf(url, { auth: { type: 'bearer', token: () => 'abc' } })
    await client.get('/a', call())
    await client.get('/hiccup', call())
    client.close()
    expect(seen.map(({ path }) => path)).toEqual(['/a', '/hiccup', '/hiccup'])
    expect(seen[0]?.headers.authorization).toBe('Bearer abc')
  })

  it('also when several calls meet that at once', async () => {
    const met = new Set<string>()
    const { url } = await startTinyServer(({ path }, response) => {
      if (path === '/a' || met.has(path)) sendJson(response, {})
      else response.writeHead(401).end()
      met.add(path)
    })
    const client = clientOf(url, { auth: { type: 'bearer', token: () => 'abc' } })
    await client.get('/a', call())
    await Promise.all(['/b', '/c', '/d'].map((path) => client.get(path, call())))
    client.close()
  })

  it('keeps the secret out of every error', async () => {
    const { url } = await startTinyServer((_request, response) => response.destroy())
    const auth = { type: 'basic', username: 'svc', password: () => 'hunter2' } as const
    const client = clientOf(url, { auth })
    const error = await failure(client.get('/a', call()))
    client.close()
    const told = JSON.stringify([error, error.message, error.stack, error.context, error.cause])
    expect(told).not.toContain('hunter2')
    expect(told).not.toContain(Buffer.from('svc:hunter2').toString('base64'))
  })
})

describe('TLS', () => {
  const tls = { cert: pem('localhost-cert.pem'), key: pem('localhost-key.pem') }

  it('refuses a certificate nobody vouches for, once, and names the setting that trusts it', async () => {
    const { url } = await startSimulator({ scenario: 'empty', tls })
    const client = clientOf(url)
    const error = await failure(client.get('/system', call()))
    client.close()
    expect(error).toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE', retryable: false })
    expect(error.hint).toContain('tls.caFile')
  })

  it('trusts the configured authority', async () => {
    const { url } = await startSimulator({ scenario: 'empty', tls })
    const client = clientOf(url, { ca: tls.cert })
    expect((await client.get('/system', call())).json).toHaveProperty('ProductVersion')
    client.close()
  })
})
