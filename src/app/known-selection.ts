/** Known selection: which of the tags the store knows the configuration's rules mean, without asking a historian. */
import type { TagRule } from '../config/config.ts'
import { matchesAnyMask } from '../domain/name-mask.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Store } from '../store/store.ts'
import type { SelectedTag, Selection } from './selection.ts'

/** Tags the catalogue listed last; each once, by the first rule that matches it. Names nobody has are not found out. */
export function knownSelection(store: Pick<Store, 'tags'>, rules: readonly TagRule[]): Selection {
  const selected = new Map<TagId, SelectedTag>()
  for (const rule of rules) {
    const isMeant = matcherOf(rule)
    for (const { tag, goneAtMs } of store.tags.list(rule.historian)) {
      if (goneAtMs === undefined && !selected.has(tag.id) && isMeant(tag.name)) selected.set(tag.id, { tag, rule })
    }
  }
  return { selected: [...selected.values()], missing: [] }
}

function matcherOf({ include, exclude, names }: TagRule): (name: string) => boolean {
  const listed = new Set(names.map((name) => name.toLowerCase()))
  return (name) => (matchesAnyMask(include, name) || listed.has(name.toLowerCase())) && !matchesAnyMask(exclude, name)
}
