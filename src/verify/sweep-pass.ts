/**
 * Sweep pass: compares the noted windows of some tags, settles what differs, and records what came of it.
 *
 * What is recorded (findings, dirty marks) follows what is durable in the log: a kill in between leaves a mark or a
 * finding too many, never one too few. Of a mark only what was compared is cleared; a part that is not covered yet may
 * have been read before the mark was made and be on its way into the log. Where the tag means something else by then,
 * nothing is: it was compared in its old meaning.
 */
import { cellStart } from '../domain/cell.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { Store } from '../store/store.ts'
import { failpoint } from '../util/failpoint.ts'
import { cutOf, type Noted } from './compare.ts'
import { compareAll, disbelieved, type Compared } from './compare-all.ts'
import type { FailedTags } from './failed-tags.ts'
import type { LookRecorder } from './look-recorder.ts'
import { refusedLoss } from './loss-guard.ts'
import { repair, type RepairParts } from './repair.ts'
import type { Repair } from './tag-repair.ts'

export interface PassParts extends RepairParts {
  readonly store: Store
  readonly failed: FailedTags
  /** Keeps what is equal as verdicts; undefined: nobody does. */
  readonly recorder: LookRecorder | undefined
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

/**
 * Rejects when the historian, the log or the store fails as a whole. Tags that could not be compared are set aside;
 * those that could not be corrected are answered, because what was done for the others is to be counted first.
 */
export async function sweepPass(noted: readonly Noted[], parts: PassParts, signal: AbortSignal): Promise<PassOutcome> {
  const compared = await compareAll(noted, { ...parts, cells: parts.store.cells }, signal)
  // Before anything is corrected: what differs was seen to differ, whatever becomes of the rest.
  parts.recorder?.flush()
  failpoint('sweep-compared')
  const refused = await refusedOf(compared, parts, signal)
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

async function refusedOf(
  compared: readonly Compared[],
  parts: PassParts,
  signal: AbortSignal,
): Promise<ReadonlySet<Compared>> {
  if (parts.mode === 'report' || parts.acceptDeletions) return new Set()
  const { hollow, lagging } = await disbelieved(compared, parts, signal)
  return new Set([...hollow, ...lagging])
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
