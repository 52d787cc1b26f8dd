/** Selection: which tags the configuration's rules mean, asked of the historians. */
import type { TagRule } from '../config/config.ts'
import { BanyanError } from '../domain/errors.ts'
import { matchesAnyMask } from '../domain/name-mask.ts'
import { historianOf, type TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { Lane } from '../replay/governor.ts'
import type { Bridge } from './bridge.ts'

export interface SelectedTag {
  readonly tag: Tag
  /** The first rule that matches it. */
  readonly rule: TagRule
}

export interface Selection {
  /** Each tag once, in rule order, then by native id. */
  readonly selected: readonly SelectedTag[]
  /** Names asked for literally that no historian has, as `<historian>: <name>`. */
  readonly missing: readonly string[]
}

/** What a command or a job further narrows a selection to. */
export interface Narrowing {
  /** Name masks; empty means all. */
  readonly tags: readonly string[]
  /** Exactly these; undefined means all. */
  readonly ids?: readonly TagId[] | undefined
  /** Only this historian's; undefined means all. */
  readonly historian?: string | undefined
}

/** Everything the rules select, or the rules of one historian, read in a lane. May be nothing. */
export async function listSelected(
  bridge: Bridge,
  { historian, lane = 'backfill' }: { readonly historian?: string | undefined; readonly lane?: Lane },
  signal: AbortSignal,
): Promise<Selection> {
  const selected = new Map<TagId, SelectedTag>()
  const missing: string[] = []
  for (const rule of bridge.config.tags) {
    if (historian !== undefined && rule.historian !== historian) continue
    const { source } = await bridge.source(rule.historian, lane)
    const found = await source.catalogue(rule, signal)
    missing.push(...found.missing.map((name) => `${rule.historian}: ${name}`))
    for (const tag of found.tags) if (!selected.has(tag.id)) selected.set(tag.id, { tag, rule })
  }
  return { selected: [...selected.values()], missing }
}

/** Throws BANYAN_USAGE when no tag is left. */
export function narrow(selection: Selection, narrowing: Narrowing, rules: readonly TagRule[]): Selection {
  const { tags: masks, ids, historian } = narrowing
  const wanted = ids && new Set(ids)
  const selected = selection.selected.filter(
    ({ tag }) =>
      wanted?.has(tag.id) !== false &&
      (historian === undefined || historianOf(tag.id) === historian) &&
      (masks.length === 0 || matchesAnyMask(masks, tag.name)),
  )
  if (selected.length === 0) {
    throw new BanyanError('BANYAN_USAGE', `no tag matches ${describe(rules, masks)}`, {
      hint: 'see what there is with `banyan tags`, then mend `tags` in the configuration or the --tag mask',
    })
  }
  return { selected, missing: selection.missing }
}

/** Asks the historians, then narrows. Throws BANYAN_USAGE when no tag is left. */
export async function selectTags(bridge: Bridge, narrowing: Narrowing, signal: AbortSignal): Promise<Selection> {
  return narrow(await listSelected(bridge, { historian: narrowing.historian }, signal), narrowing, bridge.config.tags)
}

function describe(rules: readonly TagRule[], masks: readonly string[]): string {
  if (masks.length > 0) return masks.join(', ')
  return rules.map((rule) => [...rule.include, ...(rule.file === undefined ? [] : [rule.file])].join(', ')).join('; ')
}
