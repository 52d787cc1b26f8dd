/** Spread: by how much differences differ, in time and in value, and how often; what the histograms show. Pure. */
import { parseTicks, TICKS_PER_SECOND } from '../../../domain/ticks.ts'
import type { ReportedDifference } from '../../model.ts'

export interface Bin {
  readonly from: number
  /** Exclusive, but for the last. */
  readonly until: number
  readonly count: number
}

export interface Spread {
  readonly bins: readonly Bin[]
  /** The value that occurs most, and how often. */
  readonly most: { readonly value: number; readonly count: number }
  readonly count: number
}

const BINS = 24

/** Seconds from the historian's sample to the log's, of differences in time. */
export function timeShifts(differences: readonly ReportedDifference[]): number[] {
  return differences.flatMap(({ class: name, historian, log }) =>
    name === 'TIME' && historian !== undefined && log !== undefined ? shiftOf(historian.ts, log.ts) : [],
  )
}

/** Log minus historian, of differences in value between numbers. */
export function valueShifts(differences: readonly ReportedDifference[]): number[] {
  return differences.flatMap(({ class: name, historian, log }) => {
    if (name !== 'VALUE' || typeof historian?.value !== 'number' || typeof log?.value !== 'number') return []
    return [log.value - historian.value]
  })
}

/** Undefined for no values. All of one value are one bin. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined
  const low = values.reduce((a, b) => Math.min(a, b))
  const high = values.reduce((a, b) => Math.max(a, b))
  const bins = low === high ? 1 : BINS
  const width = (high - low) / bins
  const counts = new Array<number>(bins).fill(0)
  const often = new Map<number, number>()
  for (const value of values) {
    const bin = width === 0 ? 0 : Math.min(bins - 1, Math.floor((value - low) / width))
    counts[bin] = (counts[bin] ?? 0) + 1
    often.set(value, (often.get(value) ?? 0) + 1)
  }
  const [value, count] = [...often].reduce((best, next) => (next[1] > best[1] ? next : best))
  return {
    bins: counts.map((n, i) => ({ from: low + i * width, until: low + (i + 1) * width, count: n })),
    most: { value, count },
    count: values.length,
  }
}

/** A time that cannot be read is left out: a histogram claims nothing about it. */
function shiftOf(historian: string, log: string): number[] {
  try {
    return [Number(parseTicks(log) - parseTicks(historian)) / Number(TICKS_PER_SECOND)]
  } catch {
    return []
  }
}
