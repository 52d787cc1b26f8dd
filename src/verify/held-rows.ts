/** Held rows: what the historian holds in a tag's doubtful cells, read anew. */
import { cellStart } from '../domain/cell.ts'
import { addWindows, NOTHING_COVERED } from '../domain/coverage.ts'
import type { Sample } from '../domain/sample.ts'
import type { Tag } from '../domain/tag.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { SourceKind } from '../source/source.ts'
import type { CompareParts, Doubt } from './compare.ts'
import { groupBy } from '../util/group-by.ts'
import { slicesOf } from './sweep-plan.ts'

export interface HeldRows {
  /** By the starts of the cells; a cell without any sample is left out. */
  readonly held: ReadonlyMap<Ticks, readonly Sample[]>
  /** Who said so; empty when there was nothing to ask. */
  readonly servedBy: readonly SourceKind[]
}

/** The samples of the compared parts of the cells. Cells ascending. */
export async function readHeld(
  tag: Tag,
  doubts: readonly Pick<Doubt, 'window' | 'compared' | 'held'>[],
  { reader, cellWidth }: Pick<CompareParts, 'reader' | 'cellWidth'>,
  signal: AbortSignal,
): Promise<HeldRows> {
  const windows = addWindows(
    NOTHING_COVERED,
    doubts.flatMap(({ compared }) => compared),
  )
  const cells = doubts.map(({ window, held }) => ({ window, digest: held }))
  const rows: (readonly Sample[])[] = []
  const servedBy = new Set<SourceKind>()
  for (const { window, expected } of slicesOf(windows, cells, reader.rowLimit)) {
    for await (const { source, samples } of reader.read(tag, window, expected, signal)) {
      servedBy.add(source)
      rows.push(samples)
    }
  }
  return { held: groupBy(rows.flat(), ({ ticks }) => cellStart(ticks, cellWidth)), servedBy: [...servedBy] }
}
