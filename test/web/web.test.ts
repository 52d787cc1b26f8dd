import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { startWeb, type Web, type WebAddress } from '../../src/web/web.ts'
import { liveStatus } from '../harness/live-status.ts'

const LOOPBACK: WebAddress = { host: '127.0.0.1', port: 0, names: [] }

const opened: Web[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((web) => web.close()))
})

async function open(listen: Partial<WebAddress> = {}): Promise<Web> {
  const report = (): never => expect.unreachable()
  const routing = { routingOf: report, changed: report }
  const web = await startWeb({
    listen: { ...LOOPBACK, ...listen },
    live: liveStatus,
    report,
    cutoverReport: report,
    routing,
    logger: silentLogger,
  })
  opened.push(web)
  return web
}

function ask(url: string, host?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false, headers: host === undefined ? {} : { host } }, resolve).on('error', reject)
  })
}

/** What comes back for bytes sent as they are, until the server ends the connection. */
function sendRaw(web: Web, request: string): Promise<string> {
  const socket = connect(Number(new URL(web.url).port), '127.0.0.1')
  socket.write(request)
  return text(socket)
}

test('answers over a socket, on the address it names', async () => {
  const web = await open()
  expect(web.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  const answer = await ask(`${web.url}/readyz`)
  expect(answer.statusCode).toBe(200)
  expect(JSON.parse(await text(answer))).toMatchObject({ ready: true })
})

test('the listen host and the names configured may be asked for, others not', async () => {
  const web = await open({ names: ['bridge.example.org'] })
  const { port } = new URL(web.url)
  const statusFor = async (host: string): Promise<number | undefined> => {
    const answer = await ask(`${web.url}/healthz`, host)
    answer.resume()
    return answer.statusCode
  }
  expect(await statusFor(`bridge.example.org:${port}`)).toBe(200)
  expect(await statusFor(`localhost:${port}`)).toBe(200)
  expect(await statusFor(`evil.example.org:${port}`)).toBe(421)
})

test('an absolute request target does not get past the host', async () => {
  const web = await open()
  const raw = 'GET http://localhost/api/status HTTP/1.1\r\nHost: evil.example.org\r\nConnection: close\r\n\r\n'
  expect(await sendRaw(web, raw)).not.toMatch(/^HTTP\/1\.1 200/)
})

test('headers beyond the bound are refused', async () => {
  const web = await open()
  const raw = `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(9_000)}\r\nConnection: close\r\n\r\n`
  expect(await sendRaw(web, raw)).toMatch(/^HTTP\/1\.1 431 /)
})

test('a port that is taken is told with what to do', async () => {
  const port = Number(new URL((await open()).url).port)
  await expect(open({ port })).rejects.toMatchObject({
    code: 'BANYAN_CONFIG_INVALID',
    message: `cannot listen on 127.0.0.1:${String(port)}: another process listens there, perhaps another banyan sync`,
    hint: expect.stringContaining('web.listen') as unknown,
  })
})

test('an address that is not of this machine is told', async () => {
  // TEST-NET-1: never assigned.
  await expect(open({ host: '192.0.2.1' })).rejects.toMatchObject({
    code: 'BANYAN_CONFIG_INVALID',
    message: 'cannot listen on 192.0.2.1:0: this machine has no such address',
  })
})

test('close ends connections that are kept alive, idle or in the middle of a request', async () => {
  const web = await open()
  const sockets = await Promise.all(
    ['', 'GET /healthz HTTP/1.1\r\nHost: loc'].map(async (rest) => {
      const socket = connect(Number(new URL(web.url).port), '127.0.0.1')
      socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
      await once(socket, 'data')
      socket.write(rest)
      return socket
    }),
  )
  // A reset is as good an end as any.
  const ended = sockets.map(
    (socket) => new Promise((resolve) => socket.on('error', () => undefined).on('close', resolve)),
  )
  await web.close()
  await Promise.all(ended)
  await expect(ask(`${web.url}/healthz`)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})
