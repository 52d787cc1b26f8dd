/**
 * `banyan cutover advance | rollback | drill`: decisions that move consumers. Each shows first what it would do, and has
 * to be confirmed by the name of the workload.
 */
import type { CutoverDesk } from '../../app/cutover/desk.ts'
import type { Preview, Refused } from '../../app/cutover/outcome.ts'
import { standingReport } from '../../app/cutover/report.ts'
import { workloadHeadline } from '../../report/cutover-headline.ts'
import { renderChecklist } from '../../report/cutover-table.ts'
import { stepText } from '../../report/cutover-words.ts'
import { ask, mustAsk } from '../confirm.ts'
import type { CommandContext } from '../context.ts'
import { answerOutcome, checklistOf } from '../decision-answer.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { MoveFlags } from '../flags.ts'
import { byOf, withDesk } from '../with-desk.ts'
import { plan } from './cutover-look.ts'

/** Whoever typed the name has seen another step than the one that would be taken. */
const OVERTAKEN: Refused = {
  kind: 'refused',
  reason: 'something else was decided about it before this was confirmed',
  hint: 'Look at its history, then try again.',
}

const NOTHING_DONE = 'Nothing was decided: --dry-run.'

/** Exit 3 when a gate or the state of the workload refuses, 4 when the evidence does not say. */
export async function advance(context: CommandContext, workload: string, flags: MoveFlags): Promise<ExitCode> {
  const { output, interrupt } = context
  if (flags.dryRun === true) {
    const code = await plan(context, workload)
    output.note(NOTHING_DONE)
    return code
  }
  const by = byOf(flags)
  const isAsked = mustAsk(output, workload, flags.confirm)
  return withDesk(context, async (desk) => {
    if (isAsked) {
      const assessment = await desk.assess(workload, interrupt.signal)
      const [obstacle] = assessment.obstacles
      if (obstacle !== undefined) {
        return answerOutcome(output, workload, { kind: 'refused', ...obstacle, assessment })
      }
      const { standing } = assessment
      const checklist = checklistOf(assessment)
      const { sentence } = workloadHeadline(standingReport(standing), checklist)
      const shown = checklist === undefined ? sentence : `${sentence}\n${renderChecklist(checklist)}`
      // Also when a gate is closed: all are asked once more, and faults that are overdue are planted first.
      await ask(output, workload, shown, interrupt.signal)
      if (desk.standing(workload).lastSeq !== standing.lastSeq) return answerOutcome(output, workload, OVERTAKEN)
    }
    return answerOutcome(output, workload, await desk.advance(workload, by, interrupt.signal))
  })
}

export async function rollback(context: CommandContext, workload: string, flags: MoveFlags): Promise<ExitCode> {
  const { output, interrupt } = context
  const by = byOf(flags)
  return previewed(context, workload, flags, 'rollback', async (desk) =>
    answerOutcome(output, workload, await desk.rollback(workload, by, interrupt.signal)),
  )
}

export async function drill(context: CommandContext, workload: string, flags: MoveFlags): Promise<ExitCode> {
  const { output, interrupt } = context
  const by = byOf(flags)
  return previewed(context, workload, flags, 'drill', async (desk) =>
    answerOutcome(output, workload, await desk.drill(workload, by, interrupt.signal)),
  )
}

/** Shows what it would do; does it when that was confirmed. */
async function previewed(
  context: CommandContext,
  workload: string,
  { confirm, dryRun }: MoveFlags,
  action: 'rollback' | 'drill',
  body: (desk: CutoverDesk) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { output, interrupt } = context
  const isAsked = dryRun !== true && mustAsk(output, workload, confirm)
  return withDesk(context, async (desk) => {
    const preview = desk.preview(workload, action)
    if (preview.kind === 'refused') return answerOutcome(output, workload, preview)
    if (dryRun === true) {
      const { from, to } = preview
      output.answer({ workload, dryRun: true, action, from, to }, () => previewText(workload, preview))
      output.note(NOTHING_DONE)
      return EXIT.done
    }
    if (isAsked) {
      const { lastSeq } = desk.standing(workload)
      await ask(output, workload, previewText(workload, preview), interrupt.signal)
      if (desk.standing(workload).lastSeq !== lastSeq) return answerOutcome(output, workload, OVERTAKEN)
    }
    return body(desk)
  })
}

function previewText(workload: string, { from, to }: Extract<Preview, { kind: 'possible' }>): string {
  if (stepText(from) === stepText(to)) return `${workload} stays in ${stepText(from)}: no consumer is moved.`
  const back = from.percent > to.percent ? ' Its consumers go back to the historian.' : ''
  return `${workload} goes from ${stepText(from)} to ${stepText(to)}.${back}`
}
