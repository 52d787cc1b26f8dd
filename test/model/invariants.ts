/**
 * Invariants: what holds in every state that can be reached and in every move, numbered as in docs/guarantees.md.
 * The machine's own are asked of the production reducer itself, in each state, by offering it events.
 */
import { CUTOVER_ACTIONS, ROLLBACK_CAUSES, type CutoverEvent } from '../../src/cutover/events.ts'
import { apply } from '../../src/cutover/machine.ts'
import { needsRequest, nextStep, type CutoverState } from '../../src/cutover/state.ts'
import { isServing, PHASES } from '../../src/domain/workload.ts'
import { advanceOf, approveOf, eventOf, MANIFEST, requestDetail, rollbackOf } from '../cutover/build-event.ts'
import { APPROVERS, CANARY_STEPS } from './bridge-moves.ts'
import type { Move } from './search.ts'
import { verdictOf, type World } from './world.ts'

/** I1 no flip unless every cell is verified as of the request. */
export function brokenByFlip(from: World, { name, to }: Move<World>): string | undefined {
  if (!isForward(from.machine, to.machine) || !needsRequest(to.machine.phase)) return undefined
  if (from.machine.request === undefined) return 'I1: a flip without a request'
  for (const [at, { asked, provenAt, isBehind }] of from.cells.entries()) {
    if (asked === undefined || provenAt < asked) return `I1: w${at} was never found equal as of the request`
    if (isBehind) return `I1: the log held less of w${at} at the request than the historian`
  }
  // I2 no verdict counts that a later record or notice has voided.
  const isDecidedNow = name === 'advance'
  if (isDecidedNow && from.cells.some((cell) => verdictOf(cell) !== 'match')) return 'I2: a flip on a void verdict'
  return undefined
}

/** I3 to I6, and what the phases promise, of a workload and of what happens to it. */
export function brokenByMachine(from: CutoverState, to: CutoverState): string | undefined {
  return brokenByStep(from, to) ?? brokenByState(to)
}

function brokenByStep(from: CutoverState, to: CutoverState): string | undefined {
  const isSameStep = from.phase === to.phase && from.percent === to.percent && from.epoch > 0
  // I5 at most one authoritative side per consumer and version: a version says one phase and percent for ever.
  if (isSameStep ? to.version !== from.version : to.version <= from.version) return 'I5: the version does not tell'
  if (isSameStep) return undefined
  const step = nextStep(from)
  const isNext = step?.phase === to.phase && step.percent === to.percent
  const isBack = to.phase === 'shadowing' && isServing(from.phase)
  const isFurtherBack = to.phase === 'verifying' && from.phase === 'shadowing'
  const isRegistration = from.epoch === 0 && to.phase === 'registered'
  if (!isNext && !isBack && !isFurtherBack && !isRegistration) return `an edge from ${from.phase} to ${to.phase}`
  if (isNext && (from.frozen !== undefined || from.quarantine !== undefined)) return 'I6: a step while it is forbidden'
  if (isNext && (to.phase === 'live' || to.phase === 'retired') && from.approvals.length < APPROVERS.length) {
    return `${to.phase} without two people`
  }
  // What was for one step is left for no other.
  return to.request === undefined && to.approvals.length === 0 ? undefined : 'a request outlives its step'
}

function brokenByState(state: CutoverState): string | undefined {
  if (isServing(state.phase)) {
    for (const cause of ROLLBACK_CAUSES) {
      const back = apply(state, rollbackOf(cause))
      if (back.kind === 'refused' || back.state.phase !== 'shadowing') return 'I3: a rollback refused'
    }
  }
  if (state.phase === 'retired') {
    if (state.evidence !== MANIFEST) return 'I4: retired without sealed evidence'
    if (battery(state).some((event) => apply(state, event).kind === 'moved')) return 'retired, and something moved it'
  }
  if (new Set(state.approvals.map(({ actor }) => actor)).size !== state.approvals.length)
    return 'a person counted twice'
  if (state.approvals.length > 0 && state.request === undefined) return 'approvals without a request'
  return state.frozen === undefined ? undefined : brokenByFrost(state)
}

/** I6 FROZEN blocks promotion only. */
function brokenByFrost(frozen: CutoverState): string | undefined {
  const thawed = { ...frozen, frozen: undefined }
  for (const event of battery(frozen)) {
    if (event.action === 'freeze' || event.action === 'thaw') continue
    const isMoved = apply(frozen, event).kind === 'moved'
    if (event.action === 'advance' ? isMoved : isMoved !== (apply(thawed, event).kind === 'moved')) {
      return `I6: ${event.action} of what is frozen`
    }
  }
  return undefined
}

/** One event of every action, as favourable as it can be. */
function battery(state: CutoverState): CutoverEvent[] {
  const events: { readonly [A in CutoverEvent['action']]: CutoverEvent<A> } = {
    register: eventOf('register', { canarySteps: CANARY_STEPS }),
    request: eventOf('request', requestDetail()),
    advance: advanceOf(state),
    approve: approveOf(state, 'eve'),
    freeze: eventOf('freeze', {}),
    thaw: eventOf('thaw', {}),
    rollback: rollbackOf('operator'),
    'quarantine-lifted': eventOf('quarantine-lifted', {}, { reason: 'understood' }),
    drill: eventOf('drill', { seconds: 1 }),
    epoch: eventOf('epoch', { canarySteps: CANARY_STEPS }),
    waive: eventOf('waive', { waiver: 1, tag: 'pi/1', from: '', until: '', owner: 'ada', expiresAt: '' }),
  }
  return CUTOVER_ACTIONS.map((action) => events[action])
}

function isForward(from: CutoverState, to: CutoverState): boolean {
  return PHASES.indexOf(to.phase) > PHASES.indexOf(from.phase) || to.percent > from.percent
}
