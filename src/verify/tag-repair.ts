/**
 * Tag repair: settles the doubtful cells of one tag by their rows, and appends what corrects the log.
 *
 * The rows of both sides are read anew. A difference that is gone is none. One that is there counts only if the
 * historian answers as it did when the cell was compared: what changes between two reads is left for a third. So no
 * revision rests on a single answer, and the loss guard has seen what is deleted.
 *
 * Every entry builds on the amendment noted before the log was folded: were anything amended since, by another sweep or
 * by an answer that was lost, it is refused and the tag compared again. A kill between two entries leaves the cells of
 * the rest as they were, for the next sweep to find.
 */
import { BanyanError, isBanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { SourceKind } from '../source/source.ts'
import { failpoint } from '../util/failpoint.ts'
import { align, countChanges, type Change, type ChangeCounts, type LoggedSample } from './align.ts'
import type { Amender } from './amender.ts'
import { areEqual, CellDigests } from './cell-digests.ts'
import type { CompareParts, Doubt, Noted } from './compare.ts'
import type { CellRows } from './doubtful-rows.ts'
import { readHeld } from './held-rows.ts'

/** As many as a page of replay: what an append of the log is made for. */
const ENTRY_CORRECTIONS = 10_000

/** A tag with doubtful cells. */
export interface Suspect {
  readonly noted: Noted
  /** Ascending. */
  readonly doubts: readonly Doubt[]
  /** False: differences are found, and left alone. */
  readonly mayCorrect: boolean
}

export interface TagRepairParts extends Pick<CompareParts, 'reader' | 'cellWidth'> {
  readonly amender: Amender
  /** Called when corrections are durable, whatever becomes of the rest. */
  readonly onCorrected: (tag: TagId, changes: ChangeCounts) => void
}

export interface Found {
  readonly cell: Window
  readonly changes: ChangeCounts
}

/** What came of a tag. */
export interface Repair {
  /** Cells that differ and were left alone. */
  readonly found: readonly Found[]
  readonly isCorrected: boolean
  /** Why it broke off: `moved` when history or log changed meanwhile, so that the tag has to be compared again. */
  readonly brokeOff: undefined | 'moved' | { readonly error: unknown }
}

/** All of one call to `#differing` have the same source. */
interface DifferingCell {
  readonly cell: Window
  readonly source: SourceKind
  /** At least one. */
  readonly changes: readonly Change[]
}

export class TagRepair implements Repair {
  readonly #suspect: Suspect
  readonly #parts: TagRepairParts
  readonly found: Found[] = []
  isCorrected = false
  brokeOff: Repair['brokeOff']
  /** Amendments of the tag: those noted, and ours since. */
  #after: number

  constructor(suspect: Suspect, parts: TagRepairParts) {
    this.#suspect = suspect
    this.#parts = parts
    this.#after = suspect.noted.amendments
  }

  /** Never rejects, unless the signal aborts. */
  async settle(doubts: readonly Doubt[], rows: CellRows, signal: AbortSignal): Promise<void> {
    if (this.brokeOff !== undefined || doubts.length === 0) return
    try {
      const differing = await this.#differing(doubts, rows, signal)
      if (differing === 'moved') this.brokeOff = 'moved'
      else if (this.#suspect.mayCorrect) await this.#append(differing, signal)
      else this.found.push(...differing.map(({ cell, changes }) => ({ cell, changes: countChanges(changes) })))
    } catch (error) {
      signal.throwIfAborted()
      this.brokeOff = isBanyanError(error, 'BANYAN_LOG_STALE') ? 'moved' : { error }
    }
  }

  /** The cells that do differ. */
  async #differing(
    doubts: readonly Doubt[],
    rows: CellRows,
    signal: AbortSignal,
  ): Promise<'moved' | readonly DifferingCell[]> {
    const { held, servedBy } = await readHeld(this.#suspect.noted.tag, doubts, this.#parts, signal)
    const [source, other] = servedBy
    // Two sources need not agree to the last bit: corrections rest on one of them.
    if (source === undefined || other !== undefined) return 'moved'
    const differing = []
    for (const doubt of doubts) {
      const { window: cell } = doubt
      const now = held.get(cell.from) ?? []
      const changes = align(loggedOf(doubt, rows), now)
      if (changes.length === 0) continue
      const digests = new CellDigests(this.#parts.cellWidth)
      digests.add(now)
      if (!areEqual(digests.of(cell.from), doubt.held)) return 'moved'
      differing.push({ cell, source, changes })
    }
    return differing
  }

  async #append(cells: readonly DifferingCell[], signal: AbortSignal): Promise<void> {
    const { amender, onCorrected } = this.#parts
    const [first] = cells
    if (first === undefined) return
    const { source } = first
    for (const entry of entriesOf(cells.flatMap(({ changes }) => changes))) {
      const corrections = entry.map(({ correction }) => correction)
      const { tag } = this.#suspect.noted
      await amender.amend({ kind: 'amend', tag: tag.id, source, after: this.#after, corrections }, signal)
      failpoint('amend-appended')
      this.#after += 1
      this.isCorrected = true
      onCorrected(tag.id, countChanges(entry))
    }
  }
}

/** What the log says of the compared part of a cell. */
function loggedOf({ cell, compared }: Doubt, rows: CellRows): ReadonlyMap<Ticks, readonly LoggedSample[]> {
  if (cell === undefined) return new Map()
  const logged = rows.get(cell)
  // Taken for empty, the cell would be written a second time.
  if (logged === undefined) throw new BanyanError('BANYAN_INTERNAL', 'the rows of a doubtful cell were not read')
  return logged.within(compared, cell.epoch)
}

/** Cut between ticks: a tick group is never half corrected. */
function* entriesOf(changes: readonly Change[]): Generator<Change[]> {
  let entry: Change[] = []
  for (const change of changes) {
    const last = entry.at(-1)
    if (entry.length >= ENTRY_CORRECTIONS && last?.correction.sample.ticks !== change.correction.sample.ticks) {
      yield entry
      entry = []
    }
    entry.push(change)
  }
  if (entry.length > 0) yield entry
}
