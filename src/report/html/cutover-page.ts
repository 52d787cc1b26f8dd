/**
 * A cutover report as one page: where every workload stands, what stands before its next step and why, who decided what
 * and on which evidence. Plain markup; it runs no script at all.
 */
import { formatCount, plural } from '../../util/format.ts'
import { cutoverHeadline } from '../cutover-headline.ts'
import type { ChainReport, CutoverReport, WorkloadReport } from '../cutover-model.ts'
import { stepText } from '../cutover-words.ts'
import { loadCutoverStyle } from './assets.ts'
import { renderDocument } from './document.ts'
import { foreign, html, type Markup } from './markup.ts'
import { section, table } from './sections.ts'
import { time } from './time.ts'
import { renderWorkload } from './workload-part.ts'

/** Throws BANYAN_FILE when the page's style was not built. */
export function renderCutoverPage(report: CutoverReport, style: string = loadCutoverStyle()): string {
  const body = html`<a class="skip" href="#workloads">Skip to the workloads</a>
    <main>
      ${summary(report)}
      <div id="workloads">
        ${navigation(report)} ${report.workloads.map((workload, i) => renderWorkload(workload, idOf(i)))}
        ${section('chain', 'Audit chain', chain(report))}
      </div>
    </main>`
  return renderDocument({ title: `${cutoverHeadline(report).title}: cutover of ${report.bridge}`, style, body })
}

/** By place: a name may hold anything. */
function idOf(index: number): string {
  return `workload-${index + 1}`
}

function summary(report: CutoverReport): Markup {
  const { mood, glyph, title, sentence, next } = cutoverHeadline(report)
  return html`<section id="summary" class="sheet" aria-labelledby="headline">
    <header class="banner ${mood}">
      <p class="kicker">Cutover · bridge ${foreign(report.bridge)} · report of ${time(report.generatedAt)}</p>
      <h1 id="headline"><span class="state-sign" aria-hidden="true">${glyph}</span> ${title}</h1>
      <p class="sentence">${sentence}</p>
      <p>${next}</p>
    </header>
    ${
      report.workloads.length === 0
        ? undefined
        : table(
            'Where every workload stands',
            ['Workload', 'Class', 'Phase', 'Since', 'Consumers read', 'Next step', 'Held by'],
            report.workloads.map((workload, i) => [
              html`<a href="#${idOf(i)}">${foreign(workload.workload)}</a>`,
              workload.criticality ?? 'not configured any more',
              stepText(workload),
              workload.since === undefined ? '—' : time(workload.since),
              readsText(workload),
              workload.next === undefined ? '—' : stepText(workload.next),
              heldBy(workload),
            ]),
          )
    }
  </section>`
}

function readsText({ serve, percent }: WorkloadReport): string {
  if (serve === 'historian') return 'the historian'
  return percent === 100 ? 'the log' : `${percent} % of them the log`
}

function heldBy({ quarantine, frozen }: WorkloadReport): Markup {
  return html`${quarantine === undefined ? '' : `quarantine (${quarantine.cause}) `}
  ${frozen === undefined ? '' : html`freeze by ${foreign(frozen.by)}`}`
}

function navigation({ workloads }: CutoverReport): Markup {
  return html`<nav aria-label="Sections">
    <ul>
      ${workloads.map(({ workload }, i) => html`<li><a href="#${idOf(i)}">${foreign(workload)}</a></li>`)}
      <li><a href="#chain">Audit chain</a></li>
    </ul>
  </nav>`
}

function chain({ chain: { events, head, unpublished }, version }: CutoverReport): Markup {
  return html`<p>
      Every decision is one event, and each event holds the hash of the one before it. Whoever keeps the last hash can
      tell later that nothing before it was changed.
    </p>
    ${table(
      'The chain as of this report',
      ['What', 'Value'],
      [
        ['Events', formatCount(events)],
        ['Last event', head === undefined ? 'none' : String(head.seq)],
        ['Its hash', head === undefined ? 'none' : html`<code>${head.hash}</code>`],
        ['The log was not told yet of', untold(unpublished)],
        ['Banyan', version],
      ],
    )}
    <p>
      <code>banyan evidence export</code> bundles what a step rests on; <code>banyan evidence verify</code> derives the
      decision again from the bundle, without access to this site.
    </p>`
}

function untold(unpublished: ChainReport['unpublished']): string {
  return unpublished === 0 ? 'nothing' : plural(unpublished, 'event')
}
