/** One workload on the cutover page: its ribbon of phases, the gates before its next step, its history and evidence. */
import { formatCount, plural } from '../../util/format.ts'
import { checklistSentence, workloadHeadline } from '../cutover-headline.ts'
import type { Checklist, GateReport, WorkloadReport } from '../cutover-model.ts'
import { ANSWER_WORDS, PHASE_TEXT, STOP_WORDS, stepText } from '../cutover-words.ts'
import { foreign, html, type Interpolated, type Markup } from './markup.ts'
import { table } from './sections.ts'
import { time } from './time.ts'

/** Digits that are shown at once. */
const HASH_SHOWN = 10

export function renderWorkload(report: WorkloadReport, id: string): Markup {
  const { workload, checklist } = report
  const { mood, glyph, title, sentence, next } = workloadHeadline(report, checklist)
  return html`<section id="${id}" class="workload" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${foreign(workload)}</h2>
    <p class="mood ${mood}"><span aria-hidden="true">${glyph}</span> ${title}</p>
    <p>${sentence} ${next}</p>
    ${ribbon(report)} ${facts(report)}
    <h3>Gates</h3>
    ${checklist === undefined ? html`<p>The gates were not asked.</p>` : gates(checklist)}
    <h3>History</h3>
    ${history(report)} ${waivers(report)}
  </section>`
}

function ribbon({ ribbon: stops, percent }: WorkloadReport): Markup {
  return html`<ol class="ribbon" aria-label="Phases">
    ${stops.map(({ phase, standing, enteredAt }) => {
      const { glyph, label } = STOP_WORDS[standing]
      const share = phase === 'canary' && standing === 'here' ? ` ${percent} %` : ''
      const entered = enteredAt === undefined ? undefined : html`<span class="entered">${time(enteredAt)}</span>`
      const text = html`<span class="stop-sign" aria-hidden="true">${glyph}</span> ${PHASE_TEXT[phase].label}${share}
        <span class="unseen">${label}</span> ${entered}`
      return standing === 'here'
        ? html`<li class="here" aria-current="step" title="${PHASE_TEXT[phase].meaning}">${text}</li>`
        : html`<li class="${standing}" title="${PHASE_TEXT[phase].meaning}">${text}</li>`
    })}
  </ol>`
}

function facts(report: WorkloadReport): Markup {
  const { quarantine, frozen, request, drill, evidence, approvals, consumers, epoch, version } = report
  const rows: (readonly [string, Interpolated] | undefined)[] = [
    quarantine && ['Quarantine', html`since ${time(quarantine.at)} (${quarantine.cause}) ${because(quarantine)}`],
    frozen && ['Freeze', html`since ${time(frozen.at)} by ${foreign(frozen.by)} ${because(frozen)}`],
    consumers.length === 0
      ? undefined
      : [
          'Consumers',
          consumers.map(({ name, side }) => html`<span class="consumer">${foreign(name)}: ${side}</span> `),
        ],
    request && [
      'Request',
      html`${request.id}, of ${time(request.at)}: ${plural(request.cells, 'window')} of ${plural(request.tags, 'tag')},
      ${time(request.from)} to ${time(request.until)}`,
    ],
    approvals.length === 0
      ? undefined
      : ['Approvals', approvals.map(({ actor, at }) => html`<span>${foreign(actor)}, ${time(at)}</span> `)],
    drill && ['Way back rehearsed', html`${time(drill.at)}, in ${drill.seconds} s`],
    evidence === undefined ? undefined : ['Evidence of this step', html`<code>${evidence}</code>`],
    ['Epoch of evidence', formatCount(epoch)],
    ['Version of routing', formatCount(version)],
  ]
  return html`<dl class="facts">
    ${rows.map((row) =>
      row === undefined
        ? undefined
        : html`<dt>${row[0]}</dt>
            <dd>${row[1]}</dd>`,
    )}
  </dl>`
}

function because({ reason }: { readonly reason: string | undefined }): Interpolated {
  return reason === undefined ? undefined : html`: ${foreign(reason)}`
}

function gates(checklist: Checklist): Markup {
  const { manifestHash, obstacles, gates: asked } = checklist
  return html`<p>${checklistSentence(checklist)}.</p>
    ${
      obstacles.length === 0
        ? undefined
        : html`<ul class="obstacles">
            ${obstacles.map(({ reason, hint }) => html`<li>${foreign(reason)}. ${hint}</li>`)}
          </ul>`
    }
    ${asked.length === 0 ? html`<p>No gate stands before this step.</p>` : table('Gate by gate', ['Gate', 'Question', 'Answer', 'Why'], asked.map(gateRow))}
    ${manifestHash === undefined ? undefined : html`<p>Evidence <code>${manifestHash}</code></p>`}`
}

function gateRow({ gate, question, outcome, reasons }: GateReport): Interpolated[] {
  const { glyph, label } = ANSWER_WORDS[outcome]
  const why =
    reasons.length === 1
      ? foreign(reasons[0] ?? '')
      : html`<ul>
          ${reasons.map((reason) => html`<li>${foreign(reason)}</li>`)}
        </ul>`
  return [gate, question, html`<span class="sign ${outcome}" aria-hidden="true">${glyph}</span> ${label}`, why]
}

/** Newest first: what happened last is what one looks for. */
function history({ moves, movesLeftOut }: WorkloadReport): Markup {
  if (moves.length === 0) return html`<p>Nothing was decided yet.</p>`
  const rows = moves
    .toReversed()
    .map(({ seq, at, actor, what, from, to, percent, reason, manifestHash, hash }) => [
      String(seq),
      time(at),
      foreign(actor),
      foreign(what),
      from === to ? stepText({ phase: to, percent }) : `${from} → ${stepText({ phase: to, percent })}`,
      reason === undefined ? '' : foreign(reason),
      hashText(hash),
      manifestHash === undefined ? '' : hashText(manifestHash),
    ])
  return html`${table('Decisions, newest first', ['Event', 'At', 'Who', 'Did', 'Phase', 'Why', 'Hash', 'Evidence'], rows)}
  ${movesLeftOut === 0 ? undefined : html`<p>and ${plural(movesLeftOut, 'older event')}</p>`}`
}

/** Enough of it to tell two apart; all of it for whoever asks. */
function hashText(hash: string): Markup {
  return html`<details>
    <summary><code>${hash.slice(0, HASH_SHOWN)}…</code></summary>
    <code>${hash}</code>
  </details>`
}

function waivers({ waivers: all }: WorkloadReport): Interpolated {
  if (all.length === 0) return undefined
  return html`<h3>Waivers</h3>
    ${table(
      'Differences that somebody took responsibility for, newest first',
      ['Tag', 'From', 'Until', 'Owner', 'Why', 'Ends', 'State'],
      all.map(({ tag, from, until, owner, reason, expiresAt, inForce }) => [
        foreign(tag),
        time(from),
        time(until),
        foreign(owner),
        foreign(reason),
        time(expiresAt),
        inForce ? '✓ in force' : '✕ ended',
      ]),
    )}`
}
