/** Selection: which tags the configuration's rules mean, asked of the historians. */
import type { TagRule } from '../config/config.ts'
import { BanyanError } from '../domain/errors.ts'
import { matchesAnyMask } from '../domain/name-mask.ts'
import type { Tag } from '../domain/tag.ts'
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

/** `masks`: further narrows by tag name; empty means all. Throws BANYAN_USAGE when no tag is left. */
export async function selectTags(bridge: Bridge, masks: readonly string[], signal: AbortSignal): Promise<Selection> {
  const selected = new Map<string, SelectedTag>()
  const missing: string[] = []
  for (const rule of bridge.config.tags) {
    const { source } = await bridge.source(rule.historian)
    const found = await source.catalogue(rule, signal)
    missing.push(...found.missing.map((name) => `${rule.historian}: ${name}`))
    for (const tag of found.tags) {
      if (selected.has(tag.id)) continue
      if (masks.length > 0 && !matchesAnyMask(masks, tag.name)) continue
      selected.set(tag.id, { tag, rule })
    }
  }
  if (selected.size === 0) {
    throw new BanyanError('BANYAN_USAGE', `no tag matches ${describe(bridge.config.tags, masks)}`, {
      hint: 'see what there is with `banyan tags`, then mend `tags` in the configuration or the --tag mask',
    })
  }
  return { selected: [...selected.values()], missing }
}

function describe(rules: readonly TagRule[], masks: readonly string[]): string {
  if (masks.length > 0) return masks.join(', ')
  return rules.map((rule) => [...rule.include, ...(rule.file === undefined ? [] : [rule.file])].join(', ')).join('; ')
}
