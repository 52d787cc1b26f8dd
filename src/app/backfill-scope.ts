/** BackfillScope: what a backfill is to copy, and how a job keeps it. Equal scopes have equal JSON. */
import { formatTicks, parseTicks, type Ticks } from '../domain/ticks.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { ReplayOrder } from '../replay/slices.ts'
import type { Job } from '../store/jobs.ts'

/** What to copy; undefined leaves it to the tag rules. */
export interface BackfillScope {
  /** Name masks; empty: every selected tag. */
  readonly tags: readonly string[]
  /** Exactly these of the selected tags; undefined: all that `tags` names. */
  readonly ids?: readonly TagId[] | undefined
  /** Only this historian's tags; undefined: every historian's. */
  readonly historian?: string | undefined
  /** Inclusive. */
  readonly from: Ticks | undefined
  /** Exclusive. */
  readonly until: Ticks | undefined
  readonly order: ReplayOrder | undefined
}

interface StoredScope {
  readonly tags: readonly string[]
  readonly ids?: readonly TagId[]
  readonly historian?: string
  readonly from: string | null
  readonly until: string | null
  readonly order: ReplayOrder | null
}

export function storedScope({ tags, ids, historian, from, until, order }: BackfillScope): StoredScope {
  return {
    tags,
    ...(ids && { ids }),
    ...(historian !== undefined && { historian }),
    from: from === undefined ? null : formatTicks(from),
    until: until === undefined ? null : formatTicks(until),
    order: order ?? null,
  }
}

/** The store is ours, and `storedScope` wrote what is read here: the shape is trusted, the times are parsed strictly. */
export function scopeOf(job: Job): BackfillScope {
  const { tags, ids, historian, from, until, order } = job.params as StoredScope
  return {
    tags,
    ids,
    historian,
    from: from === null ? undefined : parseTicks(from),
    until: until === null ? undefined : parseTicks(until),
    order: order ?? undefined,
  }
}
