/**
 * LookRecorder: writes down what one look has found equal, whoever looked: a cell that a sweep found equal is as proven
 * as one that was verified. What differs is noted as such at once, so that no older verdict outlives the sight of it.
 *
 * Equal digests prove that the historian holds what was folded. Where the log was seen to have lost what was folded
 * from it, that is not enough: such cells are left as they were and answered as suspects, for whoever reads the log.
 */
import { within, without, type Coverage } from '../domain/coverage.ts'
import { EMPTY_DIGEST } from '../domain/digest.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { LookFailure } from '../store/checked-windows.ts'
import type { Cell } from '../store/cells.ts'
import type { Store } from '../store/store.ts'
import type { CellFinding, SeenCell, TagFindings } from '../store/verdicts.ts'
import type { ComparedPart, Doubt } from './compare.ts'

/** Cells in memory before they are written: some tens of milliseconds of writing. */
const BATCH_CELLS = 20_000

export interface RecorderParts {
  readonly store: Pick<Store, 'verdicts'>
  readonly tagOf: (id: TagId) => Tag | undefined
  /** In ticks. */
  readonly cellWidth: bigint
}

/** A cell that is equal to what was folded, which the log did not show when it was read last. */
export interface SuspectCell {
  readonly tag: Tag
  readonly cell: Cell
  /** The part of it that was compared. */
  readonly compared: Coverage
}

export class LookRecorder {
  /** Number of the look, begun before anything it sees was read. */
  readonly look: number
  readonly suspects: SuspectCell[] = []
  readonly #parts: RecorderParts
  #pending: { readonly tag: Tag; readonly findings: TagFindings }[] = []
  #cells = 0

  constructor(look: number, parts: RecorderParts) {
    this.look = look
    this.#parts = parts
  }

  add(tag: Tag, { windows, equal, doubts }: ComparedPart): void {
    const suspects = this.#suspectsOf(tag, windows, equal)
    this.suspects.push(...suspects)
    const left = new Set(suspects.map(({ cell }) => cell))
    const cells = [...equal.filter((cell) => !left.has(cell)).map(matching), ...doubts.map(differing)]
    this.#note(tag, {
      tag: tag.id,
      outcome: 'compared',
      windows: without(
        windows,
        suspects.map(({ cell }) => cell.window),
      ),
      cells,
    })
  }

  /** Replaces what the same look has noted of these cells. */
  set(tag: Tag, windows: Coverage, cells: readonly CellFinding[]): void {
    this.#note(tag, { tag: tag.id, outcome: 'compared', windows, cells })
  }

  /** Nothing of the windows was read to an end that can be trusted. */
  fail(tag: Tag, windows: Coverage, outcome: LookFailure): void {
    this.#note(tag, { tag: tag.id, outcome, windows, cells: [] })
  }

  /** Writes what is left, but for tags that mean something else by now: they were compared in their old meaning. */
  flush(): void {
    const { store, tagOf, cellWidth } = this.#parts
    const findings = this.#pending.filter(({ tag }) => tagOf(tag.id) === tag).map((one) => one.findings)
    if (findings.length > 0) store.verdicts.record(this.look, findings, cellWidth)
    this.#pending = []
    this.#cells = 0
  }

  #note(tag: Tag, findings: TagFindings): void {
    this.#pending.push({ tag, findings })
    this.#cells += findings.cells.length + 1
    if (this.#cells >= BATCH_CELLS) this.flush()
  }

  #suspectsOf(tag: Tag, windows: Coverage, equal: readonly Cell[]): SuspectCell[] {
    const [first] = equal
    const last = equal.at(-1)
    if (first === undefined || last === undefined) return []
    const range = { from: first.window.from, until: last.window.until }
    const starts = this.#parts.store.verdicts.logShort(tag.id, range)
    if (starts.size === 0) return []
    return equal
      .filter(({ window }) => starts.has(window.from))
      .map((cell) => ({ tag, cell, compared: within(windows, cell.window) }))
  }
}

function matching(cell: Cell): CellFinding {
  return { start: cell.window.from, verdict: 'match', seen: seenOf(cell) }
}

function differing({ window, cell }: Doubt): CellFinding {
  return { start: window.from, verdict: 'pending', seen: seenOf(cell) }
}

export function seenOf(cell: Cell | undefined): SeenCell {
  return cell === undefined ? { epoch: 0, digest: EMPTY_DIGEST } : { epoch: cell.epoch, digest: cell.digest }
}
