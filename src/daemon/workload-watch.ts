/**
 * Workload watch: one workload, observed for as long as the daemon runs. Samples become windows of ten minutes; each is
 * noted as a fact while it lasts and judged by the triggers when it is over. A cell that differs is judged at once.
 *
 * Counters of bad windows outlive a restart: they are counted again from what was noted.
 */
import { NO_WINDOWS, observeWindow, type TriggerCounters, type TriggerDecision } from '../cutover/triggers.ts'
import { msOf } from '../cutover/decode.ts'
import type { GatePolicy } from '../cutover/policy.ts'
import type { CutoverState } from '../cutover/state.ts'
import { isServing, type Consumer } from '../domain/workload.ts'
import { FACT_WINDOW_MS, type CutoverFactTable, type WindowFact } from '../store/cutover-facts.ts'
import { WorkloadWindow, type WorkloadSample } from './workload-window.ts'

/** Windows that are counted again after a restart: more bad ones in a row than these have led to something. */
const COUNTED_AGAIN = 6

/** Where the workload stands, and by which rules. */
export interface WatchedStanding {
  readonly state: Pick<CutoverState, 'phase' | 'frozen' | 'enteredAt'>
  readonly consumers: readonly Consumer[]
  readonly policy: Pick<GatePolicy, 'maxUpperRate'>
}

export interface WatchSample extends WorkloadSample {
  /** How often each verifier of its tags has gone through; undefined as long as one of them is not known. */
  readonly passes: readonly number[] | undefined
}

const NOTHING: TriggerDecision = { kind: 'none' }

export class WorkloadWatch {
  readonly #workload: string
  readonly #facts: Pick<CutoverFactTable, 'recordWindow' | 'windows'>
  #window: WorkloadWindow | undefined
  #latest: WatchSample | undefined
  #passesAtStart: readonly number[] | undefined
  #counters: TriggerCounters | undefined

  constructor(workload: string, facts: Pick<CutoverFactTable, 'recordWindow' | 'windows'>) {
    this.#workload = workload
    this.#facts = facts
  }

  /** What has to be done now. */
  observe(standing: WatchedStanding, sample: WatchSample, nowMs: number): TriggerDecision {
    const startMs = nowMs - (nowMs % FACT_WINDOW_MS)
    this.#counters ??= this.#countAgain(standing, startMs)
    const decision = this.#window?.startMs === startMs ? NOTHING : this.#turn(standing, sample, startMs)
    this.#window?.add(sample)
    this.#latest = sample
    return decision.kind === 'none' ? differing(standing, sample) : decision
  }

  /** Notes what the window has come to so far, in place of what was noted of it before. */
  note(consumers: readonly Consumer[]): void {
    if (this.#window === undefined || this.#latest === undefined) return
    this.#facts.recordWindow(this.#window.fact(this.#workload, consumers, this.#hasLooked(this.#latest)))
  }

  /** Judges the window that is over, and begins the next. */
  #turn(standing: WatchedStanding, sample: WatchSample, startMs: number): TriggerDecision {
    const { state, consumers, policy } = standing
    const over = this.#window
    const hasLooked = this.#hasLooked(sample)
    this.#window = new WorkloadWindow(startMs)
    this.#passesAtStart = sample.passes
    if (over === undefined) return NOTHING
    const observed = over.observation(consumers, hasLooked, policy.maxUpperRate)
    const { counters, decision } = observeWindow(state, this.#counters ?? NO_WINDOWS, observed)
    this.#counters = counters
    return decision
  }

  /** All of them have gone through since the window began. */
  #hasLooked({ passes }: WatchSample): boolean {
    const before = this.#passesAtStart
    if (passes === undefined || passes.length === 0) return false
    return passes.every((now, i) => now > (before?.[i] ?? 0))
  }

  #countAgain({ state, consumers }: WatchedStanding, untilMs: number): TriggerCounters {
    const entered = state.enteredAt[state.phase]
    const fromMs = Math.max(untilMs - COUNTED_AGAIN * FACT_WINDOW_MS, entered === undefined ? 0 : msOf(entered))
    return this.#facts
      .windows(this.#workload, fromMs, untilMs)
      .reduce((counters, fact) => observeWindow(state, counters, observationOf(fact, consumers)).counters, NO_WINDOWS)
  }
}

/** A cell that differs in what is served needs no window. */
function differing({ state }: WatchedStanding, { cells }: WatchSample): TriggerDecision {
  if (!isServing(state.phase) || cells === undefined || cells.mismatch === 0) return NOTHING
  const observed = { mismatchedCells: cells.mismatch, isBoundExceeded: false, hasLooked: true, lags: [] }
  return observeWindow(state, NO_WINDOWS, observed).decision
}

/** What differed then is either still so, and found now, or was dealt with. */
function observationOf({ isSilent, lags }: WindowFact, consumers: readonly Consumer[]) {
  return {
    mismatchedCells: 0,
    isBoundExceeded: false,
    hasLooked: !isSilent,
    lags: consumers.map(({ name, stalenessMs }) => {
      return { consumer: name, stalenessMs, lagMs: lags.find(({ consumer }) => consumer === name)?.maxMs }
    }),
  }
}
