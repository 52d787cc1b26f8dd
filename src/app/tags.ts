/** Tags: the catalogue as the bridge sees it. */
import { isBanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { Bridge } from './bridge.ts'
import { selectTags, type Selection } from './selection.ts'

export interface ListedTag {
  readonly tag: Tag
  /** Whether a tag rule of the configuration selects it. */
  readonly selected: boolean
}

export interface TagListing {
  /** By historian, then by native id. */
  readonly tags: readonly ListedTag[]
  /** Names the configuration lists and no historian has. */
  readonly missing: readonly string[]
}

/**
 * Without a mask: the tags the rules select, none of which may be none. With one: every tag the historians have whose
 * name matches, selected or not, so that rules can be found by looking.
 */
export async function listTags(bridge: Bridge, mask: string | undefined, signal: AbortSignal): Promise<TagListing> {
  const selection = await selectionOrNothing(bridge, signal)
  if (mask === undefined) {
    return { tags: selection.selected.map(({ tag }) => ({ tag, selected: true })), missing: selection.missing }
  }
  const selectedIds = new Set<TagId>(selection.selected.map(({ tag }) => tag.id))
  const tags: ListedTag[] = []
  for (const { source } of await bridge.sources()) {
    const found = await source.catalogue({ include: [mask], exclude: [], names: [] }, signal)
    tags.push(...found.tags.map((tag) => ({ tag, selected: selectedIds.has(tag.id) })))
  }
  return { tags, missing: selection.missing }
}

/** Rules that select nothing are what this listing helps to mend: here they are no error. */
async function selectionOrNothing(bridge: Bridge, signal: AbortSignal): Promise<Selection> {
  try {
    return await selectTags(bridge, { tags: [] }, signal)
  } catch (error) {
    if (isBanyanError(error, 'BANYAN_USAGE')) return { selected: [], missing: [] }
    throw error
  }
}
