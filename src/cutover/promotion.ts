/**
 * Promotion: the way forward. A step is requested, approved and taken; each of the three names the same step, request
 * and epoch, so that what was decided for one situation is worth nothing in another.
 *
 * One request serves one step: whatever moves the workload, or begins a new epoch, voids request and approvals.
 */
import { BRIDGE_ACTOR, type Step, type Target } from './events.ts'
import { outcomeOf } from './gate.ts'
import { personOf } from './person.ts'
import { needsRequest, nextStep, type CutoverState } from './state.ts'
import { moved, refused, type Rule, type Transition } from './transition.ts'

const REQUEST_AGAIN = 'Request the step anew and let everything be verified again.'

export const request: Rule<'request'> = (state, { seq, at, detail }) => {
  if (state.quarantine !== undefined) return quarantined(state)
  return moved({ ...state, request: { ...detail, id: seq, at }, approvals: [] })
}

/** The same person approves once, however often: the latest manifest counts as the one seen. */
export const approve: Rule<'approve'> = (state, { actor, at, manifestHash, detail }) => {
  if (state.quarantine !== undefined) return quarantined(state)
  const person = personOf(actor)
  if (person === '' || person === BRIDGE_ACTOR) {
    return refused('only a person can approve', 'Approve under your own name.')
  }
  if (manifestHash === null) {
    return refused('the approval names no manifest', 'Approve a manifest by its hash, after having read it.')
  }
  const astray = awayFrom(state, detail, 'approval')
  if (astray !== undefined) return astray
  if (state.request === undefined) {
    return refused(
      `nothing is requested for ${state.workload}`,
      'Request the step first; then there is evidence to approve.',
    )
  }
  const others = state.approvals.filter((approval) => personOf(approval.actor) !== person)
  return moved({ ...state, approvals: [...others, { actor, at, manifestHash }] })
}

/** Takes the step if the decision is about it, passed, and rests on evidence that can be named. */
export const advance: Rule<'advance'> = (state, { at, manifestHash, detail }) => {
  if (state.quarantine !== undefined) return quarantined(state)
  if (state.frozen !== undefined) {
    return refused(
      `${state.workload} is frozen by ${state.frozen.by}`,
      'Thaw it first; a rollback is possible meanwhile.',
    )
  }
  const astray = awayFrom(state, detail, 'decision')
  if (astray !== undefined) return astray
  if (detail.outcome !== 'pass' || outcomeOf(detail.gates) !== 'pass') {
    const closed = detail.gates.filter(({ outcome }) => outcome !== 'pass').map(({ gate }) => gate)
    return refused(`not every gate passes: ${closed.join(', ') || detail.outcome}`, 'See the reasons of these gates.')
  }
  if (needsRequest(detail.to)) {
    if (manifestHash === null) return refused('the decision names no manifest', REQUEST_AGAIN)
    if (state.request === undefined) return refused(`nothing is requested for ${state.workload}`, REQUEST_AGAIN)
    if (!detail.gates.some(({ gate }) => gate === 'as-of')) {
      return refused('the decision does not say that everything was verified as of the request', REQUEST_AGAIN)
    }
  }
  return moved(enter(state, { phase: detail.to, percent: detail.percent }, at, manifestHash ?? undefined))
}

/** The workload after a step in either direction: nothing that was asked, approved or proven for it is left. */
export function enter(state: CutoverState, step: Step, at: string, evidence: string | undefined): CutoverState {
  const { phase, percent } = step
  return {
    ...state,
    phase,
    percent,
    version: state.version + 1,
    request: undefined,
    approvals: [],
    evidence,
    enteredAt: phase === state.phase ? state.enteredAt : { ...state.enteredAt, [phase]: at },
  }
}

/** A refusal, where the target is not exactly the next step under the open request in this epoch. */
function awayFrom(state: CutoverState, target: Target, what: string): Transition | undefined {
  const step = nextStep(state)
  if (step === undefined || target.to !== step.phase || target.percent !== step.percent) {
    const expected = step === undefined ? 'none' : textOf(step)
    return refused(
      `the ${what} is about ${textOf({ phase: target.to, percent: target.percent })}, and the next step is ${expected}`,
      'Look at the status of the workload: it may have moved meanwhile.',
    )
  }
  if (target.epoch !== state.epoch) {
    return refused(`the ${what} is of epoch ${target.epoch}, and epoch ${state.epoch} has begun`, REQUEST_AGAIN)
  }
  const open = state.request?.id ?? null
  if (target.requestId !== open) {
    return refused(
      `the ${what} is about ${requestText(target.requestId)}, and ${requestText(open)} is open`,
      REQUEST_AGAIN,
    )
  }
  return undefined
}

function quarantined({ workload, quarantine }: CutoverState): Transition {
  return refused(
    `${workload} is quarantined since ${quarantine?.at ?? ''} (${quarantine?.cause ?? ''})`,
    'Find the root cause, and lift the quarantine by naming it.',
  )
}

function textOf({ phase, percent }: Step): string {
  return phase === 'canary' ? `canary ${percent} %` : phase
}

function requestText(id: number | null): string {
  return id === null ? 'no request' : `request ${id}`
}
