/**
 * Parity sample: what the drawn cells that were looked at say about all cells that could be looked at.
 *
 * Nothing is counted in favour that was not seen. A drawn cell that was not looked at, could not be compared or is waived
 * counts as different; so does one that the same sample once found different, although it was mended since: mending what
 * was drawn says nothing of what was not. Cells that were looked at without being drawn count for themselves alone.
 */
import type { ParityConfig, SampleConfig } from '../config/config.ts'
import type { SampleEvidence } from '../report/model.ts'
import type { CellState } from '../store/cell-states.ts'
import type { TagState } from '../store/parity.ts'
import type { Store } from '../store/store.ts'
import { strataOf } from '../verify/sample-draw.ts'
import { alwaysValidUpperBound, ERROR_RATE } from '../verify/statistics.ts'

/**
 * From now on what is found different counts against the sample, for good. A sample that was begun before goes on, also
 * when others were drawn in between: going back to it forgets nothing.
 */
export function beginSample({ verifyRuns }: Pick<Store, 'verifyRuns'>, { sample, cellMs }: ParityConfig): void {
  if (sample !== undefined) verifyRuns.begin(nameOf(sample, cellMs), {})
}

/** Of the run in the store that says when the sample was begun; it never ends. */
function nameOf({ every, seed }: SampleConfig, cellMs: number): string {
  return `sample of one in ${every} windows of ${cellMs} ms, seed ${seed}`
}

export class ParitySample {
  readonly #sample: SampleConfig
  readonly #verdicts: Pick<Store['verdicts'], 'differed'>
  /** Of a cell, in ticks. */
  readonly #width: bigint
  readonly #begunAtLook: number
  #windows = 0
  #strata = 0
  #drawn = 0
  #equal = 0
  #different = 0

  constructor(sample: SampleConfig, cellMs: number, width: bigint, store: Pick<Store, 'verdicts' | 'verifyRuns'>) {
    this.#sample = sample
    this.#verdicts = store.verdicts
    this.#width = width
    this.#begunAtLook = store.verifyRuns.get(nameOf(sample, cellMs))?.firstLook ?? 0
  }

  add({ tag, states }: Pick<TagState, 'tag' | 'states'>): void {
    const sealed = states.runs(isSealed)
    const differed = this.#verdicts.differed(tag, this.#begunAtLook)
    for (const { from, until } of sealed) this.#windows += Number((until - from) / this.#width)
    for (const { drawn } of strataOf(this.#sample, tag, sealed, this.#width)) {
      this.#strata += 1
      if (drawn === undefined) continue
      this.#drawn += 1
      const verdict = states.at(drawn)?.verdict
      if (verdict === 'mismatch' || verdict === 'waived' || differed.has(drawn)) this.#different += 1
      else if (verdict === 'match' || verdict === 'explained') this.#equal += 1
    }
  }

  evidence(): SampleEvidence {
    const { every, seed, maxRate } = this.#sample
    const open = this.#drawn - this.#equal - this.#different
    return {
      every,
      seed,
      windows: this.#windows,
      drawn: this.#drawn,
      equal: this.#equal,
      different: this.#different,
      open,
      certainty: 1 - ERROR_RATE,
      rate: this.#rate(this.#different + open),
      maxRate,
    }
  }

  /**
   * Strata at the edges have fewer cells than others and the same weight. Where their drawn cell is not one of them they
   * count as drawn and not bad: the chance of that is part of what the bound is made for.
   */
  #rate(bad: number): number | undefined {
    if (this.#drawn === 0) return undefined
    const ofStrata = alwaysValidUpperBound(this.#strata, bad)
    const rate = (ofStrata * this.#strata * this.#sample.every) / this.#windows
    return rate < 1 ? rate : undefined
  }
}

/** The others cannot be looked at yet, and the sample says nothing of them. */
function isSealed(state: CellState): boolean {
  return state.verdict !== 'pending' || (state.reason !== 'not-covered' && state.reason !== 'not-settled')
}
