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

/**
 * The window to copy; undefined when neither rule nor flag says where to begin, or nothing is left. Samples younger
 * than `settled` may still change, so no range reaches beyond it, except for tags that hold future data: those are
 * read to the end of PI's time.
 */
export function rangeOf({ tag, rule }: SelectedTag, flags: RangeFlags, settled: Ticks): Window | undefined {
  const from = flags.from ?? rule.backfill?.from
  if (from === undefined) return undefined
  const asked = flags.until ?? rule.backfill?.until
  const end = tag.future ? END_OF_PI_TIME : settled
  const until = asked === undefined || asked > end ? end : asked
  return from < until ? { from, until } : undefined
}
