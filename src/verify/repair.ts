/**
 * Repair: settles the doubtful cells of many tags, batch by batch. The log's rows of all cells of a batch are fetched
 * with few reads, the historian's tag by tag; memory holds one batch.
 */
import type { SampleLog } from '../log/log.ts'
import type { Doubt, Noted } from './compare.ts'
import { readCells } from './doubtful-rows.ts'
import { inLanes } from './lanes.ts'
import { TagRepair, type Repair, type Suspect, type TagRepairParts } from './tag-repair.ts'

/** Samples of either side in memory at once; a single larger cell is taken alone. */
const BATCH_ROWS = 100_000
/** As many tags as a coalesced call takes. */
const LANES = 100

export interface RepairParts extends TagRepairParts {
  readonly log: Pick<SampleLog, 'read'>
}

/** Rejects only when the log cannot be read or the signal aborts. */
export async function repair(
  suspects: readonly Suspect[],
  parts: RepairParts,
  signal: AbortSignal,
): Promise<ReadonlyMap<Noted, Repair>> {
  const repairs = new Map(suspects.map((suspect) => [suspect.noted, new TagRepair(suspect, parts)]))
  for (const batch of batchesOf(suspects)) {
    const cells = batch.flatMap(({ doubts }) => doubts.flatMap(({ cell }) => cell ?? []))
    const rows = await readCells(parts.log, cells, parts.cellWidth, signal)
    const settle = async ({ noted, doubts }: Suspect, lane: AbortSignal): Promise<void> => {
      await repairs.get(noted)?.settle(doubts, rows, lane)
    }
    await inLanes(batch, LANES, settle, signal)
  }
  return repairs
}

/** Doubts in batches of about `BATCH_ROWS`; each of the suspects at most once in a batch, its cells in order. */
export function* batchesOf<S extends { readonly doubts: readonly Doubt[] }>(suspects: readonly S[]): Generator<S[]> {
  let batch: S[] = []
  let weight = 0
  for (const suspect of suspects) {
    let doubts: Doubt[] = []
    for (const doubt of suspect.doubts) {
      const added = (doubt.cell?.epoch ?? 0) + doubt.held.count
      if (weight > 0 && weight + added > BATCH_ROWS) {
        yield [...batch, { ...suspect, doubts }]
        batch = []
        doubts = []
        weight = 0
      }
      doubts.push(doubt)
      weight += added
    }
    batch.push({ ...suspect, doubts })
  }
  if (weight > 0) yield batch
}
