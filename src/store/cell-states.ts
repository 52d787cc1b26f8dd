/**
 * Cell states: what is known of each cell of a tag's expected window, one byte per cell. Painted from the general to the
 * particular; a cell nobody painted is a defect and is never counted as anything.
 *
 * Memory: a byte per cell of one tag, 88 kB for ten years of hours.
 */
import { BanyanError } from '../domain/errors.ts'
import type { Coverage } from '../domain/coverage.ts'
import type { Ticks } from '../domain/ticks.ts'
import {
  INCONCLUSIVE_REASONS,
  NO_VERDICTS,
  PENDING_REASONS,
  VERDICTS,
  WORST_FIRST,
  type InconclusiveReason,
  type PendingReason,
  type Verdict,
  type VerdictCounts,
} from '../domain/verdict.ts'
import type { Window } from '../domain/window.ts'

export type CellState =
  | { readonly verdict: 'match' | 'explained' | 'waived' | 'mismatch' }
  | { readonly verdict: 'inconclusive'; readonly reason: InconclusiveReason }
  | { readonly verdict: 'pending'; readonly reason: PendingReason }

/** All states; a cell is painted with the place in this list, plus one. */
const STATES: readonly CellState[] = [
  ...(['match', 'explained', 'waived', 'mismatch'] as const).map((verdict) => ({ verdict })),
  ...INCONCLUSIVE_REASONS.map((reason) => ({ verdict: 'inconclusive' as const, reason })),
  ...PENDING_REASONS.map((reason) => ({ verdict: 'pending' as const, reason })),
]
const CODE = new Map(STATES.map((state, i) => [keyOf(state), i + 1]))

function keyOf(state: CellState): string {
  return 'reason' in state ? `${state.verdict}/${state.reason}` : state.verdict
}

/** Letters of the heat map. */
const LETTER: Readonly<Record<Verdict, string>> = {
  match: 'm',
  explained: 'e',
  waived: 'w',
  mismatch: 'x',
  inconclusive: 'i',
  pending: 'p',
}

export interface HeatColumns {
  readonly from: Ticks
  readonly columnTicks: bigint
  readonly columns: number
}

export interface StateCounts {
  readonly verdicts: VerdictCounts
  readonly inconclusive: Readonly<Partial<Record<InconclusiveReason, number>>>
  readonly pending: Readonly<Partial<Record<PendingReason, number>>>
}

export class CellStates {
  /** The cells, whole. */
  readonly window: Window
  readonly #width: bigint
  readonly #codes: Uint8Array

  /** `window`: whole cells, `width` ticks each. */
  constructor(window: Window, width: bigint) {
    this.window = window
    this.#width = width
    this.#codes = new Uint8Array(Number((window.until - window.from) / width))
  }

  get cells(): number {
    return this.#codes.length
  }

  /** Every cell the windows touch. */
  paint(windows: Coverage, state: CellState): void {
    const code = CODE.get(keyOf(state)) ?? 0
    for (const { from, until } of windows) {
      const last = this.#indexOf((until - 1n) as Ticks)
      this.#codes.fill(code, Math.max(0, this.#indexOf(from)), Math.max(0, last + 1))
    }
  }

  /** Undefined outside the window. */
  at(start: Ticks): CellState | undefined {
    return STATES[(this.#codes[this.#indexOf(start)] ?? 0) - 1]
  }

  /** Throws BANYAN_INTERNAL unless every cell has exactly one verdict. */
  count(): StateCounts {
    const byCode = new Array<number>(STATES.length + 1).fill(0)
    for (const code of this.#codes) byCode[code] = (byCode[code] ?? 0) + 1
    const verdicts: Record<Verdict, number> = { ...NO_VERDICTS }
    const inconclusive: Partial<Record<InconclusiveReason, number>> = {}
    const pending: Partial<Record<PendingReason, number>> = {}
    for (const [i, state] of STATES.entries()) {
      const cells = byCode[i + 1] ?? 0
      if (cells === 0) continue
      verdicts[state.verdict] += cells
      if (state.verdict === 'inconclusive') inconclusive[state.reason] = cells
      if (state.verdict === 'pending') pending[state.reason] = cells
    }
    const counted = VERDICTS.reduce((sum, verdict) => sum + verdicts[verdict], 0)
    if (counted !== this.cells) throw unbalanced(this.cells, counted)
    return { verdicts, inconclusive, pending }
  }

  /** The stretches of neighbouring cells in a state that matches. */
  runs(matches: (state: CellState) => boolean): Window[] {
    const wanted = [false, ...STATES.map(matches)]
    const runs: Window[] = []
    for (let at = 0; at < this.cells; at++) {
      if (wanted[this.#codes[at] ?? 0] !== true) continue
      const first = at
      while (at + 1 < this.cells && wanted[this.#codes[at + 1] ?? 0] === true) at++
      runs.push({ from: this.#startOf(first), until: this.#startOf(at + 1) })
    }
    return runs
  }

  /** A letter per column, the worst verdict in it, as `<count><letter>` runs; a dot where there is no cell. */
  heat({ from, columnTicks, columns }: HeatColumns): string {
    const worst = new Uint8Array(columns).fill(WORST_FIRST.length)
    const rank = [WORST_FIRST.length, ...STATES.map(({ verdict }) => WORST_FIRST.indexOf(verdict))]
    for (let at = 0; at < this.cells; at++) {
      const begun = at
      while (at + 1 < this.cells && this.#codes[at + 1] === this.#codes[begun]) at++
      const first = Math.max(0, Number(floorDivide(this.#startOf(begun) - from, columnTicks)))
      const last = Math.min(columns - 1, Number(floorDivide(this.#startOf(at + 1) - 1n - from, columnTicks)))
      const level = rank[this.#codes[begun] ?? 0] ?? 0
      for (let column = first; column <= last; column++) {
        if (level < (worst[column] ?? 0)) worst[column] = level
      }
    }
    let text = ''
    for (let at = 0; at < columns; at++) {
      const first = at
      while (at + 1 < columns && worst[at + 1] === worst[first]) at++
      const verdict = WORST_FIRST[worst[first] ?? 0]
      text += `${at - first + 1}${verdict === undefined ? '.' : LETTER[verdict]}`
    }
    return text
  }

  #indexOf(at: Ticks): number {
    return Number(floorDivide(at - this.window.from, this.#width))
  }

  #startOf(index: number): Ticks {
    return (this.window.from + BigInt(index) * this.#width) as Ticks
  }
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}

function unbalanced(expected: number, counted: number): BanyanError {
  return new BanyanError('BANYAN_INTERNAL', `${counted} verdicts for ${expected} cells: the numbers do not add up`, {
    hint: 'This is a defect of Banyan; do not trust the report.',
  })
}
