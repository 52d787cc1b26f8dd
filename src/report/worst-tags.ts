/** Tags by how bad they are: worst verdict first, then the more cells of it, then by name and id. */
import type { TagParity } from './model.ts'
import { rankOf } from './heat-text.ts'

/** Those that are not green, worst first. */
export function worstTags(tags: readonly TagParity[]): TagParity[] {
  return tags.filter(({ worst }) => rankOf(worst) > rankOf('explained')).sort(byWorst)
}

/** For sorting: negative when `a` is worse. */
export function byWorst(a: TagParity, b: TagParity): number {
  const rank = rankOf(b.worst) - rankOf(a.worst)
  if (rank !== 0) return rank
  const cells = a.worst === undefined ? 0 : b.verdicts[a.worst] - a.verdicts[a.worst]
  return cells !== 0 ? cells : byName(a, b)
}

/** Code unit order: the same on every machine. */
export function byName(a: TagParity, b: TagParity): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}
