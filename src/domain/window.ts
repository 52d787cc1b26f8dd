/** Window: half-open `[from, until)` of source time. Never empty: `from < until`. */
import { formatTicks, type Ticks } from './ticks.ts'

export interface Window {
  /** Inclusive. */
  readonly from: Ticks
  /** Exclusive. */
  readonly until: Ticks
}

/** Throws RangeError when the window would be empty or reversed. */
export function window(from: Ticks, until: Ticks): Window {
  if (from >= until) throw new RangeError(`empty window ${formatTicks(from)} .. ${formatTicks(until)}`)
  return { from, until }
}

export function formatWindow(w: Window): string {
  return `[${formatTicks(w.from)}, ${formatTicks(w.until)})`
}
