/**
 * Workload window: what ten minutes of a workload came to, for the facts that gates read and for the triggers that send
 * it back. Samples go in as time goes by. What was not measured stays undefined: nobody takes it for good.
 */
import type { WindowObservation } from '../cutover/triggers.ts'
import { countVerdicts, type VerdictCounts } from '../domain/verdict.ts'
import type { Consumer } from '../domain/workload.ts'
import type { WindowFact } from '../store/cutover-facts.ts'

/** A workload at one moment. */
export interface WorkloadSample {
  /** Its cells, as far as any verifier has surveyed all of its tags; undefined before. */
  readonly cells: VerdictCounts | undefined
  /** Of its tag that is furthest behind, milliseconds; undefined as long as no round has seen all of them. */
  readonly lagMs: number | undefined
}

/** The share of the samples of a window that its p99 is not below. */
const P99 = 0.99

export class WorkloadWindow {
  readonly startMs: number
  readonly #lags: number[] = []
  #last: VerdictCounts | undefined
  #wasGreen = false
  #hasDiffered = false

  /** Milliseconds since 1970. */
  constructor(startMs: number) {
    this.startMs = startMs
  }

  add({ cells, lagMs }: WorkloadSample): void {
    if (lagMs !== undefined) this.#lags.push(lagMs)
    this.#last = cells ?? this.#last
    if (cells === undefined) return
    if (cells.mismatch > 0) this.#hasDiffered = true
    // Every cell is pending for a while after it is whole: a window is green if at any moment of it everything was.
    else if (cells.pending + cells.inconclusive === 0) this.#wasGreen = true
  }

  /** `hasLooked`: the verifiers of all its tags went through in this window. */
  fact(workload: string, consumers: readonly Consumer[], hasLooked: boolean): WindowFact {
    const ascending = this.#lags.toSorted((a, b) => a - b)
    const p99Ms = ascending[Math.ceil(P99 * ascending.length) - 1]
    const maxMs = ascending.at(-1)
    return {
      workload,
      startMs: this.startMs,
      isGreen: this.#isGreen(),
      isSilent: !hasLooked,
      lags:
        p99Ms === undefined || maxMs === undefined
          ? []
          : consumers.map(({ name }) => ({ consumer: name, p99Ms, maxMs })),
    }
  }

  /** `maxUpperRate`: of wrong cells, that the policy accepts. */
  observation(consumers: readonly Consumer[], hasLooked: boolean, maxUpperRate: number): WindowObservation {
    const cells = this.#last
    const lagMs = this.#lags.length === 0 ? undefined : Math.max(...this.#lags)
    return {
      mismatchedCells: cells?.mismatch,
      // Whatever the cells not compared turn out to be, the rate is at least this.
      isBoundExceeded: cells && cells.mismatch > maxUpperRate * countVerdicts(cells),
      hasLooked,
      lags: consumers.map(({ name, stalenessMs }) => ({ consumer: name, stalenessMs, lagMs })),
    }
  }

  #isGreen(): boolean | undefined {
    if (this.#hasDiffered) return false
    return this.#wasGreen ? true : undefined
  }
}
