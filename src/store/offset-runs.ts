/**
 * Offset runs: where in a partition the records of a cell are, as a short ascending list of disjoint stretches.
 *
 * They promise to hold every record of the cell, and little else: a cell is written within hours, and corrected by a
 * few records weeks later, with millions of others in between.
 */
import { coarsen } from './intervals.ts'

/** Both ends inclusive. Between the records of the cell it may hold records of others. */
export interface OffsetRun {
  readonly first: bigint
  readonly last: bigint
}

/** Offsets between two runs; over fewer, reading on costs less than another read. */
export const RUN_GAP = 50_000n
/** Beyond, the two nearest become one: a cell that is corrected for ever keeps a short row. */
export const RUNS_PER_CELL = 16

/** The runs with one more, which lies behind them all: records are folded in the order of their offsets. */
export function addRun(runs: readonly OffsetRun[], added: OffsetRun): OffsetRun[] {
  const last = runs.at(-1)
  if (last !== undefined && added.first - last.last <= RUN_GAP) {
    return [...runs.slice(0, -1), { first: last.first, last: added.last }]
  }
  if (runs.length < RUNS_PER_CELL) return [...runs, added]
  const stretches = [...runs, added].map(({ first, last: end }) => [first, end] as const)
  return coarsen(stretches, RUNS_PER_CELL).map(([first, end]) => ({ first, last: end }))
}

/** `first-last,first-last`. */
export function encodeRuns(runs: readonly OffsetRun[]): string {
  return runs.map(({ first, last }) => `${first.toString()}-${last.toString()}`).join(',')
}

/** Throws RangeError unless the text is what `encodeRuns` makes of one run or more. */
export function decodeRuns(text: string): OffsetRun[] {
  const runs = text.split(',').map((run): OffsetRun => {
    const [, first, last] = /^(\d+)-(\d+)$/.exec(run) ?? []
    if (first === undefined || last === undefined) throw new RangeError(`not a run of offsets: ${JSON.stringify(run)}`)
    return { first: BigInt(first), last: BigInt(last) }
  })
  for (const [i, { first, last }] of runs.entries()) {
    const before = runs[i - 1]
    if (last < first || (before !== undefined && first <= before.last)) throw new RangeError('runs are out of order')
  }
  return runs
}
