/**
 * Sweep pass: compares the noted windows of some tags, settles what differs, and records what came of it.
 *
 * What is recorded (findings, dirty marks) follows what is durable in the log: a kill in between leaves a mark or a
 * finding too many, never one too few. Of a mark only what was compared is cleared; a part that is not covered yet may
 * have been read before the mark was made and be on its way into the log. Where the tag means something else by then,
 * nothing is: it was compared in its old meaning.
 */
import { cellStart } from '../domain/cell.ts'
import { isBanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { Store } from '../store/store.ts'
import { together } from '../util/abort.ts'
import { failpoint } from '../util/failpoint.ts'
import { compareTag, cutOf, type Comparison, type Noted } from './compare.ts'
import type { FailedTags } from './failed-tags.ts'
import { inLanes } from './lanes.ts'
import { lagging, refusedLoss, unbelievable } from './loss-guard.ts'
import { showsNewer } from './newer-samples.ts'
import { repair, type RepairParts } from './repair.ts'
import type { Repair } from './tag-repair.ts'

/** Tags read at once: two coalesced calls, so that one is prepared while one is answered. */
const SPARSE_LANES = 200
/** A tag with more samples than the largest page that is coalesced reads alone, and fills a call by itself. */
const DENSE_ROWS = 800
/** As many as the governor lets through, usually; each holds one page. */
const DENSE_LANES = 8

export interface PassParts extends RepairParts {
  readonly store: Store
  readonly failed: FailedTags
  /** The tag as it is now; undefined: it is selected no more. */
  readonly tagOf: (id: TagId) => Tag | undefined
  /** `report`: differences are recorded and left alone. */
  readonly mode: 'auto' | 'report'
  /** A person said that whatever the historian no longer shows was deleted on purpose. */
  readonly acceptDeletions: boolean
}

export interface PassOutcome {
  /** Cells compared. */
  readonly cells: number
  /** Cells recorded as different. */
  readonly findings: number
  /** To be compared again: history or log changed while they were. */
  readonly moved: readonly Noted[]
  /** Tags whose cells are all equal. */
  readonly equal: ReadonlySet<TagId>
  /** Tags that could not be corrected, each with what its repair broke off with. */
  readonly failed: readonly { readonly tag: Tag; readonly error: unknown }[]
  /** Whether a mark of doubt was settled, wholly or in part. */
  readonly isLessDoubtful: boolean
}

interface Compared extends Comparison {
  readonly noted: Noted
}

/**
 * Rejects when the historian, the log or the store fails as a whole. Tags that could not be compared are set aside;
 * those that could not be corrected are answered, because what was done for the others is to be counted first.
 */
export async function sweepPass(noted: readonly Noted[], parts: PassParts, signal: AbortSignal): Promise<PassOutcome> {
  const compared = await compareAll(noted, parts, signal)
  failpoint('sweep-compared')
  const refused =
    parts.mode === 'report' || parts.acceptDeletions
      ? new Set<Compared>()
      : new Set([...unbelievable(compared), ...(await confirmedLagging(compared, parts, signal))])
  const suspects = compared
    .filter(({ doubts }) => doubts.length > 0)
    .map((one) => ({ noted: one.noted, doubts: one.doubts, mayCorrect: parts.mode === 'auto' && !refused.has(one) }))
  const repairs = await repair(suspects, parts, signal)
  for (const one of refused) parts.failed.note(one.noted.tag, refusedLoss(one.noted.tag, one.losses))
  const settled = parts.store.write(() =>
    compared.filter((one) => record(one.noted, repairs.get(one.noted), !refused.has(one), parts)),
  )
  return { ...summary(compared, repairs), isLessDoubtful: settled.length > 0 }
}

/** Those that seem to lag and show nothing newer. */
async function confirmedLagging(
  compared: readonly Compared[],
  { reader }: PassParts,
  signal: AbortSignal,
): Promise<Set<Compared>> {
  const confirmed = lagging(compared)
  const look = async (one: Compared, lane: AbortSignal): Promise<void> => {
    try {
      if (await showsNewer(one.noted, reader, lane)) confirmed.delete(one)
    } catch (error) {
      // Not knowing better, nothing is deleted; what is wrong the next read says.
      if (!isBanyanError(error)) throw error
    }
  }
  await inLanes([...confirmed], SPARSE_LANES, look, signal)
  return confirmed
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

/**
 * `isSettled`: false when the tag's difference still asks for attention, so that its dirty marks stay. Answers whether
 * any of them was cleared.
 */
function record(
  noted: Noted,
  done: Repair | undefined,
  isSettled: boolean,
  { store, cellWidth, tagOf }: PassParts,
): boolean {
  if (done?.brokeOff !== undefined) return false
  const { tag, windows, dirtyUpTo } = noted
  const cut = cutOf(noted)
  for (const { from, until } of windows) {
    // A finding belongs to its whole cell, also where the window begins inside it; where the comparison was cut short
    // inside a cell, the rest of it may be what differs.
    store.findings.clear(tag.id, {
      from: cellStart(from, cellWidth),
      until: until === cut ? cellStart(until, cellWidth) : until,
    })
  }
  for (const { cell, changes } of done?.found ?? []) store.findings.replace(tag.id, cell, changes)
  if (!isSettled || dirtyUpTo === undefined || tagOf(tag.id) !== tag) return false
  return store.dirty.clear(tag.id, dirtyUpTo, windows)
}

function summary(
  compared: readonly Compared[],
  repairs: ReadonlyMap<Noted, Repair>,
): Omit<PassOutcome, 'isLessDoubtful'> {
  const done = [...repairs]
  const isEqual = (one: Repair | undefined): boolean =>
    one === undefined || (one.brokeOff === undefined && one.found.length === 0 && !one.isCorrected)
  return {
    cells: compared.reduce((sum, { cells }) => sum + cells, 0),
    findings: done.reduce((sum, [, { brokeOff, found }]) => sum + (brokeOff === undefined ? found.length : 0), 0),
    moved: done.filter(([, { brokeOff }]) => brokeOff === 'moved').map(([noted]) => noted),
    equal: new Set(compared.filter(({ noted }) => isEqual(repairs.get(noted))).map(({ noted }) => noted.tag.id)),
    failed: done.flatMap(([{ tag }, { brokeOff }]) =>
      typeof brokeOff === 'object' ? { tag, error: brokeOff.error } : [],
    ),
  }
}
