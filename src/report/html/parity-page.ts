/**
 * A parity report as one page. The manager's page and the engineer's tables are plain markup and need no script at all;
 * the heat map, the trends and the filters do.
 */
import { headlineOf } from '../headline.ts'
import type { ParityReport } from '../model.ts'
import { loadPageAssets, type PageAssets } from './assets.ts'
import { renderDocument } from './document.ts'
import { renderEngineer } from './engineer.ts'
import { pageReport } from './page-report.ts'
import { renderManager } from './manager.ts'
import { html } from './markup.ts'

/** Throws BANYAN_FILE when the page's script and style were not built. */
export function renderParityPage(report: ParityReport, assets: PageAssets = loadPageAssets()): string {
  const headline = headlineOf(report)
  const body = html`<a class="skip" href="#engineer">Skip to the engineer’s part</a>
    <main>${renderManager(report, headline)} ${renderEngineer(report)}</main>
    <noscript>Heat map, trends and filters need JavaScript; everything above does not.</noscript>`
  return renderDocument({
    title: `${headline.title}: parity of ${report.scope.workload ?? report.bridge}`,
    style: assets.style,
    body,
    script: { text: assets.script, report: pageReport(report) },
  })
}
