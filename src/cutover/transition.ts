/** Transition: what an event does to a workload. A refusal changes nothing and says what would be accepted. */
import type { CutoverAction, CutoverEvent } from './events.ts'
import type { CutoverState } from './state.ts'

export type Transition =
  | { readonly kind: 'moved'; readonly state: CutoverState }
  | {
      readonly kind: 'refused'
      readonly reason: string
      /** The next step for whoever asked. */
      readonly hint: string
    }

/** What one action does in one phase. Pure. */
export type Rule<A extends CutoverAction> = (state: CutoverState, event: CutoverEvent<A>) => Transition

export function moved(state: CutoverState): Transition {
  return { kind: 'moved', state }
}

export function refused(reason: string, hint: string): Transition {
  return { kind: 'refused', reason, hint }
}
