/**
 * Checked windows: which stretches of a tag were looked at, and when last. Pure; lists are ascending and disjoint.
 *
 * Of two looks at one place the later one counts, whichever is told first. Neighbours of one look are one window; of
 * many looks, the oldest are taken together under the older of the two, which claims less than was done, never more.
 */
import { cellsTouched } from '../domain/cell.ts'
import { gapsWithin, within, without, type Coverage } from '../domain/coverage.ts'
import type { Window } from '../domain/window.ts'

/** Why nothing is known of the cells of a window but that somebody looked. */
export type LookFailure = 'unreadable' | 'unanswered'

export interface CheckedWindow extends Window {
  /** Id of the look. */
  readonly look: number
  readonly outcome: 'compared' | LookFailure
}

/** Of what a look has seen, the part that no later look has seen too: cells are never half of one and half of another. */
export function latestOf(known: readonly CheckedWindow[], seen: Coverage, look: number, width: bigint): Coverage {
  const later = known.filter((one) => one.look > look)
  return later.length === 0 ? seen : without(seen, cellsTouched(later, width))
}

/** The windows with another look over them. */
export function overlay(
  known: readonly CheckedWindow[],
  seen: Coverage,
  { look, outcome }: Pick<CheckedWindow, 'look' | 'outcome'>,
): CheckedWindow[] {
  const kept = known.flatMap((one) => gapsWithin(seen, one).map((rest) => ({ ...one, ...rest })))
  const added = seen.map(({ from, until }) => ({ from, until, look, outcome }))
  const result: CheckedWindow[] = []
  for (const one of [...kept, ...added].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = result.at(-1)
    const continues = last?.until === one.from && last.look === one.look && last.outcome === one.outcome
    if (continues) result[result.length - 1] = { ...last, until: one.until }
    else result.push(one)
  }
  return result
}

/**
 * At most `limit` windows, if neighbours can be taken together: what touches, has one outcome and is `alike`. The
 * oldest looks first.
 */
export function coarsened(
  known: readonly CheckedWindow[],
  limit: number,
  alike: (a: number, b: number) => boolean,
): CheckedWindow[] {
  const joints = known.flatMap((one, i) => {
    const before = known[i - 1]
    const isJoint = before?.until === one.from && before.outcome === one.outcome && alike(before.look, one.look)
    return isJoint ? [{ at: i, look: Math.max(before.look, one.look) }] : []
  })
  const closed = new Set(
    joints
      .sort((a, b) => a.look - b.look)
      .slice(0, Math.max(0, known.length - limit))
      .map(({ at }) => at),
  )
  const result: CheckedWindow[] = []
  for (const [i, one] of known.entries()) {
    const last = result.at(-1)
    if (last !== undefined && closed.has(i)) {
      result[result.length - 1] = { ...last, until: one.until, look: Math.min(last.look, one.look) }
    } else result.push(one)
  }
  return result
}

/** The parts of the windows inside a range. */
export function checkedWithin(known: readonly CheckedWindow[], range: Window): CheckedWindow[] {
  return known.flatMap((one) => within([one], range).map((part) => ({ ...one, ...part })))
}
