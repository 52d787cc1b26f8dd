/** Work: what a backfill is about to do, tag by tag, before anything is read. Pure. */
import { BanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { LogPlan } from '../log/log.ts'
import type { ReplayTask } from '../replay/replay.ts'
import type { ReplayOrder } from '../replay/slices.ts'
import type { BackfillScope } from './backfill-scope.ts'
import { rangeOf } from './ranges.ts'
import type { SelectedTag } from './selection.ts'

export interface Work extends ReplayTask {
  readonly historian: string
  readonly order: ReplayOrder
}

export interface WorkEnds {
  /** Per historian, the time below which samples no longer change. */
  readonly settled: ReadonlyMap<string, Ticks>
  /** Where the live tail of a tag begins; undefined where there is none. */
  readonly liveFrom: (tag: TagId) => Ticks | undefined
}

/**
 * Tags that hold future data are read oldest first where the range reaches into the future: only then is it known where
 * their forecasts end. Below a live tail that begins in the past they are tags like any other; it begins in the future
 * where a backfill copied the forecasts before the daemon came.
 *
 * Tags that nothing gives a beginning before their end are left out; throws BANYAN_USAGE when that leaves none, unless
 * the live tail has the rest.
 */
export function planWork(selected: readonly SelectedTag[], scope: BackfillScope, ends: WorkEnds): Work[] {
  const work: Work[] = []
  let isLive = false
  for (const item of selected) {
    const { tag } = item
    const { historian, backfill } = item.rule
    const settled = ends.settled.get(historian)
    if (settled === undefined) continue
    const liveFrom = ends.liveFrom(tag.id)
    isLive ||= liveFrom !== undefined
    const range = rangeOf(item, scope, { settled, liveFrom })
    if (range === undefined) continue
    const isForecast = tag.future && (liveFrom === undefined || liveFrom > settled)
    work.push({
      tag,
      range,
      historian,
      order: isForecast ? 'oldest-first' : (scope.order ?? backfill?.order ?? 'newest-first'),
      provisionalFrom: isForecast ? settled : undefined,
    })
  }
  if (work.length === 0 && !isLive) {
    throw new BanyanError('BANYAN_USAGE', 'nothing to copy: no tag has a time to begin at that lies before the end', {
      hint: 'give --from, or add `backfill: { from: … }` to the tag rules in the configuration; --until must lie after it',
    })
  }
  return work
}

/** The span of sample times the log must be able to take and keep; undefined for no work. */
export function logPlanOfWork(work: readonly Work[]): LogPlan | undefined {
  const [first, ...rest] = work
  if (first === undefined) return undefined
  let { from: oldest, until: newest } = first.range
  for (const { range } of rest) {
    if (range.from < oldest) oldest = range.from
    if (range.until > newest) newest = range.until
  }
  return { oldest, newest }
}
