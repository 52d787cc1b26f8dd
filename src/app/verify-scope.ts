/**
 * VerifyScope: what a verification or a parity report is about, and which cells that makes of each tag. Pure.
 *
 * Asked for nothing in particular, it is everything configured to be copied, from the beginning of each tag up to the
 * newest cell edge that any tag of its historian was copied to. Any tag, because a tag that is copied no more must not
 * be called equal up to where it stopped; a cell edge, because the newest cell is always still being filled.
 */
import { cellStart } from '../domain/cell.ts'
import type { Coverage } from '../domain/coverage.ts'
import { historianOf, type TagId } from '../domain/tag-id.ts'
import { formatTicks, type Ticks } from '../domain/ticks.ts'
import type { ExpectedTag } from '../store/parity.ts'
import type { Narrowing, SelectedTag } from './selection.ts'

export interface VerifyScope extends Narrowing {
  /** Inclusive; undefined: where each tag begins. */
  readonly from: Ticks | undefined
  /** Exclusive; undefined: the newest edge. */
  readonly until: Ticks | undefined
}

/** As a run keeps it; equal scopes have equal JSON. */
export interface StoredVerifyScope {
  readonly tags: readonly string[]
  readonly historian: string | null
  readonly from: string | null
  readonly until: string | null
}

export function storedVerifyScope({ tags, historian, from, until }: VerifyScope): StoredVerifyScope {
  return {
    tags,
    historian: historian ?? null,
    from: from === undefined ? null : formatTicks(from),
    until: until === undefined ? null : formatTicks(until),
  }
}

/** What is copied, as far as known. */
export interface CopiedState {
  readonly covered: ReadonlyMap<TagId, Coverage>
  /** Tags that hold data ahead of the historian's clock: how far they reach says nothing about the others. */
  readonly future: ReadonlySet<TagId>
  /** Where to end where nothing is copied at all. */
  readonly now: Ticks
  /** Of a cell, in ticks. */
  readonly cellWidth: bigint
}

/** Ascending by tag; those of which nothing is expected are left out. */
export function expectedOf(
  selected: readonly SelectedTag[],
  { from, until }: Pick<VerifyScope, 'from' | 'until'>,
  copied: CopiedState,
): ExpectedTag[] {
  const newest = newestByHistorian(copied)
  const expected = selected.flatMap(({ tag, rule }): ExpectedTag[] => {
    const covered = copied.covered.get(tag.id) ?? []
    const settled = newest.get(historianOf(tag.id)) ?? copied.now
    const begin = from ?? rule.backfill?.from ?? covered[0]?.from
    const end = until ?? lower(cellStart(settled, copied.cellWidth), endOf(rule.backfill?.until, covered))
    if (begin === undefined || begin >= end) return []
    return [{ tag: tag.id, expected: { from: begin, until: end }, covered, settled: tag.future ? undefined : settled }]
  })
  return expected.sort((a, b) => (a.tag < b.tag ? -1 : 1))
}

/** A rule that ends its history ends what is expected, unless the tag was copied on from there. */
function endOf(ruled: Ticks | undefined, covered: Coverage): Ticks | undefined {
  const end = covered.at(-1)?.until
  return ruled === undefined || (end !== undefined && end > ruled) ? undefined : ruled
}

function newestByHistorian({ covered, future }: CopiedState): Map<string, Ticks> {
  const newest = new Map<string, Ticks>()
  for (const [tag, windows] of covered) {
    const end = windows.at(-1)?.until
    if (end === undefined || future.has(tag)) continue
    const historian = historianOf(tag)
    const known = newest.get(historian)
    if (known === undefined || end > known) newest.set(historian, end)
  }
  return newest
}

function lower(a: Ticks, b: Ticks | undefined): Ticks {
  return b === undefined || a < b ? a : b
}
