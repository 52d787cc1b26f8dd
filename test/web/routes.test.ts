import { expect, test, describe } from 'vitest'
import type { LiveStatus } from '../../src/telemetry/live-status.ts'
import { type Logger, silentLogger } from '../../src/telemetry/logger.ts'
import { createRoutes } from '../../src/web/routes.ts'
import { liveStatus } from '../harness/live-status.ts'

function ask(path: string, options: { live?: () => LiveStatus; method?: string; host?: string; logger?: Logger } = {}) {
  const { live = liveStatus, method = 'GET', host = 'localhost', logger = silentLogger } = options
  const routes = createRoutes({ live, isOwnHost: (name) => name === 'localhost', logger })
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

  test.each(['/', '/api', '/api/status/', '/metrics/x', '/%2e%2e/etc/passwd'])('no such path: %s', async (path) => {
    const answer = await ask(path)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toEqual({ error: 'no such path' })
  })

  test('a foreign host gets nothing, and reads how to be known', async () => {
    for (const path of ['/healthz', '/metrics', '/api/status', '/nowhere']) {
      const answer = await ask(path, { host: 'evil.example.org', live: () => expect.unreachable() })
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
  ['/metrics', 'GET', 'localhost', 200],
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
