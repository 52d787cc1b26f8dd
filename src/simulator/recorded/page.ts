/**
 * Which rows a request for recorded values gets: the closed range on the server's clock grid, in the asked direction,
 * cut silently at maxCount.
 */
import type { Archive } from '../archive.ts'
import type { Random } from '../random.ts'
import type { Switches } from '../switches.ts'

export type BoundaryType = 'Inside' | 'Outside' | 'Interpolated'

export interface RowRange {
  /** Lower and upper bound on the grid, both inclusive. */
  readonly low: number
  readonly high: number
  readonly descending: boolean
  readonly boundaryType: BoundaryType
  readonly maxCount: number
}

/** Rows to answer with: `first`, then `count` rows in steps of `step`, unless `order` lists them one by one. */
export interface RowPage {
  readonly first: number
  readonly count: number
  readonly step: 1 | -1
  readonly order?: readonly number[]
}

/** The archive row at a place of the page. */
export function rowOfPage(page: RowPage, place: number): number {
  return page.order?.[place] ?? page.first + place * page.step
}

export function selectRows(archive: Archive, range: RowRange, switches: Switches, dice: Random): RowPage {
  const readable = switches.snapshotInRecorded ? archive.length : archive.archivedLength
  let from = Math.min(archive.lowerBoundGrid(range.low), readable)
  let until = Math.min(archive.lowerBoundGrid(range.high + 1), readable)
  if (range.boundaryType === 'Outside') {
    from = Math.max(0, from - 1)
    until = Math.min(readable, until + 1)
  }
  const count = Math.min(until - from, range.maxCount)
  const page: RowPage = range.descending ? { first: until - 1, count, step: -1 } : { first: from, count, step: 1 }
  return switches.tieOrder === 'insert'
    ? page
    : { ...page, order: reorderTies(archive, readable, page, switches.tieOrder, dice) }
}

/** Whole groups of equal time are reordered before the page is cut, so that the cut may fall anywhere in them. */
function reorderTies(
  archive: Archive,
  readable: number,
  page: RowPage,
  how: 'reversed' | 'shuffled',
  dice: Random,
): number[] {
  const order: number[] = []
  let row = page.first
  while (order.length < page.count) {
    const grid = archive.gridAt(row)
    const group: number[] = []
    for (; row < readable && archive.gridAt(row) === grid; row += page.step) group.push(row)
    if (how === 'reversed') group.reverse()
    else shuffle(group, dice)
    for (const member of group) order.push(member)
  }
  order.length = page.count
  return order
}

function shuffle(rows: number[], dice: Random): void {
  for (let i = rows.length - 1; i > 0; i--) {
    const j = dice.below(i + 1)
    const kept = rows[i] ?? 0
    rows[i] = rows[j] ?? 0
    rows[j] = kept
  }
}
