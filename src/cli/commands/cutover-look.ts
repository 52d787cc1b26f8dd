/** `banyan cutover status | plan | history`: what looks, and decides nothing. */
import { gatesBefore } from '../../cutover/gates.ts'
import type { Standing } from '../../app/cutover/outcome.ts'
import { moveOf, standingReport } from '../../app/cutover/report.ts'
import { renderChecklist, renderMoves, renderStandings } from '../../report/cutover-table.ts'
import { workloadHeadline } from '../../report/cutover-headline.ts'
import type { CommandContext } from '../context.ts'
import { checklistOf, exitOf } from '../decision-answer.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { withDesk } from '../with-desk.ts'

/** From the store alone. Which gates stand before a step is told; whether they are open, only evidence tells. */
export async function status(context: CommandContext, workload?: string): Promise<ExitCode> {
  const { output } = context
  return withDesk(context, (desk) => {
    const standings = workload === undefined ? desk.standings() : [desk.standing(workload)]
    const reports = standings.map((standing) => {
      const { unpublished } = standing
      return { ...standingReport(standing), gates: gatesOf(standing), unpublished }
    })
    output.answer({ workloads: reports }, () =>
      reports.length === 0 ? 'No workload yet: describe one under `workloads`.' : renderStandings(reports),
    )
    for (const { workload: name, gates, ...standing } of reports) {
      if (gates.length > 0) output.note(`${name}: gates before the next step: ${gates.join(', ')}`)
      output.note(`${name}: next: ${workloadHeadline({ workload: name, ...standing }, undefined).next}`)
    }
    return Promise.resolve(EXIT.done)
  })
}

/** Asks the gates. Exit 3 when the step is refused, 4 when the evidence does not say. */
export async function plan(context: CommandContext, workload: string): Promise<ExitCode> {
  const { output, interrupt } = context
  return withDesk(context, async (desk) => {
    const assessment = await desk.assess(workload, interrupt.signal)
    const standing = standingReport(assessment.standing)
    const checklist = checklistOf(assessment)
    const { sentence, next } = workloadHeadline(standing, checklist)
    output.answer({ standing, mayAdvance: assessment.mayAdvance, checklist }, () =>
      checklist === undefined ? sentence : `${sentence}\n${renderChecklist(checklist)}`,
    )
    output.note(`Next: ${next}`)
    return exitOf(assessment)
  })
}

export async function history(context: CommandContext, workload?: string): Promise<ExitCode> {
  const { output } = context
  return withDesk(context, (desk) => {
    // Throws for a name that nobody knows.
    if (workload !== undefined) desk.standing(workload)
    const events = desk.history(workload).map((event) => ({ workload: event.workload, ...moveOf(event) }))
    output.answer({ events, head: desk.head() }, () =>
      events.length === 0 ? 'Nothing was decided yet.' : renderMoves(events),
    )
    return Promise.resolve(EXIT.done)
  })
}

function gatesOf({ next, policy }: Standing): readonly string[] {
  return next === undefined || policy === undefined ? [] : gatesBefore(next.phase, policy)
}
