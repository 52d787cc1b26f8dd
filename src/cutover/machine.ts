/**
 * Machine: the pure, total reducer of a workload's events. Same state, same event, same answer; no clock, no
 * configuration, no effect. What is in the chain was accepted by it, and is accepted by it for ever.
 */
import { BanyanError } from '../domain/errors.ts'
import type { Phase } from '../domain/workload.ts'
import type { CutoverAction, CutoverEvent } from './events.ts'
import { initial, type CutoverState } from './state.ts'
import { refused, type Transition } from './transition.ts'
import { TRANSITIONS } from './transitions.ts'

export function apply<A extends CutoverAction>(state: CutoverState, event: CutoverEvent<A>): Transition {
  if (state.epoch === 0 && event.action !== 'register') {
    return refused(`${state.workload} is not registered`, 'Register the workload first.')
  }
  return TRANSITIONS[state.phase][event.action](state, event)
}

/** An event as it stands in the chain, with what it says it did. */
export interface RecordedEvent {
  readonly workload: string
  readonly event: CutoverEvent
  /** Phase before it. */
  readonly from: Phase
  /** Phase, percent and epoch after it. */
  readonly to: Phase
  readonly percent: number
  readonly epoch: number
}

/**
 * Where a workload stands after its part of the chain, whose rows ascend by `seq`; rows of other workloads are passed
 * over. Throws BANYAN_STORE_CORRUPT for a row that the reducer would not have accepted, or that says it did something
 * else than it does.
 */
export function replay(workload: string, rows: Iterable<RecordedEvent>): CutoverState {
  let state = initial(workload)
  let last = 0
  for (const row of rows) {
    if (row.workload !== workload) continue
    const { seq } = row.event
    if (seq <= last) throw corrupt(workload, seq, `it comes after event ${last}`)
    const transition = apply(state, row.event)
    if (transition.kind === 'refused') throw corrupt(workload, seq, transition.reason)
    const after = transition.state
    if (row.from !== state.phase) throw corrupt(workload, seq, `it starts from ${row.from} instead of ${state.phase}`)
    if (row.to !== after.phase || row.percent !== after.percent || row.epoch !== after.epoch) {
      throw corrupt(workload, seq, `it does not lead to ${row.to}, ${row.percent} %, epoch ${row.epoch}`)
    }
    state = after
    last = seq
  }
  return state
}

function corrupt(workload: string, seq: number, why: string): BanyanError {
  return new BanyanError(
    'BANYAN_STORE_CORRUPT',
    `event ${seq} of ${workload} does not follow from those before: ${why}`,
    {
      hint: 'Verify the chain of events; an exported bundle or the audit topic tells which events are genuine.',
      context: { workload, seq },
    },
  )
}
