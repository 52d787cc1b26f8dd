/** Ranges: what a backfill means for each tag, from the rules, the flags and the historian's own clock. Pure. */
import { END_OF_PI_TIME, ticks, TICKS_PER_MS, type Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { SelectedTag } from './selection.ts'

export interface RangeFlags {
  readonly from: Ticks | undefined
  readonly until: Ticks | undefined
}

/** Below this a sample's time is settled: the historian's clock, not ours, minus the settle time. */
export function settledUntil(serverTime: Ticks, settleMs: number): Ticks {
  return ticks(serverTime - BigInt(settleMs) * TICKS_PER_MS)
}

/** Where what may be copied of a tag ends. */
export interface RangeEnd {
  /** Samples at and above it may still change. */
  readonly settled: Ticks
  /** From here on the live tail copies the tag; undefined where there is no daemon. */
  readonly liveFrom: Ticks | undefined
}

/**
 * The window to copy; undefined when neither rule nor flag says where to begin, or nothing is left. It ends exactly
 * where the live tail begins, if there is one: what `settled` was when the job looked may lie below that, and what is
 * in between would be nobody's. Else it ends where samples are settled; of tags that hold future data, at the end of
 * PI's time.
 */
export function rangeOf({ tag, rule }: SelectedTag, flags: RangeFlags, end: RangeEnd): Window | undefined {
  const from = flags.from ?? rule.backfill?.from
  if (from === undefined) return undefined
  const asked = flags.until ?? rule.backfill?.until
  const last = end.liveFrom ?? (tag.future ? END_OF_PI_TIME : end.settled)
  const until = asked === undefined || asked > last ? last : asked
  return from < until ? { from, until } : undefined
}
