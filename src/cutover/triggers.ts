/**
 * Triggers: when a workload that is served from the log goes back by itself. Pure: windows of observation go in, in
 * order; out come the counters to carry on with, and what has to be done.
 *
 * A measurement that is missing is silence, never health. Only a good window - everything measured, nothing wrong -
 * forgets what was counted: a trigger can neither be talked out of firing by half a window, nor fire and recover in
 * turns, since after a rollback the workload stays back until somebody names the root cause.
 */
import { isServing } from '../domain/workload.ts'
import type { RollbackCause } from './events.ts'
import type { CutoverState } from './state.ts'

/** Lag beyond this many times what a consumer can live with is no hiccup. */
const LAG_FACTOR = 3
/** So many late windows without a good one in between. */
const LATE_WINDOWS = 3
/** More silent windows than these without a good one in between. */
const SILENT_WINDOWS = 2

/** One window of a served workload. Undefined: not measured. */
export interface WindowObservation {
  /** Cells of the workload that differ and were compared again to be sure. */
  readonly mismatchedCells: number | undefined
  /** Whether the e-process says that the rate of wrong cells is over what the policy accepts. */
  readonly isBoundExceeded: boolean | undefined
  /** Whether the verifier finished a look at the workload. */
  readonly hasLooked: boolean | undefined
  /** Of every consumer; an empty list is a missing measurement. */
  readonly lags: readonly ConsumerLag[]
}

export interface ConsumerLag {
  readonly consumer: string
  /** What it can live with. */
  readonly stalenessMs: number
  /** The largest lag in the window. */
  readonly lagMs: number | undefined
}

/** Windows since the last good one. */
export interface TriggerCounters {
  readonly late: number
  readonly silent: number
}

export type TriggerDecision =
  | { readonly kind: 'none' }
  /** Go back, and stay back until the root cause is known. */
  | { readonly kind: 'rollback'; readonly cause: RollbackCause; readonly reason: string }
  /** Go no further, and call somebody: to flip on the word of a dead verifier may be worse than to stay. */
  | { readonly kind: 'freeze'; readonly reason: string }

export interface TriggerStep {
  readonly counters: TriggerCounters
  readonly decision: TriggerDecision
}

export const NO_WINDOWS: TriggerCounters = { late: 0, silent: 0 }
const NONE: TriggerDecision = { kind: 'none' }

/** Counts one window, and says what it leads to. Where nothing is served from the log, nothing is counted. */
export function observeWindow(
  state: Pick<CutoverState, 'phase' | 'frozen'>,
  before: TriggerCounters,
  observed: WindowObservation,
): TriggerStep {
  if (!isServing(state.phase)) return { counters: NO_WINDOWS, decision: NONE }
  const lateConsumer = observed.lags.find(isLate)
  const isSilent = isMissing(observed)
  const wrong = wrongNow(observed)
  const isGood = wrong === undefined && lateConsumer === undefined && !isSilent
  if (isGood) return { counters: NO_WINDOWS, decision: NONE }
  const counters = {
    late: before.late + (lateConsumer === undefined ? 0 : 1),
    silent: before.silent + (isSilent ? 1 : 0),
  }
  return { counters, decision: wrong ?? tooLong(state, counters, lateConsumer) }
}

/** What needs no second window. */
function wrongNow({ mismatchedCells, isBoundExceeded }: WindowObservation): TriggerDecision | undefined {
  if (mismatchedCells !== undefined && mismatchedCells > 0) {
    return { kind: 'rollback', cause: 'mismatch', reason: `${mismatchedCells} served cells differ from the historian` }
  }
  if (isBoundExceeded === true) {
    return { kind: 'rollback', cause: 'bound', reason: 'more cells differ than the policy accepts' }
  }
  return undefined
}

function tooLong(
  { phase, frozen }: Pick<CutoverState, 'phase' | 'frozen'>,
  { late, silent }: TriggerCounters,
  lateConsumer: ConsumerLag | undefined,
): TriggerDecision {
  if (lateConsumer !== undefined && late >= LATE_WINDOWS) {
    const reason = `the log is more than ${LAG_FACTOR} times later than ${lateConsumer.consumer} can live with`
    return { kind: 'rollback', cause: 'lag', reason: `${reason}, for ${late} windows` }
  }
  if (silent > SILENT_WINDOWS) {
    const reason = `what is served was not checked for ${silent} windows`
    if (phase === 'canary') return { kind: 'rollback', cause: 'silence', reason }
    if (frozen === undefined) return { kind: 'freeze', reason }
  }
  return NONE
}

function isLate({ lagMs, stalenessMs }: ConsumerLag): boolean {
  return lagMs !== undefined && lagMs > LAG_FACTOR * stalenessMs
}

/** Whether any measurement is missing. What is not a number was not measured. */
function isMissing({ mismatchedCells, isBoundExceeded, hasLooked, lags }: WindowObservation): boolean {
  return (
    mismatchedCells === undefined ||
    Number.isNaN(mismatchedCells) ||
    isBoundExceeded === undefined ||
    hasLooked !== true ||
    lags.length === 0 ||
    lags.some(({ lagMs }) => lagMs === undefined || Number.isNaN(lagMs))
  )
}
