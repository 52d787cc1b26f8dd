/**
 * A cutover report for the terminal: what it comes down to, where every workload stands, what stands before its next
 * step, and the newest of what was decided. Its parts also answer the commands of `banyan cutover`.
 */
import { plural } from '../util/format.ts'
import { printable } from '../util/printable.ts'
import { renderTable } from '../util/text-table.ts'
import { checklistSentence, cutoverHeadline, workloadHeadline } from './cutover-headline.ts'
import type { Checklist, CutoverReport, MoveReport, WorkloadReport, WorkloadStanding } from './cutover-model.ts'
import { ANSWER_WORDS, stepText } from './cutover-words.ts'
import { formatTime } from './phrases.ts'

/** Half a screen per workload; `banyan cutover history` has all of them. */
const MOVES_SHOWN = 12

/** Lines without a trailing newline. */
export function renderCutoverTable(report: CutoverReport): string {
  const { glyph, title, sentence, next } = cutoverHeadline(report)
  const { chain, workloads } = report
  const head = chain.head === undefined ? 'no event yet' : `event ${chain.head.seq}, ${chain.head.hash}`
  const untold = chain.unpublished === 0 ? '' : `; the log lacks ${plural(chain.unpublished, 'event')}`
  const summary = [
    `${glyph} ${title}. ${sentence}`,
    `Bridge    ${report.bridge}, report of ${formatTime(report.generatedAt)}`,
    `Chain     ${plural(chain.events, 'event')}, ends with ${head}${untold}`,
    `Next      ${next}`,
  ]
  const parts = [summary.map(printable).join('\n'), workloads.length === 0 ? '' : renderStandings(workloads)]
  return [...parts, ...workloads.map(workloadPart)].filter((part) => part !== '').join('\n\n')
}

/** One row per workload. */
export function renderStandings(standings: readonly WorkloadStanding[]): string {
  return renderTable(
    [
      { title: 'WORKLOAD' },
      { title: 'CLASS' },
      { title: 'PHASE' },
      { title: 'SINCE' },
      { title: 'READS' },
      { title: 'NEXT STEP' },
      { title: 'REQUEST', align: 'right' },
      { title: 'APPROVALS', align: 'right' },
      { title: 'HELD BY' },
    ],
    standings.map((standing) => [
      standing.workload,
      standing.criticality ?? 'gone',
      stepText(standing),
      standing.since === undefined ? '-' : formatTime(standing.since),
      standing.serve,
      standing.next === undefined ? '-' : stepText(standing.next),
      standing.request?.id ?? '-',
      standing.approvals.length,
      heldBy(standing),
    ]),
  )
}

function heldBy({ frozen, quarantine }: WorkloadStanding): string {
  return [
    ...(quarantine === undefined ? [] : [`quarantine (${quarantine.cause})`]),
    ...(frozen === undefined ? [] : [`freeze by ${frozen.by}`]),
  ].join(', ')
}

function workloadPart(report: WorkloadReport): string {
  const { glyph, title, sentence, next } = workloadHeadline(report, report.checklist)
  const { checklist, moves, movesLeftOut, waivers } = report
  const shown = moves.slice(-MOVES_SHOWN)
  const older = movesLeftOut + moves.length - shown.length
  const inForce = waivers.filter((waiver) => waiver.inForce).length
  return [
    [`${glyph} ${report.workload}: ${title.toLowerCase()}. ${sentence}`, `  ${next}`].map(printable).join('\n'),
    checklist === undefined ? '' : renderChecklist(checklist),
    shown.length === 0 ? '' : `${renderMoves(shown)}${older === 0 ? '' : `\nand ${plural(older, 'older event')}`}`,
    inForce === 0 ? '' : `${plural(inForce, 'waiver')} in force`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** Gate by gate, with the reasons. */
export function renderChecklist(checklist: Checklist): string {
  const { manifestHash, obstacles, gates } = checklist
  const rows = gates.flatMap(({ gate, outcome, reasons }) => {
    const { glyph, label } = ANSWER_WORDS[outcome]
    const [first = '', ...others] = reasons
    return [[gate, `${glyph} ${label}`, first], ...others.map((reason) => ['', '', reason])]
  })
  return [
    `${checklistSentence(checklist)}.`,
    ...obstacles.map(({ reason, hint }) => printable(`! ${reason}. ${hint}`)),
    ...(rows.length === 0 ? [] : [renderTable([{ title: 'GATE' }, { title: 'ANSWER' }, { title: 'WHY' }], rows)]),
    ...(manifestHash === undefined ? [] : [`Evidence  ${manifestHash}`]),
  ].join('\n')
}

/** One row per event, in the order given. */
export function renderMoves(moves: readonly (MoveReport & { readonly workload?: string })[]): string {
  const isNamed = moves.some(({ workload }) => workload !== undefined)
  return renderTable(
    [
      { title: 'EVENT', align: 'right' },
      { title: 'AT' },
      ...(isNamed ? [{ title: 'WORKLOAD' }] : []),
      { title: 'WHO' },
      { title: 'DID' },
      { title: 'THEN' },
      { title: 'WHY' },
    ],
    moves.map(({ seq, at, workload, actor, what, to, percent, reason }) => [
      seq,
      formatTime(at),
      ...(isNamed ? [workload ?? ''] : []),
      actor,
      what,
      stepText({ phase: to, percent }),
      reason ?? '',
    ]),
  )
}
