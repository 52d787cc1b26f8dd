/**
 * Sweep pass: compares the noted windows of some tags, settles what differs, and records what came of it.
 *
 * What is recorded (findings, dirty marks) follows what is durable in the log: a kill in between leaves a mark or a
 * finding too many, never one too few. A mark is cleared only when all of it was compared; a part that is not covered
 * yet may have been read before the mark was made and be on its way into the log.
 */
import type { TagId } from '../domain/tag-id.ts'
import { cellStart } from '../domain/cell.ts'
import type { Store } from '../store/store.ts'
import { together } from '../util/abort.ts'
import { failpoint } from '../util/failpoint.ts'
import type { ChangeCounts } from './align.ts'
import { compareTag, type Comparison, type Noted } from './compare.ts'
import type { FailedTags } from './failed-tags.ts'
import { inLanes } from './lanes.ts'
import { refusedLoss, unbelievable } from './loss-guard.ts'
import { repair, type RepairParts } from './repair.ts'
import type { Found, Repair } from './tag-repair.ts'

/** Tags read at once: two coalesced calls, so that one is prepared while one is answered. */
const SPARSE_LANES = 200
/** A tag with more samples than the largest page that is coalesced reads alone, and fills a call by itself. */
const DENSE_ROWS = 800
/** As many as the governor lets through, usually; each holds one page. */
const DENSE_LANES = 8

export interface PassParts extends RepairParts {
  readonly store: Store
  readonly failed: FailedTags
  /** `report`: differences are recorded and left alone. */
  readonly mode: 'auto' | 'report'
  /** A person said that whatever the historian no longer shows was deleted on purpose. */
  readonly acceptDeletions: boolean
}

export interface PassOutcome {
  /** Cells compared. */
  readonly cells: number
  readonly appended: ChangeCounts
  /** Tags something was appended for. */
  readonly repaired: ReadonlySet<TagId>
  /** Cells recorded as different. */
  readonly findings: number
  /** To be compared again: history or log changed while they were. */
  readonly moved: readonly Noted[]
  /** Tags whose cells are all equal. */
  readonly equal: ReadonlySet<TagId>
}

interface Compared extends Comparison {
  readonly noted: Noted
}

/** Rejects when the historian, the log or the store fails as a whole; tags that fail alone are set aside. */
export async function sweepPass(noted: readonly Noted[], parts: PassParts, signal: AbortSignal): Promise<PassOutcome> {
  const compared = await compareAll(noted, parts, signal)
  failpoint('sweep-compared')
  const refused = parts.mode === 'report' || parts.acceptDeletions ? new Set<Compared>() : unbelievable(compared)
  const suspects = compared
    .filter(({ doubts }) => doubts.length > 0)
    .map((one) => ({ noted: one.noted, doubts: one.doubts, mayCorrect: parts.mode === 'auto' && !refused.has(one) }))
  const repairs = await repair(suspects, parts, signal)
  for (const one of refused) parts.failed.note(one.noted.tag, refusedLoss(one.noted.tag, one.losses))
  for (const [{ tag }, { brokeOff }] of repairs) {
    if (typeof brokeOff === 'object') await parts.failed.add(tag, brokeOff.error, signal)
  }
  const refusedTags = new Set([...refused].map((one) => one.noted))
  parts.store.write(() => {
    for (const one of compared) record(one.noted, repairs.get(one.noted), !refusedTags.has(one.noted), parts)
  })
  return summary(compared, repairs)
}

async function compareAll(noted: readonly Noted[], parts: PassParts, signal: AbortSignal): Promise<Compared[]> {
  const { store } = parts
  const results = new Map<Noted, Compared>()
  const compare = async (one: Noted, lane: AbortSignal): Promise<void> => {
    try {
      results.set(one, { noted: one, ...(await compareTag(one, { ...parts, cells: store.cells }, lane)) })
      parts.failed.forget(one.tag)
    } catch (error) {
      await parts.failed.add(one.tag, error, lane)
    }
  }
  const isDense = ({ tag, windows }: Noted): boolean =>
    windows.reduce((sum, window) => sum + store.cells.countSamples(tag.id, window), 0) > DENSE_ROWS
  const dense = new Set(noted.filter(isDense))
  await together(
    [
      (shared) =>
        inLanes(
          noted.filter((one) => !dense.has(one)),
          SPARSE_LANES,
          compare,
          shared,
        ),
      (shared) => inLanes(dense, DENSE_LANES, compare, shared),
    ],
    signal,
  )
  return noted.flatMap((one) => results.get(one) ?? [])
}

/** `isSettled`: false when the tag's difference still asks for attention, so that its dirty marks stay. */
function record(
  { tag, windows, dirtyUpTo }: Noted,
  done: Repair | undefined,
  isSettled: boolean,
  { store, cellWidth }: PassParts,
): void {
  if (done?.brokeOff !== undefined) return
  for (const { from, until } of windows) {
    // A finding belongs to its whole cell, also where the window begins inside it.
    store.findings.clear(tag.id, { from: cellStart(from, cellWidth), until })
  }
  for (const { cell, changes } of done?.found ?? []) store.findings.replace(tag.id, cell, changes)
  if (!isSettled || dirtyUpTo === undefined) return
  for (const window of windows) store.dirty.clear(tag.id, dirtyUpTo, window)
}

function summary(compared: readonly Compared[], repairs: ReadonlyMap<Noted, Repair>): PassOutcome {
  const appended = { late: 0, edited: 0, deleted: 0 }
  const repaired = new Set<TagId>()
  const found: Found[] = []
  for (const [{ tag }, one] of repairs) {
    const { late, edited, deleted } = one.appended
    appended.late += late
    appended.edited += edited
    appended.deleted += deleted
    if (late + edited + deleted > 0) repaired.add(tag.id)
    if (one.brokeOff === undefined) found.push(...one.found)
  }
  const moved = [...repairs].filter(([, { brokeOff }]) => brokeOff === 'moved').map(([noted]) => noted)
  const isEqual = (one: Repair | undefined): boolean =>
    one === undefined || (one.brokeOff === undefined && one.found.length === 0)
  return {
    cells: compared.reduce((sum, { cells }) => sum + cells, 0),
    appended,
    repaired,
    findings: found.length,
    moved,
    equal: new Set(
      compared
        .filter(({ noted }) => isEqual(repairs.get(noted)) && !repaired.has(noted.tag.id))
        .map(({ noted }) => noted.tag.id),
    ),
  }
}
