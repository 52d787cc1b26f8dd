/**
 * Scene: one step of the story that `banyan demo` tells: what was asked, what came of it, and whether that is what the
 * story says. The story ends with the first scene that goes another way.
 */
import type { Outcome } from '../../app/cutover/outcome.ts'
import type { GateName } from '../../cutover/gate.ts'
import type { Checklist } from '../../report/cutover-model.ts'
import { stepText } from '../../report/cutover-words.ts'
import type { DoubtfulCell, ParityReport } from '../../report/model.ts'

export interface Scene {
  /** Stable name. */
  readonly scene: string
  readonly asked: string
  /** A few words. */
  readonly answered: string
  /** The same as a sentence or two. */
  readonly detail: string
  /** Whether it came out as the story tells. */
  readonly asTold: boolean
  readonly numbers: Readonly<Record<string, number>>
  /** Where a step was asked for: what the gates before it said. */
  readonly checklist?: Checklist | undefined
  /** Where something differed: which cells, how, and probably why. */
  readonly cells?: readonly DifferingCell[]
}

export type DifferingCell = Pick<DoubtfulCell, 'name' | 'from' | 'until' | 'classes' | 'cause'>

export function differing({ doubtful }: ParityReport): DifferingCell[] {
  return doubtful.map(({ name, from, until, classes, cause }) => ({ name, from, until, classes, cause }))
}

/** Where it leads, or which gates refuse, or what else does. */
export function answerOf(outcome: Outcome): string {
  if (outcome.kind === 'decided') return stepText(outcome.standing.state)
  const closed = closedGates(outcome)
  return `refused: ${closed.length === 0 ? outcome.reason : closed.join(', ')}`
}

/** Whether it is refused by exactly these gates. */
export function isRefusedBy(outcome: Outcome, ...gates: readonly GateName[]): boolean {
  const closed = closedGates(outcome)
  return outcome.kind === 'refused' && closed.length === gates.length && gates.every((gate) => closed.includes(gate))
}

function closedGates({ assessment }: Outcome): GateName[] {
  return (assessment?.decision?.gates ?? []).flatMap(({ gate, outcome }) => (outcome === 'pass' ? [] : [gate]))
}
