/** WorkloadTags: which of the copied tags belong to a workload, from the catalogue the store remembers. */
import type { TagRule, WorkloadConfig } from '../../config/config.ts'
import { matchesAnyMask } from '../../domain/name-mask.ts'
import { historianOf } from '../../domain/tag-id.ts'
import type { Store } from '../../store/store.ts'
import { knownSelection } from '../known-selection.ts'
import type { SelectedTag } from '../selection.ts'

/** Each tag once, in rule order; none that no rule copies. Asks no historian. */
export function workloadTags(
  store: Pick<Store, 'tags'>,
  rules: readonly TagRule[],
  workload: WorkloadConfig,
): SelectedTag[] {
  const { tags, historian } = workload
  return knownSelection(store, rules).selected.filter(
    ({ tag }) => (historian === undefined || historianOf(tag.id) === historian) && matchesAnyMask(tags, tag.name),
  )
}
