import { expect, test, describe } from 'vitest'
import { BanyanError } from '../../src/domain/errors.ts'
import type { CutoverReport } from '../../src/report/cutover-model.ts'
import type { ParityReport } from '../../src/report/model.ts'
import type { LiveStatus } from '../../src/telemetry/live-status.ts'
import { type Logger, silentLogger } from '../../src/telemetry/logger.ts'
import { createRoutes } from '../../src/web/routes.ts'
import type { RoutingSource } from '../../src/web/routing.ts'
import { reportFixture } from '../harness/report-fixture.ts'
import { liveStatus } from '../harness/live-status.ts'

interface AskOptions {
  readonly live?: () => LiveStatus
  readonly report?: () => Promise<ParityReport>
  readonly cutoverReport?: () => Promise<CutoverReport>
  readonly method?: string
  readonly routing?: RoutingSource
  readonly host?: string
  readonly logger?: Logger
}

const REPORT = reportFixture()
const CUTOVER_REPORT: CutoverReport = {
  schemaVersion: 1,
  kind: 'cutover',
  bridge: 'north-site',
  version: '1.2.3',
  generatedAt: '2026-01-01T00:00:00.0000000Z',
  workloads: [],
  chain: { events: 0, head: undefined, unpublished: 0 },
}
const NO_ROUTING: RoutingSource = { routingOf: () => ({ kind: 'unknown' }), changed: () => Promise.resolve() }

function ask(path: string, options: AskOptions = {}) {
  const { live = liveStatus, method = 'GET', host = 'localhost', logger = silentLogger } = options
  const { cutoverReport = () => Promise.resolve(CUTOVER_REPORT) } = options
  const { report = () => Promise.resolve(REPORT), routing = NO_ROUTING } = options
  const routes = createRoutes({
    live,
    report,
    cutoverReport,
    routing,
    isOwnHost: (name) => name === 'localhost',
    logger,
  })
  return routes.request(path, { method, headers: { host } })
}

test('/healthz answers without asking for the status', async () => {
  const answer = await ask('/healthz', { live: () => expect.unreachable() })
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({ schemaVersion: 1, alive: true })
})

describe('/readyz', () => {
  test('200 when nothing is wrong', async () => {
    const answer = await ask('/readyz')
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ schemaVersion: 1, ready: true, problems: [], degraded: [] })
  })

  test('503 with the reasons otherwise', async () => {
    const problems = [{ reason: 'historian-down', subject: 'pi-north', detail: 'refused the password' }] as const
    const answer = await ask('/readyz', { live: () => liveStatus({ problems }) })
    expect(answer.status).toBe(503)
    expect(await answer.json()).toEqual({ schemaVersion: 1, ready: false, problems, degraded: [] })
  })
})

test('/api/status is the whole status', async () => {
  const answer = await ask('/api/status')
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({ schemaVersion: 1, ...JSON.parse(JSON.stringify(liveStatus())) })
})

test('/metrics is what Prometheus reads', async () => {
  const answer = await ask('/metrics')
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(await answer.text()).toMatch(/^# TYPE banyan_tail_samples_total counter$/m)
})

describe('the parity report', () => {
  test('as JSON is the model as it is', async () => {
    const answer = await ask('/api/report/parity')
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(REPORT)))
  })

  test('as a page brings its own policy, and may not be framed', async () => {
    const answer = await ask('/report/parity')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/)
    expect(answer.headers.get('content-security-policy')).toBe("frame-ancestors 'none'")
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await answer.text()).toMatch(
      /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src/,
    )
  })

  test('of too many tags is refused, with what to do instead', async () => {
    const report = () => Promise.reject(new BanyanError('BANYAN_USAGE', 'too many', { hint: 'ask for some' }))
    for (const path of ['/report/parity', '/api/report/parity']) {
      const answer = await ask(path, { report })
      expect(answer.status).toBe(422)
      expect(await answer.json()).toEqual({ error: 'too many', hint: 'ask for some' })
    }
  })

  test('that contradicts itself is not shown', async () => {
    const report = () => Promise.reject(new BanyanError('BANYAN_INTERNAL', 'inside', { hint: 'inside' }))
    const answer = await ask('/report/parity', { report })
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('inside')
  })
})

describe('the cutover report', () => {
  test('as JSON is the model as it is', async () => {
    const answer = await ask('/api/report/cutover')
    expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(CUTOVER_REPORT)))
  })

  test('as a page brings its own policy', async () => {
    const answer = await ask('/report/cutover')
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/)
    expect(answer.headers.get('content-security-policy')).toBe("frame-ancestors 'none'")
  })
})

describe('/', () => {
  test('leads to every other place', async () => {
    const answer = await ask('/')
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/)
    const page = await answer.text()
    expect(page).toContain('north-site')
    const places = [...page.matchAll(/href="(\/[^"]+)"/g)].map(([, path]) => path!)
    expect(places).toHaveLength(8)
    for (const place of places) expect((await ask(place)).status, place).toBe(200)
  })

  test('escapes what comes from elsewhere', async () => {
    const problems = [{ reason: 'historian-down', subject: 'x', detail: '<script>alert(1)</script>' }] as const
    const page = await (await ask('/', { live: () => liveStatus({ problems }) })).text()
    expect(page).toContain('Not ready')
    expect(page).not.toContain('<script')
  })
})

test('HEAD is a GET without a body', async () => {
  const answer = await ask('/readyz', { method: 'HEAD' })
  expect(answer.status).toBe(200)
  expect(await answer.text()).toBe('')
})

describe('refusals', () => {
  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s', async (method) => {
    for (const path of ['/api/status', '/nowhere']) {
      const answer = await ask(path, { method })
      expect(answer.status).toBe(405)
      expect(answer.headers.get('allow')).toBe('GET, HEAD')
    }
  })

  test.each([
    '/api',
    '/report',
    '/report/parity/',
    '/api/report/cutover/',
    '/api/routing',
    '/api/status/',
    '/metrics/x',
    '/%2e%2e/etc/passwd',
  ])('no such path: %s', async (path) => {
    const answer = await ask(path)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toEqual({ error: 'no such path' })
  })

  test('a foreign host gets nothing, and reads how to be known', async () => {
    for (const path of [
      '/',
      '/healthz',
      '/metrics',
      '/api/status',
      '/report/parity',
      '/api/report/parity',
      '/report/cutover',
      '/api/routing/boiler',
      '/nowhere',
    ]) {
      const nothing = (): never => expect.unreachable()
      const routing = { routingOf: nothing, changed: nothing }
      const untouched = { live: nothing, report: nothing, cutoverReport: nothing, routing }
      const answer = await ask(path, { host: 'evil.example.org', ...untouched })
      expect(answer.status).toBe(421)
      expect(await answer.json()).toMatchObject({ hint: expect.stringContaining('web.names') as unknown })
    }
  })

  test('a defect of ours is logged, and told without its inside', async () => {
    const logged: unknown[] = []
    const answer = await ask('/api/status', {
      live: () => {
        throw new Error('inside')
      },
      logger: { ...silentLogger, error: (fields) => logged.push(fields) },
    })
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toMatch(/inside|\.ts|at /)
    expect(logged).toEqual([expect.objectContaining({ path: '/api/status', error: 'inside' })])
  })
})

test.each([
  ['/healthz', 'GET', 'localhost', 200],
  ['/', 'GET', 'localhost', 200],
  ['/metrics', 'GET', 'localhost', 200],
  ['/api/report/parity', 'GET', 'localhost', 200],
  ['/nowhere', 'GET', 'localhost', 404],
  ['/healthz', 'POST', 'localhost', 405],
  ['/healthz', 'GET', 'evil', 421],
])('%s %s for %s is not for a browser to keep or run', async (path, method, host, status) => {
  const answer = await ask(path, { method, host })
  expect(answer.status).toBe(status)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'content-security-policy': expect.stringContaining("default-src 'none'") as unknown,
  })
})
