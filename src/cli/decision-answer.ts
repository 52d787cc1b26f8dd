/** How a decision of the desk is told: what was decided and where the workload stands now, or why it was refused. */
import type { Assessment, Outcome } from '../app/cutover/outcome.ts'
import { moveOf, nextChecklist, standingReport } from '../app/cutover/report.ts'
import type { CutoverAction } from '../cutover/events.ts'
import { isOpen, workloadHeadline } from '../report/cutover-headline.ts'
import type { Checklist } from '../report/cutover-model.ts'
import { renderChecklist } from '../report/cutover-table.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import type { Output } from './output.ts'

/** 3 where something speaks against the step, 4 where the evidence does not say. */
export function exitOf({ target, mayAdvance, obstacles, decision }: Assessment): ExitCode {
  if (mayAdvance || target === undefined) return EXIT.done
  return decision?.outcome === 'unknown' && obstacles.length === 0 ? EXIT.incomplete : EXIT.refused
}

/** What the gates said; undefined where none were asked. */
export function checklistOf(assessment: Assessment | undefined): Checklist | undefined {
  return assessment === undefined ? undefined : nextChecklist(assessment)
}

export function answerOutcome(output: Output, workload: string, outcome: Outcome): ExitCode {
  output.answer({ workload, ...outcomeModel(outcome) }, () => outcomeText(workload, outcome))
  noteWhatFollows(output, outcome)
  return exitOfOutcome(outcome)
}

/** Of several workloads; exit 3 when any of them was refused. */
export function answerOutcomes(output: Output, outcomes: ReadonlyMap<string, Outcome>): ExitCode {
  const results = [...outcomes]
  output.answer({ results: results.map(([workload, outcome]) => ({ workload, ...outcomeModel(outcome) })) }, () =>
    results.length === 0
      ? 'No workload is concerned.'
      : results.map(([workload, outcome]) => outcomeText(workload, outcome)).join('\n'),
  )
  return results.some(([, { kind }]) => kind === 'refused') ? EXIT.refused : EXIT.done
}

function outcomeModel(outcome: Outcome): object {
  const checklist = checklistOf(outcome.assessment)
  if (outcome.kind === 'refused') {
    const { reason, hint } = outcome
    return { decided: false, reason, hint, checklist }
  }
  const { event, standing, unpublished } = outcome
  return { decided: true, event: moveOf(event), standing: standingReport(standing), unpublished, checklist }
}

function outcomeText(workload: string, outcome: Outcome): string {
  if (outcome.kind === 'refused') {
    const checklist = checklistOf(outcome.assessment)
    const why = `Refused: ${workload}: ${outcome.reason}. ${outcome.hint}`
    // What passed when it was asked, and was refused by what happened meanwhile, would only confuse.
    return checklist === undefined || isOpen(checklist) ? why : `${renderChecklist(checklist)}\n${why}`
  }
  const { seq, actor, what } = moveOf(outcome.event)
  const { sentence } = workloadHeadline(standingReport(outcome.standing), undefined)
  return `Event ${seq}: ${actor} ${what}.\n${sentence}`
}

function noteWhatFollows(output: Output, outcome: Outcome): void {
  if (outcome.kind === 'refused') return
  const { event, standing, unpublished } = outcome
  if (unpublished !== undefined) {
    output.note(`The log could not be told yet (${unpublished}). The decision stands; the daemon goes on trying.`)
  }
  const { workload } = standing
  const next = NEXT[event.action]?.(workload) ?? workloadHeadline(standingReport(standing), undefined).next
  output.note(`Next: ${next}`)
}

/** Where it does not follow from where the workload stands alone. */
const NEXT: Readonly<Partial<Record<CutoverAction, (workload: string) => string>>> = {
  request: (workload) =>
    `let everything be compared anew, by "banyan sync" or "banyan verify"; then: banyan cutover plan ${workload}`,
  approve: (workload) => `when enough people have approved: banyan cutover advance ${workload}`,
}

function exitOfOutcome(outcome: Outcome): ExitCode {
  if (outcome.kind === 'decided') return EXIT.done
  return outcome.assessment === undefined ? EXIT.refused : refusalExit(outcome.assessment)
}

/** What the gates let pass may have been refused all the same, by what happened meanwhile. */
function refusalExit(assessment: Assessment): ExitCode {
  const code = exitOf(assessment)
  return code === EXIT.done ? EXIT.refused : code
}
