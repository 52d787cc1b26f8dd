/** State: where a workload stands, as its events tell. Plain data; its size does not grow with the history. */
import { PHASES, isServing, type Phase } from '../domain/workload.ts'
import type { AsOfRequest } from './as-of-request.ts'
import type { RollbackCause, Step } from './events.ts'

export interface CutoverState {
  readonly workload: string
  readonly phase: Phase
  /** Share of the consumers served from the log: 0 before `canary`, 100 after it. */
  readonly percent: number
  /** Generation of the evidence. 0 until the workload is registered. */
  readonly epoch: number
  /** Of the routing: raised by every change of phase or percent, so that one version never means two things. */
  readonly version: number
  /** Rules of this epoch; ascending. */
  readonly canarySteps: readonly number[]
  /** What the evidence of this epoch means something for; undefined: nobody said. */
  readonly basis: string | undefined
  /** No step forward while set. */
  readonly frozen: Frozen | undefined
  /** No step forward until a root cause is named. */
  readonly quarantine: Quarantine | undefined
  /** The open request; one request serves one step. */
  readonly request: AsOfRequest | undefined
  /** For the next step, the open request and this epoch; one per person. */
  readonly approvals: readonly Approval[]
  /** Hash of the manifest that the present step rests on. */
  readonly evidence: string | undefined
  readonly lastDrill: Drill | undefined
  /** Green before this does not count; RFC 3339. */
  readonly streakSince: string | undefined
  /** When each phase was entered last; RFC 3339. */
  readonly enteredAt: Readonly<Partial<Record<Phase, string>>>
}

export interface Frozen {
  readonly at: string
  readonly by: string
  readonly reason: string | null
}

export interface Quarantine {
  readonly at: string
  readonly cause: RollbackCause
  readonly reason: string | null
}

export interface Approval {
  readonly actor: string
  readonly at: string
  /** What the person has seen. */
  readonly manifestHash: string
}

export interface Drill {
  readonly at: string
  readonly seconds: number
}

/** A workload that nothing has happened to. */
export function initial(workload: string): CutoverState {
  return {
    workload,
    phase: 'registered',
    percent: 0,
    epoch: 0,
    version: 0,
    canarySteps: [],
    basis: undefined,
    frozen: undefined,
    quarantine: undefined,
    request: undefined,
    approvals: [],
    evidence: undefined,
    lastDrill: undefined,
    streakSince: undefined,
    enteredAt: {},
  }
}

/** The only step forward there is; undefined at the end of the way. */
export function nextStep({ phase, percent, canarySteps }: CutoverState): Step | undefined {
  if (phase === 'shadowing' || phase === 'canary') {
    const further = canarySteps.find((step) => step > percent)
    if (further !== undefined) return { phase: 'canary', percent: further }
    return { phase: 'live', percent: 100 }
  }
  const next = PHASES[PHASES.indexOf(phase) + 1]
  return next === undefined ? undefined : { phase: next, percent: percentIn(next) }
}

/** Whether a step to the phase has to be requested, and proven as of the request. */
export function needsRequest(to: Phase): boolean {
  return isServing(to) || to === 'retired'
}

function percentIn(phase: Phase): number {
  return phase === 'live' || phase === 'soaking' || phase === 'retired' ? 100 : 0
}
