/**
 * What Banyan answers over HTTP. Reads only: no request changes anything, so no request needs a password. Every answer
 * but the metrics and two pages is JSON; none of them is for a browser to keep or frame, and one alone is for it to run.
 *
 *   GET /                   what there is
 *   GET /healthz            200 as long as the process answers
 *   GET /readyz             200 when ready, else 503, with the reasons
 *   GET /metrics            Prometheus text format
 *   GET /api/status         LiveStatus
 *   GET /api/report/parity  ParityReport of everything that is copied, some seconds old at most
 *   GET /report/parity      the same as a page
 *   GET /api/report/cutover CutoverReport, some seconds old at most
 *   GET /report/cutover     the same as a page
 *   GET /api/routing/{workload}   the side its consumers are to read; see routing.ts
 */
import { type Context, Hono } from 'hono'
import type { CutoverReport } from '../report/cutover-model.ts'
import { renderCutoverPage } from '../report/html/cutover-page.ts'
import { renderParityPage } from '../report/html/parity-page.ts'
import type { ParityReport } from '../report/model.ts'
import type { LiveStatus } from '../telemetry/live-status.ts'
import type { Logger } from '../telemetry/logger.ts'
import { Metrics } from '../telemetry/metrics.ts'
import { isBanyanError, messageOf } from '../domain/errors.ts'
import { renderIndex } from './index-page.ts'
import { ReportCache } from './report-cache.ts'
import { RoutingRoute, type RoutingSource } from './routing.ts'

/** Of every JSON answer; raised when a field changes its meaning, not when one is added. */
const SCHEMA_VERSION = 1
const METHODS = ['GET', 'HEAD']
const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
}

/** The report's page names by their hashes the one script and the one style it may run, and refuses all others itself. */
const PAGE_POLICY = "frame-ancestors 'none'"
/** An empty icon, so that browsers ask for none. */
const INDEX_POLICY = "default-src 'none'; img-src data:; frame-ancestors 'none'"

export interface RoutesParts {
  /** What is true now; called for every answer that tells it. */
  readonly live: () => LiveStatus
  /** Makes the parity report; rejects with BANYAN_USAGE when it would be too large to be answered. */
  readonly report: () => Promise<ParityReport>
  readonly cutoverReport: () => Promise<CutoverReport>
  readonly routing: RoutingSource
  /** May a client ask for this `Host`? */
  readonly isOwnHost: (host: string) => boolean
  readonly logger: Logger
}

export function createRoutes({ live, report, cutoverReport, routing, isOwnHost, logger }: RoutesParts): Hono {
  const metrics = new Metrics()
  const reports = [
    ['parity', new ReportCache(report, (made) => renderParityPage(made))],
    ['cutover', new ReportCache(cutoverReport, (made) => renderCutoverPage(made))],
  ] as const
  const routes = new RoutingRoute(routing, SCHEMA_VERSION)
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

  app.get('/', (c) => {
    c.header('Content-Security-Policy', INDEX_POLICY)
    return c.html(renderIndex(live()))
  })
  app.get('/healthz', (c) => c.json({ schemaVersion: SCHEMA_VERSION, alive: true }))
  app.get('/readyz', (c) => {
    const { problems, degraded } = live()
    const ready = problems.length === 0
    return c.json({ schemaVersion: SCHEMA_VERSION, ready, problems, degraded }, ready ? 200 : 503)
  })
  app.get('/metrics', async (c) => c.text(await metrics.render(live()), 200, { 'Content-Type': metrics.contentType }))
  app.get('/api/status', (c) => c.json({ schemaVersion: SCHEMA_VERSION, ...live() }))
  for (const [name, cache] of reports) {
    app.get(`/api/report/${name}`, (c) =>
      answered(c, async () => c.body(await cache.text('json'), 200, { 'Content-Type': 'application/json' })),
    )
    app.get(`/report/${name}`, (c) =>
      answered(c, async () => {
        const page = await cache.text('html')
        c.header('Content-Security-Policy', PAGE_POLICY)
        return c.html(page)
      }),
    )
  }

  app.get('/api/routing/:workload', (c) => routes.answer(c))

  app.notFound((c) => c.json({ error: 'no such path' }, 404))
  app.onError((error, c) => {
    logger.error({ path: c.req.path, error: messageOf(error), stack: error.stack }, 'request failed')
    return c.json({ error: 'internal error; the log of the bridge tells more' }, 500)
  })
  return app
}

async function answered(c: Context, answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer()
  } catch (error) {
    if (!isBanyanError(error, 'BANYAN_USAGE')) throw error
    return c.json({ error: error.message, hint: error.hint }, 422)
  }
}
