/** Work: what a backfill is about to do, tag by tag, before anything is read. Pure. */
import { BanyanError } from '../domain/errors.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { LogPlan } from '../log/log.ts'
import type { ReplayTask } from '../replay/replay.ts'
import type { ReplayOrder } from '../replay/slices.ts'
import { rangeOf } from './ranges.ts'
import type { SelectedTag } from './selection.ts'

/** What to copy; undefined leaves it to the tag rules. */
export interface BackfillScope {
  /** Name masks; empty: every selected tag. */
  readonly tags: readonly string[]
  /** Inclusive. */
  readonly from: Ticks | undefined
  /** Exclusive. */
  readonly until: Ticks | undefined
  readonly order: ReplayOrder | undefined
}

export interface Work extends ReplayTask {
  readonly historian: string
  readonly order: ReplayOrder
}

/**
 * Tags that hold future data are read oldest first: only then is it known where their forecasts end.
 *
 * `settled`: per historian, the time below which samples no longer change. Tags that nothing gives a beginning
 * before their end are left out; throws BANYAN_USAGE when that leaves none.
 */
export function planWork(
  selected: readonly SelectedTag[],
  scope: BackfillScope,
  settled: ReadonlyMap<string, Ticks>,
): Work[] {
  const work: Work[] = []
  for (const item of selected) {
    const { historian, backfill } = item.rule
    const end = settled.get(historian)
    const range = end === undefined ? undefined : rangeOf(item, scope, end)
    if (range === undefined) continue
    const { tag } = item
    work.push({
      tag,
      range,
      historian,
      order: tag.future ? 'oldest-first' : (scope.order ?? backfill?.order ?? 'newest-first'),
      provisionalFrom: tag.future ? end : undefined,
    })
  }
  if (work.length === 0) {
    throw new BanyanError('BANYAN_USAGE', 'nothing to copy: no tag has a time to begin at that lies before the end', {
      hint: 'give --from, or add `backfill: { from: … }` to the tag rules in the configuration; --until must lie after it',
    })
  }
  return work
}

/** The span of sample times the log must be able to take and keep. */
export function logPlanOf(work: readonly Work[]): LogPlan {
  const [first, ...rest] = work
  if (first === undefined) throw new BanyanError('BANYAN_INTERNAL', 'no work, no plan')
  let { from: oldest, until: newest } = first.range
  for (const { range } of rest) {
    if (range.from < oldest) oldest = range.from
    if (range.until > newest) newest = range.until
  }
  return { oldest, newest }
}
