/** Foresight: what the reducer would say to an action as things stand. Pure; nothing is recorded. */
import { BRIDGE_ACTOR, type CutoverAction, type EventDetails } from '../../cutover/events.ts'
import { apply } from '../../cutover/machine.ts'
import type { CutoverState } from '../../cutover/state.ts'
import type { Transition } from '../../cutover/transition.ts'
import { isServing } from '../../domain/workload.ts'
import { refuse, type Preview, type Refused } from './outcome.ts'

interface Asked<A extends CutoverAction> {
  readonly action: A
  readonly actor: string
  readonly detail: EventDetails[A]
}

/** Why it would be refused; undefined: it would not. Spares asking a historian, or flipping anything, in vain. */
export function refusalOf<A extends CutoverAction>(state: CutoverState, asked: Asked<A>): Refused | undefined {
  const transition = judged(state, asked)
  return transition.kind === 'refused' ? refuse(transition.reason, transition.hint) : undefined
}

/** A drill goes back for real where something is served from the log. */
export function previewOf(state: CutoverState, action: 'rollback' | 'drill'): Preview {
  const actor = BRIDGE_ACTOR
  const isReal = action === 'rollback' || isServing(state.phase)
  const transition = isReal
    ? judged(state, { action: 'rollback', actor, detail: { cause: action === 'drill' ? 'drill' : 'operator' } })
    : judged(state, { action: 'drill', actor, detail: { seconds: 0 } })
  if (transition.kind === 'refused') return refuse(transition.reason, transition.hint)
  const { phase, percent } = transition.state
  return { kind: 'possible', from: { phase: state.phase, percent: state.percent }, to: { phase, percent } }
}

function judged<A extends CutoverAction>(state: CutoverState, { action, actor, detail }: Asked<A>): Transition {
  const facts = { seq: 0, at: '1970-01-01T00:00:00Z', manifestHash: null, reason: null }
  return apply(state, { ...facts, action, actor, detail })
}
