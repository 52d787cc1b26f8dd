/**
 * `banyan cutover request | approve | waive | freeze | thaw | lift-quarantine`: decisions that move nobody by themselves.
 * Exit 3 for one that is refused; nothing is changed then.
 */
import { floorToMs } from '../../domain/ticks.ts'
import { window } from '../../domain/window.ts'
import type { CutoverDesk } from '../../app/cutover/desk.ts'
import type { By, Outcome, Standing } from '../../app/cutover/outcome.ts'
import { BanyanError } from '../../domain/errors.ts'
import type { CommandContext } from '../context.ts'
import { answerOutcome, answerOutcomes } from '../decision-answer.ts'
import type { ExitCode } from '../exit-code.ts'
import type { ApproveFlags, DecisionFlags, LiftFlags, OverlayFlags, WaiveFlags } from '../flags.ts'
import { refuseReversed } from '../scope.ts'
import { byOf, withDesk } from '../with-desk.ts'

export function request(context: CommandContext, workload: string, flags: DecisionFlags): Promise<ExitCode> {
  return decide(context, workload, (desk, signal) => desk.request(workload, byOf(flags), signal))
}

export function approve(context: CommandContext, workload: string, flags: ApproveFlags): Promise<ExitCode> {
  const by = { ...byOf(flags), manifest: flags.manifest }
  return decide(context, workload, (desk, signal) => desk.approve(workload, by, signal))
}

export function waive(context: CommandContext, workload: string, flags: WaiveFlags): Promise<ExitCode> {
  refuseReversed(flags)
  const { tag, from, until, expires } = flags
  const order = { tag, window: window(from, until), expiresAtMs: floorToMs(expires) }
  return decide(context, workload, (desk, signal) => desk.waive(workload, order, byOf(flags), signal))
}

export function liftQuarantine(context: CommandContext, workload: string, flags: LiftFlags): Promise<ExitCode> {
  return decide(context, workload, (desk, signal) => desk.liftQuarantine(workload, byOf(flags), signal))
}

export function freeze(context: CommandContext, workload: string | undefined, flags: OverlayFlags): Promise<ExitCode> {
  return overlay(context, workload, flags, {
    needs: ({ state }) => state.frozen === undefined && state.phase !== 'retired',
    decide: (desk, name, by, signal) => desk.freeze(name, by, signal),
  })
}

export function thaw(context: CommandContext, workload: string | undefined, flags: OverlayFlags): Promise<ExitCode> {
  return overlay(context, workload, flags, {
    needs: ({ state }) => state.frozen !== undefined,
    decide: (desk, name, by, signal) => desk.thaw(name, by, signal),
  })
}

interface Overlay {
  /** Of all workloads, those it is for; one that is named is asked about in any case. */
  readonly needs: (standing: Standing) => boolean
  readonly decide: (desk: CutoverDesk, workload: string, by: By, signal: AbortSignal) => Promise<Outcome>
}

async function overlay(
  context: CommandContext,
  workload: string | undefined,
  flags: OverlayFlags,
  { needs, decide: decideOne }: Overlay,
): Promise<ExitCode> {
  if ((workload === undefined) === (flags.all !== true)) {
    throw new BanyanError('BANYAN_USAGE', 'it is to be about one workload, or about all', {
      hint: 'Name a workload, or say --all.',
    })
  }
  const by = byOf(flags)
  if (workload !== undefined) {
    return decide(context, workload, (desk, signal) => decideOne(desk, workload, by, signal))
  }
  return withDesk(context, async (desk) => {
    const outcomes = new Map<string, Outcome>()
    for (const standing of desk.standings().filter(needs)) {
      const name = standing.workload
      outcomes.set(name, await decideOne(desk, name, by, context.interrupt.signal))
    }
    return answerOutcomes(context.output, outcomes)
  })
}

function decide(
  context: CommandContext,
  workload: string,
  ask: (desk: CutoverDesk, signal: AbortSignal) => Promise<Outcome>,
): Promise<ExitCode> {
  return withDesk(context, async (desk) =>
    answerOutcome(context.output, workload, await ask(desk, context.interrupt.signal)),
  )
}
