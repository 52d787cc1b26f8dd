/**
 * Compare: reads the windows of a tag from the historian again and compares them, cell by cell, with what the log was
 * folded to. Digests only; whether a doubtful cell really differs is settled by its rows (repair.ts).
 *
 * A cell is doubted too often rather than too rarely: records the tail appends to the newest cell while it is read make
 * it differ, and its rows then show that nothing does.
 */
import { EMPTY_DIGEST, type Digest } from '../domain/digest.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import { within, type Coverage } from '../domain/coverage.ts'
import type { TagProgress } from '../log/log.ts'
import type { Cell, CellTable } from '../store/cells.ts'
import { areEqual, CellDigests } from './cell-digests.ts'
import type { HistorianReader } from './historian-reader.ts'
import { LossTally, type Losses } from './loss-guard.ts'
import { blocksOf, countCells, slicesOf } from './sweep-plan.ts'

/** Cells of one tag in memory at once: the longest usual look-back is one block, and ten years are a few dozen. */
const BLOCK_CELLS = 2_048n

/** A tag and what of it is compared, noted before the log was folded. */
export interface Noted {
  readonly tag: Tag
  /** Covered, settled windows; ascending and disjoint. */
  readonly windows: Coverage
  /** End of what was covered of the tag, exclusive: at or behind the last window's. */
  readonly coveredUntil: Ticks
  /** Samples the log had of the tag. */
  readonly samples: number
  /** Amendments the log had: corrections build on this number. */
  readonly amendments: number
  /** Dirty marks up to this one are settled where they were compared; undefined: there were none. */
  readonly dirtyUpTo: number | undefined
}

/** A cell whose digests differ. */
export interface Doubt {
  readonly window: Window
  /** The part of it that was compared. */
  readonly compared: Coverage
  /** What the historian held there. */
  readonly held: Digest
  /** What the log was folded to; undefined: it has no record of the cell. */
  readonly cell: Cell | undefined
}

export interface Comparison {
  /** Cells looked at. */
  readonly cells: number
  /** Ascending. */
  readonly doubts: readonly Doubt[]
  readonly losses: Losses
}

/** What of a tag has been compared, as soon as all of it was read. */
export interface ComparedPart {
  readonly windows: Coverage
  /** Cells with records whose digests are equal, ascending; cells not named were empty on both sides. */
  readonly equal: readonly Cell[]
  /** Ascending. */
  readonly doubts: readonly Doubt[]
}

/** What is durable of a tag; undefined when the log has never seen it. */
export interface ProgressLookup {
  progressOf(tag: TagId): Pick<TagProgress, 'samples'> | undefined
}

export interface CompareParts {
  readonly cells: CellTable
  readonly reader: HistorianReader
  readonly amender: ProgressLookup
  /** In ticks. */
  readonly cellWidth: bigint
}

/** Rejects with what makes the tag unreadable; parts told to `onPart` by then were read to their ends. */
export async function compareTag(
  noted: Noted,
  { cells: table, reader, amender, cellWidth }: CompareParts,
  onPart: (part: ComparedPart) => void,
  signal: AbortSignal,
): Promise<Comparison> {
  const { tag, windows } = noted
  const doubts: Doubt[] = []
  const losses = new LossTally({
    appendedSince: (amender.progressOf(tag.id)?.samples ?? 0) - noted.samples,
    cutAt: cutOf(noted),
  })
  for (const block of blocksOf(windows, BLOCK_CELLS * cellWidth)) {
    const cells = new Map(cellsOf(table, tag, block).map((cell) => [cell.window.from, cell]))
    const held = new CellDigests(cellWidth)
    for (const { window, expected } of slicesOf(block, [...cells.values()], reader.rowLimit)) {
      for await (const { samples } of reader.read(tag, window, expected, signal)) held.add(samples)
    }
    const part = { windows: block, equal: [] as Cell[], doubts: [] as Doubt[] }
    const starts = [...new Set([...cells.keys(), ...held.starts()])].sort((a, b) => (a < b ? -1 : 1))
    for (const start of starts) {
      const window = { from: start, until: (start + cellWidth) as Ticks }
      const doubt = { window, compared: within(block, window), held: held.of(start), cell: cells.get(start) }
      losses.add(doubt.cell, doubt.compared, { count: doubt.held.count, latest: held.latest(start) })
      if (!areEqual(doubt.cell?.digest ?? EMPTY_DIGEST, doubt.held)) part.doubts.push(doubt)
      else if (doubt.cell !== undefined) part.equal.push(doubt.cell)
    }
    doubts.push(...part.doubts)
    onPart(part)
  }
  return { cells: countCells(windows, cellWidth), doubts, losses: losses.total() }
}

/** Where the comparison ends although more is covered: what is newer was not settled. */
export function cutOf({ windows, coveredUntil }: Noted): Ticks | undefined {
  const end = windows.at(-1)?.until
  return end !== undefined && end < coveredUntil ? end : undefined
}

/** The cells that overlap the windows, ascending; there is at least one window. */
function cellsOf(table: CellTable, tag: Tag, windows: Coverage): Cell[] {
  const [first] = windows
  const last = windows.at(-1)
  if (first === undefined || last === undefined) return []
  return table
    .read(tag.id, { from: first.from, until: last.until })
    .filter(({ window }) => windows.some(({ from, until }) => from < window.until && window.from < until))
}
