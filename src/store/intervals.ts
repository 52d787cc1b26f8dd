/**
 * Intervals: short ascending lists of stretches of whole numbers, kept bounded by making them coarser, never by
 * forgetting any of what they hold. Pure. Whether an end is inclusive is the caller's affair.
 */
export type Interval = readonly [start: bigint, end: bigint]

/** The same stretches, ascending; those that overlap or touch are one. */
export function union(intervals: Iterable<Interval>): Interval[] {
  const result: [bigint, bigint][] = []
  for (const [start, end] of [...intervals].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    const last = result.at(-1)
    if (last === undefined || start > last[1]) result.push([start, end])
    else if (end > last[1]) last[1] = end
  }
  return result
}

/** At most `limit` (1 or more) intervals that hold all of an ascending disjoint list: its narrowest gaps are closed. */
export function coarsen(ascending: readonly Interval[], limit: number): Interval[] {
  const gaps = ascending.slice(1).map(([start], i) => ({ before: i + 1, width: start - (ascending[i]?.[1] ?? start) }))
  const closed = new Set(
    gaps
      .toSorted((a, b) => (a.width < b.width ? -1 : a.width > b.width ? 1 : a.before - b.before))
      .slice(0, Math.max(0, ascending.length - limit))
      .map(({ before }) => before),
  )
  const result: [bigint, bigint][] = []
  for (const [i, [start, end]] of ascending.entries()) {
    const last = result.at(-1)
    if (last !== undefined && closed.has(i)) last[1] = end
    else result.push([start, end])
  }
  return result
}
