/** The console's front page: what this bridge is, whether it is ready, and where to read more. No script, no style. */
import { html } from '../report/html/markup.ts'
import type { LiveStatus } from '../telemetry/live-status.ts'

const PLACES = [
  ['/report/parity', 'Parity report: is the log equal to the historian?'],
  ['/api/report/parity', 'the same as JSON'],
  ['/report/cutover', 'Cutover report: where each workload stands, and why'],
  ['/api/report/cutover', 'the same as JSON'],
  ['/api/status', 'Status as JSON'],
  ['/metrics', 'Metrics for Prometheus'],
  ['/readyz', 'Readiness, with the reasons'],
  ['/healthz', 'Health of the process'],
] as const

export function renderIndex({ bridge, version, problems }: LiveStatus): string {
  const state =
    problems.length === 0
      ? 'Ready.'
      : `Not ready: ${problems.map(({ reason, detail }) => `${reason}, ${detail}`).join('; ')}`
  const body = html`<main>
    <h1>Banyan bridge ${bridge}</h1>
    <p>Version ${version}. ${state}</p>
    <ul>
      ${PLACES.map(([path, text]) => html`<li><a href="${path}">${path}</a>: ${text}</li>`)}
    </ul>
  </main>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${html`Banyan ${bridge}`.toString()}</title>
</head>
<body>${body.toString()}</body>
</html>
`
}
