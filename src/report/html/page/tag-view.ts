/** Tag view: which tags are shown and in which order. Heat map and table of tags show the same view. */
import type { TagParity } from '../../model.ts'
import { decodeHeat, rankOf } from '../../heat-text.ts'
import { byName, byWorst } from '../../worst-tags.ts'

export interface TagRow {
  readonly tag: TagParity
  /** Rank of the worst verdict per column (heat-text.ts). */
  readonly ranks: Uint8Array
}

export const ORDERS = { worst: 'Worst first', name: 'Name', cause: 'Probable cause' } as const
export type Order = keyof typeof ORDERS

export const SHOWN = { all: 'All tags', open: 'Not green', different: 'Different' } as const
export type Shown = keyof typeof SHOWN

export interface ViewChoice {
  readonly order: Order
  readonly shown: Shown
  /** Part of a name, id or cause, in any case; empty: every tag. */
  readonly search: string
}

/** A row that cannot be read shows as nothing known; the report is then called unsound anyway. */
export function rowsOf(tags: readonly TagParity[], columns: number): TagRow[] {
  return tags.map((tag) => {
    try {
      return { tag, ranks: decodeHeat(tag.heat, columns) }
    } catch {
      return { tag, ranks: new Uint8Array(columns).fill(rankOf('inconclusive')) }
    }
  })
}

export function chooseRows(rows: readonly TagRow[], { order, shown, search }: ViewChoice): TagRow[] {
  const wanted = search.trim().toLowerCase()
  return rows
    .filter(({ tag }) => isShown(tag, shown) && matches(tag, wanted))
    .sort((a, b) => ORDER_OF[order](a.tag, b.tag))
}

/** The worst rank of the columns `[from, until)`, and how many of them have it. */
export function worstIn(
  ranks: Uint8Array,
  from: number,
  until: number,
): { readonly rank: number; readonly share: number } {
  let rank = 0
  let share = 0
  for (let i = from; i < until; i++) {
    const here = ranks[i] ?? 0
    if (here > rank) {
      rank = here
      share = 1
    } else if (here === rank) share += 1
  }
  return { rank, share }
}

export interface Run {
  readonly rank: number
  readonly from: number
  /** Exclusive. */
  readonly until: number
}

/** Neighbouring columns of one rank that are not green, worst first and then by time. */
export function openRuns(ranks: Uint8Array): Run[] {
  const runs: Run[] = []
  for (let from = 0; from < ranks.length;) {
    const rank = ranks[from] ?? 0
    let until = from + 1
    while (until < ranks.length && ranks[until] === rank) until += 1
    if (rank > GREEN) runs.push({ rank, from, until })
    from = until
  }
  return runs.sort((a, b) => b.rank - a.rank || a.from - b.from)
}

/** The best two ranks that are a cell at all. */
const GREEN = rankOf('explained')

const ORDER_OF: Readonly<Record<Order, (a: TagParity, b: TagParity) => number>> = {
  worst: byWorst,
  name: byName,
  cause: (a, b) => {
    if (a.cause === b.cause) return byWorst(a, b)
    if (a.cause === undefined) return 1
    return b.cause === undefined || a.cause < b.cause ? -1 : 1
  },
}

function isShown({ worst, verdicts }: TagParity, shown: Shown): boolean {
  if (shown === 'all') return true
  return shown === 'open' ? rankOf(worst) > GREEN : verdicts.mismatch > 0
}

function matches({ id, name, cause = '' }: TagParity, wanted: string): boolean {
  return wanted === '' || [name, id, cause].some((text) => text.toLowerCase().includes(wanted))
}
