/**
 * The engineer's part: what the manager's page rests on. Tables are plain markup; places for what the script draws
 * (heat map, tags, doubtful cells) are empty until it runs.
 */
import { DIFFERENCE_CLASSES, VERDICTS, type ClassCounts } from '../../domain/verdict.ts'
import { formatCount, formatSeconds, plural } from '../../util/format.ts'
import type { ParityReport, TierCapability } from '../model.ts'
import { formatShare, formatTime, windowLength } from '../phrases.ts'
import { CLASS_TEXT, INCONCLUSIVE_TEXT, PENDING_TEXT, STEP_TEXT, VERDICT_WORDS } from '../words.ts'
import { html, type Interpolated, type Markup } from './markup.ts'
import { section, table } from './sections.ts'
import { labelled } from './sign.ts'

export function renderEngineer(report: ParityReport): Markup {
  return html`<div id="engineer">
    <nav aria-label="Sections">
      <ul>
        ${SECTIONS.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
      </ul>
    </nav>
    ${SECTIONS.map(([id, title, body]) => section(id, title, body(report)))}
  </div>`
}

/** In the order of the page. */
const SECTIONS: readonly (readonly [string, string, (report: ParityReport) => Markup])[] = [
  ['verdicts', 'Verdicts', verdicts],
  ['coverage', 'Coverage', coverage],
  ['heat', 'Heat map', () => html`<div id="heat-map"></div>`],
  ['tags', 'Tags', () => html`<div id="tag-table"></div>`],
  ['differences', 'Differences', differences],
  ['doubtful', 'Doubtful windows', () => html`<div id="doubtful-cells"></div>`],
  ['repair', 'Repair plan', repair],
  ['spend', 'Load', spend],
  ['tiers', 'What it can see', tiers],
  ['limits', 'Limits', limits],
  ['rules', 'Rules', rules],
]

function verdicts({ totals, inconclusive, pending }: ParityReport): Markup {
  const rows = VERDICTS.map((verdict) => [
    labelled(verdict),
    formatCount(totals.verdicts[verdict]),
    formatShare(totals.verdicts[verdict], totals.cells),
    formatCount(totals.tagsByWorst[verdict]),
    VERDICT_WORDS[verdict].meaning,
  ])
  const law = `${VERDICTS.map((verdict) => `${formatCount(totals.verdicts[verdict])} ${verdict}`).join(' + ')} = ${formatCount(totals.cells)} expected`
  const reasons = [
    ...reasonRows('pending', pending, PENDING_TEXT),
    ...reasonRows('inconclusive', inconclusive, INCONCLUSIVE_TEXT),
  ]
  return html`${table(
      'Windows by verdict; tags by their worst window',
      ['Verdict', '#Windows', '#Share', '#Tags', 'These windows …'],
      rows,
    )}
    <p class="law">${law}</p>
    ${
      reasons.length === 0
        ? undefined
        : table('Why windows are not known', ['Verdict', 'Reason', '#Windows', 'Meaning'], reasons)
    }`
}

function reasonRows<R extends string>(
  verdict: 'pending' | 'inconclusive',
  counts: Readonly<Partial<Record<R, number>>>,
  texts: Readonly<Record<R, string>>,
): Interpolated[][] {
  return (Object.entries(counts) as [R, number][]).map(([reason, count]) => [
    labelled(verdict),
    reason,
    formatCount(count),
    texts[reason],
  ])
}

/** Each step a part of the one before, as a bar and as numbers. */
function coverage({ waterfall, totals }: ParityReport): Markup {
  const rows = waterfall.map(({ step, cells }, i) => {
    const lost = (waterfall[i - 1]?.cells ?? cells) - cells
    const width = totals.cells === 0 ? 0 : (cells / totals.cells) * 100
    return [
      STEP_TEXT[step],
      html`<svg class="bar" aria-hidden="true" viewBox="0 0 100 10" preserveAspectRatio="none">
        <rect class="track" width="100" height="10"></rect>
        <rect class="fill" width="${width.toFixed(2)}" height="10"></rect>
      </svg>`,
      formatCount(cells),
      formatShare(cells, totals.cells),
      lost === 0 ? '' : `−${formatCount(lost)}`,
    ]
  })
  return table('From what was expected to what is proven', ['Step', 'Part', '#Windows', '#Share', '#Left out'], rows)
}

function differences({ classes, causes, explained }: ParityReport): Markup {
  const found = DIFFERENCE_CLASSES.filter((name) => (classes[name] ?? 0) > 0)
  return html`${
      found.length === 0
        ? html`<p>No difference without an explanation was found.</p>`
        : table('Samples that differ', ['Class', '#Samples', 'Meaning'], classRows(classes, found))
    }
    ${
      causes.length === 0
        ? undefined
        : table(
            'Probable causes',
            ['Cause', '#Windows', '#Tags', 'What it means and what to do'],
            causes.map(({ cause, cells, tags, text }) => [cause, formatCount(cells), formatCount(tags), text]),
          )
    }
    ${
      explained.length === 0
        ? undefined
        : table(
            'Differences that a rule explains',
            ['Rule', '#Windows', '#Samples', 'Why it is no fault'],
            explained.map(({ rule, cells, samples, text }) => [rule, formatCount(cells), formatCount(samples), text]),
          )
    }
    <div id="histograms"></div>`
}

function classRows(classes: ClassCounts, names: readonly (keyof ClassCounts)[]): Interpolated[][] {
  return names.map((name) => [name, formatCount(classes[name] ?? 0), CLASS_TEXT[name]])
}

function repair({ repairPlan }: ParityReport): Markup {
  const tags = new Set(repairPlan.windows.map(({ tag }) => tag)).size
  if (repairPlan.windows.length === 0) return html`<p>There is nothing to replay.</p>`
  return html`<p>
      ${plural(repairPlan.windows.length, 'window')} of ${plural(tags, 'tag')} would be replayed through the normal path
      and compared again. Save the plan, look through it, then run
      <code>banyan repair --plan banyan-repair-plan.json --dry-run</code> and the same without <code>--dry-run</code>.
    </p>
    <div id="repair-plan"></div>`
}

function spend({ spend: { requests, rows, seconds, requestsPerSecondCap } }: ParityReport): Markup {
  const rate = seconds === 0 ? undefined : requests / seconds
  const used =
    rate === undefined || requestsPerSecondCap === undefined
      ? 'not known'
      : formatShare(Math.min(rate, requestsPerSecondCap), requestsPerSecondCap)
  return table(
    'What looking cost the historian',
    ['Figure', '#Value'],
    [
      ['Requests', formatCount(requests)],
      ['Samples read', formatCount(rows)],
      ['Time', formatSeconds(seconds)],
      ['Requests a second, on average', rate === undefined ? 'not known' : rate.toFixed(1)],
      ['Requests a second, ceiling', requestsPerSecondCap === undefined ? 'none' : formatCount(requestsPerSecondCap)],
      ['Part of the ceiling used', used],
    ],
  )
}

/** Faults down, tiers across. */
function tiers({ tiers: all }: ParityReport): Markup {
  if (all.length === 0) return html`<p>This report does not say what its comparison can see.</p>`
  const faults = [...new Set(all.flatMap(({ sees, cannotSee }) => [...sees, ...cannotSee]))]
  return html`<dl class="tiers">
      ${all.map(
        ({ tier, text }) =>
          html`<dt>${tier}</dt>
            <dd>${text}</dd>`,
      )}
    </dl>
    ${table(
      'Faults by what sees them',
      ['Fault', ...all.map(({ tier }) => tier)],
      faults.map((fault) => [fault, ...all.map((tier) => sight(tier, fault))]),
    )}`
}

function sight({ sees, cannotSee }: TierCapability, fault: string): string {
  if (sees.includes(fault)) return '✓ sees it'
  return cannotSee.includes(fault) ? '✕ blind to it' : 'not tried'
}

function limits({ limits: all }: ParityReport): Markup {
  if (all.length === 0) return html`<p>None are stated.</p>`
  return html`<ul>
    ${all.map((limit) => html`<li>${limit}</li>`)}
  </ul>`
}

function rules({ scope, bridge, version, generatedAt, compared }: ParityReport): Markup {
  return table(
    'What was compared, and by which rules',
    ['What', 'Value'],
    [
      ['Bridge', bridge],
      ['Workload', scope.workload ?? 'none in particular'],
      ['Tags asked for', scope.tags.length === 0 ? 'all' : scope.tags.join(', ')],
      ['From', formatTime(scope.from)],
      ['Until, exclusive', formatTime(scope.until)],
      ['One window', `${windowLength(scope.cellSeconds)} of one tag`],
      ['Policy', scope.policy],
      ['Rules of comparison', html`<code>${scope.rules}</code>`],
      ['First compared', compared === undefined ? 'never' : formatTime(compared.earliest)],
      ['Last compared', compared === undefined ? 'never' : formatTime(compared.latest)],
      ['Report made', formatTime(generatedAt)],
      ['Banyan', version],
    ],
  )
}
