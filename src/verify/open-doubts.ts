/**
 * Open doubts: cells that were seen to differ and are looked at again before anything is said of them. Each look that
 * finds the same on both sides confirms; one that finds something else begins anew; after the last one nothing is
 * confirmed any more. All cells that wait, wait together.
 */
import { overlaps, type Coverage } from '../domain/coverage.ts'
import type { Digest } from '../domain/digest.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { SeenCell } from '../store/verdicts.ts'
import { areEqual } from './cell-digests.ts'

/** Before the second, third and fourth look, in milliseconds: a page that was half written, a server that restarts. */
export const RECHECK_AFTER_MS: readonly number[] = [1_000, 5_000, 30_000]
/** Looks in a row that have to agree: what two reads show by chance, three do not. */
export const AGREEING_LOOKS = 3
/** Cells that wait at once, some megabytes; more are waited for before more is compared. */
export const OPEN_CELLS = 20_000

/** What a look has seen in a cell that differs. */
export interface Sighting {
  readonly tag: TagId
  readonly cell: Window
  readonly seen: SeenCell
  readonly held: Digest
}

interface OpenDoubt {
  /** The latest. */
  readonly sighting: Sighting
  /** Looks in a row that have seen the same. */
  readonly agreeing: number
  readonly looks: number
  readonly dueMs: number
  /** Decided beside all that was compared together with it at first; not to be told from a few cells later. */
  readonly isLossDisbelieved: boolean
}

export type Confirmation = 'confirmed' | 'open' | 'moving'

export class OpenDoubts {
  readonly #byTag = new Map<TagId, Map<Ticks, OpenDoubt>>()
  #size = 0
  readonly #pausesMs: readonly number[]

  constructor(pausesMs: readonly number[]) {
    this.#pausesMs = pausesMs
  }

  get size(): number {
    return this.#size
  }

  /** Milliseconds on the caller's clock; undefined when nothing is open. */
  nextDueMs(): number | undefined {
    let next: number | undefined
    for (const ofTag of this.#byTag.values()) {
      for (const { dueMs } of ofTag.values()) if (next === undefined || dueMs < next) next = dueMs
    }
    return next
  }

  /** Cells due, by tag. */
  due(nowMs: number): Map<TagId, Window[]> {
    const due = new Map<TagId, Window[]>()
    for (const [tag, ofTag] of this.#byTag) {
      const cells = [...ofTag.values()].filter(({ dueMs }) => dueMs <= nowMs).map(({ sighting }) => sighting.cell)
      if (cells.length > 0) due.set(tag, cells)
    }
    return due
  }

  /** Cells of a tag that are open and overlap the windows. */
  of(tag: TagId, windows: Coverage): Window[] {
    return [...(this.#byTag.get(tag)?.values() ?? [])]
      .map(({ sighting }) => sighting.cell)
      .filter((cell) => overlaps(windows, cell))
  }

  /**
   * A look saw the cell differ. What is confirmed stays open until it is closed. `isLossDisbelieved` counts at the first
   * sight only.
   */
  see(sighting: Sighting, isLossDisbelieved: boolean, nowMs: number): Confirmation {
    const known = this.#get(sighting)
    const agreeing = known !== undefined && isSame(known.sighting, sighting) ? known.agreeing + 1 : 1
    const looks = (known?.looks ?? 0) + 1
    const pauseMs = this.#pausesMs[looks - 1]
    this.#set({
      sighting,
      agreeing,
      looks,
      dueMs: nowMs + (pauseMs ?? 0),
      isLossDisbelieved: known?.isLossDisbelieved ?? isLossDisbelieved,
    })
    if (agreeing >= AGREEING_LOOKS) return 'confirmed'
    return pauseMs === undefined ? 'moving' : 'open'
  }

  /** What was confirmed turned out to be something else when its rows were read: it begins anew, if looks are left. */
  unsettle(sighting: Sighting, nowMs: number): Confirmation {
    const known = this.#get(sighting)
    const pauseMs = this.#pausesMs[(known?.looks ?? 0) - 1]
    if (known === undefined || pauseMs === undefined) return 'moving'
    this.#set({ ...known, agreeing: 0, dueMs: nowMs + pauseMs })
    return 'open'
  }

  isLossDisbelieved(tag: TagId, { from }: Window): boolean {
    return this.#byTag.get(tag)?.get(from)?.isLossDisbelieved ?? false
  }

  /** Settled one way or the other. */
  close(tag: TagId, { from }: Window): void {
    const ofTag = this.#byTag.get(tag)
    if (ofTag?.delete(from) === true) this.#size -= 1
    if (ofTag?.size === 0) this.#byTag.delete(tag)
  }

  #get({ tag, cell }: Sighting): OpenDoubt | undefined {
    return this.#byTag.get(tag)?.get(cell.from)
  }

  #set(doubt: OpenDoubt): void {
    const { tag, cell } = doubt.sighting
    const ofTag = this.#byTag.get(tag) ?? new Map<Ticks, OpenDoubt>()
    this.#byTag.set(tag, ofTag)
    if (!ofTag.has(cell.from)) this.#size += 1
    ofTag.set(cell.from, doubt)
  }
}

function isSame(a: Sighting, b: Sighting): boolean {
  return a.seen.epoch === b.seen.epoch && areEqual(a.seen.digest, b.seen.digest) && areEqual(a.held, b.held)
}
