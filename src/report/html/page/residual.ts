/**
 * Residual: log minus historian, at every time at which either side has a sample. Between two samples of a side its
 * straight line counts; outside its samples, and next to a gap, nothing is claimed.
 */
import type { TrendSeries } from '../../model.ts'

export interface Residual {
  /** Seconds since 1970, ascending, each once. */
  readonly at: readonly number[]
  /** `null` where one side says nothing. */
  readonly values: readonly (number | null)[]
}

export function residualOf(historian: TrendSeries, log: TrendSeries): Residual {
  const at = [...new Set([...historian.at, ...log.at])].sort((a, b) => a - b)
  const held = lineOver(historian, at)
  const logged = lineOver(log, at)
  return { at, values: at.map((_, i) => difference(logged[i], held[i])) }
}

function difference(a: number | null | undefined, b: number | null | undefined): number | null {
  return typeof a === 'number' && typeof b === 'number' ? a - b : null
}

/** The value of the series' line at each of the ascending times. */
function lineOver({ at, values }: TrendSeries, times: readonly number[]): (number | null)[] {
  let next = 0
  return times.map((time) => {
    while (next < at.length && (at[next] ?? Infinity) < time) next += 1
    if (at[next] === time) return values[next] ?? null
    const [fromAt, untilAt] = [at[next - 1], at[next]]
    const [from, until] = [values[next - 1], values[next]]
    if (fromAt === undefined || untilAt === undefined || typeof from !== 'number' || typeof until !== 'number')
      return null
    return from + ((until - from) * (time - fromAt)) / (untilAt - fromAt)
  })
}
