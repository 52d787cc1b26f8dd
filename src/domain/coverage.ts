/**
 * Coverage: the set of windows whose samples are in the log, as an ascending list of disjoint, non-touching windows.
 *
 * All functions are pure and leave their arguments alone. The list stays short (usually one window): it grows by
 * windows that touch what is there.
 */
import type { Ticks } from './ticks.ts'
import type { Window } from './window.ts'

export type Coverage = readonly Window[]

export const NOTHING_COVERED: Coverage = []

/** The union; windows that overlap or touch become one. */
export function addWindow(coverage: Coverage, added: Window): Coverage {
  let { from, until } = added
  const before: Window[] = []
  const after: Window[] = []
  for (const w of coverage) {
    if (w.until < from) before.push(w)
    else if (w.from > until) after.push(w)
    else {
      if (w.from < from) from = w.from
      if (w.until > until) until = w.until
    }
  }
  return [...before, { from, until }, ...after]
}

/** As `addWindow` for each, in the time of a sort: a sample may have thousands of them. */
export function addWindows(coverage: Coverage, added: Iterable<Window>): Coverage {
  const result: Window[] = []
  for (const { from, until } of [...coverage, ...added].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = result.at(-1)
    if (last === undefined || from > last.until) result.push({ from, until })
    else if (until > last.until) result[result.length - 1] = { from: last.from, until }
  }
  return result
}

/** The parts of `range` that are not covered, ascending. */
export function gapsWithin(coverage: Coverage, range: Window): Window[] {
  const gaps: Window[] = []
  let at = range.from
  for (const w of coverage) {
    if (w.until <= at) continue
    if (w.from >= range.until) break
    if (w.from > at) gaps.push({ from: at, until: w.from })
    at = w.until
  }
  if (at < range.until) gaps.push({ from: at, until: range.until })
  return gaps
}

/** The parts of `range` that are covered, ascending. */
export function within(coverage: Coverage, range: Window): Window[] {
  // What is not a gap among the gaps.
  return gapsWithin(gapsWithin(coverage, range), range)
}

/** What is covered and not among `removed`. */
export function without(coverage: Coverage, removed: Coverage): Coverage {
  return coverage.flatMap((w) => gapsWithin(removed, w))
}

export function overlaps(coverage: Coverage, w: Window): boolean {
  return coverage.some((c) => c.from < w.until && w.from < c.until)
}

export function covers(coverage: Coverage, w: Window): boolean {
  return coverage.some((c) => c.from <= w.from && c.until >= w.until)
}

/** Total covered ticks. */
export function coveredTicks(coverage: Coverage): bigint {
  return coverage.reduce((sum, w) => sum + (w.until - w.from), 0n)
}

/** Throws RangeError unless the windows are non-empty, ascending and neither overlap nor touch. */
export function coverageFrom(windows: readonly { from: Ticks; until: Ticks }[]): Coverage {
  let last: Ticks | undefined
  for (const w of windows) {
    if (w.from >= w.until || (last !== undefined && w.from <= last)) {
      throw new RangeError('coverage is not an ascending list of disjoint windows')
    }
    last = w.until
  }
  return windows
}
