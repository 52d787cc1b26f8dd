/**
 * What Banyan answers over HTTP. Reads only: no request changes anything, so no request needs a password. Every answer
 * but the metrics is JSON, and none of them is for a browser to keep, frame or run.
 *
 *   GET /healthz     200 as long as the process answers
 *   GET /readyz      200 when ready, else 503, with the reasons
 *   GET /metrics     Prometheus text format
 *   GET /api/status  LiveStatus
 */
import { Hono } from 'hono'
import type { LiveStatus } from '../telemetry/live-status.ts'
import type { Logger } from '../telemetry/logger.ts'
import { Metrics } from '../telemetry/metrics.ts'
import { messageOf } from '../domain/errors.ts'

/** Of every JSON answer; raised when a field changes its meaning, not when one is added. */
const SCHEMA_VERSION = 1
const METHODS = ['GET', 'HEAD']
const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
}

export interface RoutesParts {
  /** What is true now; called for every answer that tells it. */
  readonly live: () => LiveStatus
  /** May a client ask for this `Host`? */
  readonly isOwnHost: (host: string) => boolean
  readonly logger: Logger
}

export function createRoutes({ live, isOwnHost, logger }: RoutesParts): Hono {
  const metrics = new Metrics()
  const app = new Hono()

  app.use(async (c, next) => {
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value)
    if (!isOwnHost(c.req.header('host') ?? new URL(c.req.url).host)) {
      const hint = 'ask by IP address, or add the name to web.names in the configuration'
      return c.json({ error: 'this is not the host you asked for', hint }, 421)
    }
    if (!METHODS.includes(c.req.method)) {
      c.header('Allow', METHODS.join(', '))
      return c.json({ error: 'only GET and HEAD are answered here' }, 405)
    }
    return next()
  })

  app.get('/healthz', (c) => c.json({ schemaVersion: SCHEMA_VERSION, alive: true }))
  app.get('/readyz', (c) => {
    const { problems, degraded } = live()
    const ready = problems.length === 0
    return c.json({ schemaVersion: SCHEMA_VERSION, ready, problems, degraded }, ready ? 200 : 503)
  })
  app.get('/metrics', async (c) => c.text(await metrics.render(live()), 200, { 'Content-Type': metrics.contentType }))
  app.get('/api/status', (c) => c.json({ schemaVersion: SCHEMA_VERSION, ...live() }))

  app.notFound((c) => c.json({ error: 'no such path' }, 404))
  app.onError((error, c) => {
    logger.error({ path: c.req.path, error: messageOf(error), stack: error.stack }, 'request failed')
    return c.json({ error: 'internal error; the log of the bridge tells more' }, 500)
  })
  return app
}
