/**
 * Transitions: what each action does in each phase. The table is total by its type, so a phase or an action that is
 * added does not compile before somebody has decided every cell of it.
 *
 * Forward one step at a time; back from every serving phase to `shadowing` in one, which nothing can refuse; from
 * `shadowing` back to `verifying`; from `retired` nowhere.
 */
import type { Phase } from '../domain/workload.ts'
import type { CutoverAction, EpochRules } from './events.ts'
import { advance, approve, enter, request } from './promotion.ts'
import type { CutoverState } from './state.ts'
import { moved, refused, type Rule } from './transition.ts'

type Row = { readonly [A in CutoverAction]: Rule<A> }

const register: Rule<'register'> = (state, { at, detail }) => {
  if (state.epoch > 0) return knownAlready(state)
  return moved({ ...newEpoch(state, at, detail), version: state.version + 1, enteredAt: { registered: at } })
}

const knownAlready = ({ workload }: CutoverState) =>
  refused(`${workload} is registered already`, 'Begin a new epoch to change its rules.')

const freeze: Rule<'freeze'> = (state, { at, actor, reason }) => {
  if (state.frozen !== undefined) {
    return refused(`${state.workload} is frozen already, by ${state.frozen.by}`, 'Nothing has to be done.')
  }
  return moved({ ...state, frozen: { at, by: actor, reason } })
}

const thaw: Rule<'thaw'> = (state) => {
  if (state.frozen === undefined) return refused(`${state.workload} is not frozen`, 'Nothing has to be done.')
  return moved({ ...state, frozen: undefined })
}

/** Never refused. What the bridge saw by itself quarantines; what somebody wanted does not. */
const backToShadowing: Rule<'rollback'> = (state, { at, reason, detail: { cause } }) => {
  const back = enter(state, { phase: 'shadowing', percent: 0 }, at, undefined)
  const isWanted = cause === 'operator' || cause === 'drill'
  return moved({ ...back, streakSince: at, quarantine: isWanted ? state.quarantine : { at, cause, reason } })
}

/** Only by somebody's will: an automatic rollback that comes too late must not push the workload further back. */
const backToVerifying: Rule<'rollback'> = (state, event) => {
  if (event.detail.cause !== 'operator') return notServed(state, event)
  return moved({ ...enter(state, { phase: 'verifying', percent: 0 }, event.at, undefined), streakSince: event.at })
}

const notServed: Rule<'rollback'> = ({ workload }) =>
  refused(`no consumer of ${workload} is served from the log`, 'Nothing has to be rolled back.')

const noWayBack: Rule<'rollback'> = ({ workload }) =>
  refused(`${workload} is retired: there is no way back`, 'Feed the historian again, and register a new workload.')

const liftQuarantine: Rule<'quarantine-lifted'> = (state, { at, reason }) => {
  if (state.quarantine === undefined) {
    return refused(`${state.workload} is not quarantined`, 'Nothing has to be lifted.')
  }
  if (reason === null || reason.trim() === '') {
    return refused('no root cause is named', 'Say why the workload was rolled back, and what was done about it.')
  }
  return moved({ ...newEpoch(state, at, state), quarantine: undefined })
}

const drill: Rule<'drill'> = (state, { at, detail: { seconds } }) => moved({ ...state, lastDrill: { at, seconds } })

const epoch: Rule<'epoch'> = (state, { at, detail }) => moved(newEpoch(state, at, detail))

/** Who approved has not seen the waiver. */
const waive: Rule<'waive'> = (state) => moved({ ...state, approvals: [] })

const tooEarly = ({ workload, phase }: CutoverState) =>
  refused(
    `the next step of ${workload} from ${phase} moves no consumer`,
    'Requests, approvals and drills begin in shadowing.',
  )

const isOver = ({ workload }: CutoverState) =>
  refused(`${workload} is retired: its evidence is sealed`, 'Register a new workload if its tags have to move again.')

/** All evidence starts anew. Where the workload stands does not change by it. */
function newEpoch(state: CutoverState, at: string, { canarySteps, basis }: EpochRules): CutoverState {
  return { ...state, epoch: state.epoch + 1, canarySteps, basis, request: undefined, approvals: [], streakSince: at }
}

/** Nothing is served from the log, and the next step does not change that. */
const preparing: Row = {
  register,
  request: tooEarly,
  advance,
  approve: tooEarly,
  freeze,
  thaw,
  rollback: notServed,
  'quarantine-lifted': liftQuarantine,
  drill: tooEarly,
  epoch,
  waive,
}

/** Nothing is served from the log, and the next step will. */
const shadowing: Row = { ...preparing, request, approve, rollback: backToVerifying, drill }

const serving: Row = { ...shadowing, rollback: backToShadowing }

const retired: Row = {
  register,
  request: isOver,
  advance: isOver,
  approve: isOver,
  freeze: isOver,
  thaw: isOver,
  rollback: noWayBack,
  'quarantine-lifted': isOver,
  drill: isOver,
  epoch: isOver,
  waive: isOver,
}

export const TRANSITIONS: Readonly<Record<Phase, Row>> = {
  registered: preparing,
  backfilling: preparing,
  mirroring: preparing,
  verifying: preparing,
  shadowing,
  canary: serving,
  live: serving,
  soaking: serving,
  retired,
}
