/**
 * The manager's page: are they equal, how do we know, as of when, what is not known. Plain words, no hashes, one sheet
 * of paper; every figure leads to the engineer's part.
 */
import { WORST_FIRST } from '../../domain/verdict.ts'
import { formatCount, formatSeconds, plural } from '../../util/format.ts'
import { countUnknown, type Headline } from '../headline.ts'
import type { ParityReport } from '../model.ts'
import { formatShare, formatTime, windowLength } from '../phrases.ts'
import { boundSentence, drawSentence } from '../sampled.ts'
import { INCONCLUSIVE_TEXT, PENDING_TEXT, VERDICT_WORDS } from '../words.ts'
import { html, type Interpolated, type Markup } from './markup.ts'
import { sharesBar, sign } from './sign.ts'
import { time } from './time.ts'

// More would push the page beyond one sheet; the engineer's part has all of them.
const LIMITS_SHOWN = 3
const REASONS_SHOWN = 3
const MASKS_SHOWN = 6
const RULES_SHOWN = 2

export function renderManager(report: ParityReport, headline: Headline): Markup {
  return html`<section id="summary" class="sheet" aria-labelledby="verdict">
    <header class="banner ${headline.state}">
      <p class="kicker">${subject(report)}</p>
      <h1 id="verdict"><span class="state-sign" aria-hidden="true">${headline.glyph}</span> ${headline.title}</h1>
      <p class="sentence">${headline.sentence}</p>
      ${headline.contradictions.length === 0 ? undefined : list(headline.contradictions)}
    </header>
    <div class="questions">
      <div>${areTheyEqual(report)} ${asOfWhen(report)} ${whatNow(report, headline)}</div>
      <div>${howDoWeKnow(report)} ${whatIsNotKnown(report)}</div>
    </div>
  </section>`
}

function subject({ bridge, scope }: ParityReport): string {
  const of = scope.workload === undefined ? 'all tags' : `workload ${scope.workload}`
  const masks = scope.tags.slice(0, MASKS_SHOWN).join(', ')
  const more = scope.tags.length > MASKS_SHOWN ? ` and ${formatCount(scope.tags.length - MASKS_SHOWN)} more` : ''
  return `Historian and log compared · bridge ${bridge} · ${masks === '' ? of : `tags ${masks}${more}`}`
}

function areTheyEqual({ totals, scope }: ParityReport): Markup {
  const rows = WORST_FIRST.toReversed().map((verdict) => {
    const cells = totals.verdicts[verdict]
    return html`<tr class="${cells === 0 ? 'none' : 'some'}">
      <th scope="row">${sign(verdict)} ${VERDICT_WORDS[verdict].label}</th>
      <td class="number"><a href="#verdicts">${formatCount(cells)}</a></td>
      <td class="number">${formatShare(cells, totals.cells)}</td>
    </tr>`
  })
  return question(
    'Are they equal?',
    html`${sharesBar(totals.verdicts)}
      <table class="plain">
        <caption>
          Windows by outcome; one window is ${windowLength(scope.cellSeconds)} of one tag
        </caption>
        <thead class="unseen">
          <tr>
            <th scope="col">Outcome</th>
            <th scope="col">Windows</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">All windows of ${plural(totals.tags, 'tag')}</th>
            <td class="number">${formatCount(totals.cells)}</td>
            <td class="number">${formatShare(totals.cells, totals.cells)}</td>
          </tr>
        </tfoot>
      </table>`,
  )
}

function howDoWeKnow({ scope, sample, compared, totals, explained }: ParityReport): Markup {
  const method =
    scope.policy === 'census'
      ? 'The historian is asked again for every window, apart from the copying, and everything it answers is compared with what the log holds, sample by sample.'
      : 'The historian is asked again for windows drawn at random, apart from the copying. Windows that were not drawn count as not compared, unless somebody looked at them all the same.'
  const rules = explained
    .slice(0, RULES_SHOWN)
    .map(({ text, cells }) => html`<li>${text} (${plural(cells, 'window')})</li>`)
  return question(
    'How do we know?',
    html`<p>${method} One sample lost, added, doubled or changed makes a window differ.</p>
      ${sample === undefined ? undefined : html`<p>${drawSentence(sample)} ${boundSentence(sample, compared)}</p>`}
      <p>
        <a href="#coverage">${plural(totals.samplesProven, 'sample')}</a> of ${formatCount(totals.samplesInLog)} in the
        log lie in windows that are identical or explained.
      </p>
      ${
        rules.length === 0
          ? undefined
          : html`<p>What explains a difference:</p>
              <ul>
                ${rules}
              </ul>`
      }
      <p class="onward"><a href="#tiers">What this comparison can and cannot see</a></p>`,
  )
}

function asOfWhen({ compared, generatedAt, scope }: ParityReport): Markup {
  return question(
    'As of when?',
    html`<dl class="times">
      <dt>Data</dt>
      <dd>${time(scope.from)} to ${time(scope.until)}</dd>
      <dt>Compared</dt>
      <dd>${compared === undefined ? 'never' : comparedWhen(compared)}</dd>
      <dt>Report made</dt>
      <dd>${time(generatedAt)}</dd>
    </dl>`,
  )
}

function comparedWhen({ earliest, latest }: NonNullable<ParityReport['compared']>): Markup {
  return formatTime(earliest) === formatTime(latest) ? time(latest) : html`${time(earliest)} to ${time(latest)}`
}

function whatIsNotKnown(report: ParityReport): Markup {
  const { totals, limits } = report
  const unknown = countUnknown(report)
  const reasons = [...reasonsOf(report.pending, PENDING_TEXT), ...reasonsOf(report.inconclusive, INCONCLUSIVE_TEXT)]
  const share = `${plural(unknown, 'window')} (${formatShare(unknown, totals.cells)}) ${unknown === 1 ? 'is' : 'are'} not known.`
  return question(
    'What is not known?',
    html`<p>${unknown === 0 ? 'Every window was compared.' : html`<a href="#verdicts">${share}</a>`}</p>
      ${reasons.length === 0 ? undefined : list(atMost(reasons, REASONS_SHOWN, 'reason', '#verdicts'))}
      ${
        limits.length === 0
          ? undefined
          : html`<p>What could still be wrong:</p>
              ${list(atMost(limits, LIMITS_SHOWN, 'limit', '#limits'))}`
      }`,
  )
}

function whatNow({ spend }: ParityReport, { state, next }: Headline): Markup {
  const cap = spend.requestsPerSecondCap
  const ceiling = cap === undefined ? '' : `, never more than ${plural(cap, 'request')} a second`
  return question(
    'What to do next?',
    html`<p>${next} ${state === 'not-equal' ? html`<a class="onward" href="#repair">Repair plan</a>` : undefined}</p>
      <p>
        Looking cost the historian <a href="#spend">${plural(spend.requests, 'request')}</a> and
        ${plural(spend.rows, 'sample')} read in ${formatSeconds(spend.seconds)}${ceiling}. Nothing was written to it.
      </p>`,
  )
}

/** Most windows first. */
function reasonsOf<R extends string>(
  counts: Readonly<Partial<Record<R, number>>>,
  texts: Readonly<Record<R, string>>,
): string[] {
  return (Object.entries(counts) as [R, number][])
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${plural(count, 'window')}: ${texts[reason]}`)
}

function atMost(items: readonly string[], max: number, noun: string, link: string): Interpolated[] {
  const left = items.length - max
  return left <= 0 ? [...items] : [...items.slice(0, max), html`<a href="${link}">and ${plural(left, noun)} more</a>`]
}

function question(title: string, body: Markup): Markup {
  return html`<section>
    <h2>${title}</h2>
    ${body}
  </section>`
}

function list(items: readonly Interpolated[]): Markup {
  return html`<ul>
    ${items.map((item) => html`<li>${item}</li>`)}
  </ul>`
}
