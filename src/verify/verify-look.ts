/**
 * VerifyLook: one look of a verification at some tags. Cells that are equal are recorded as matches; those that differ,
 * or of which the log was seen to lack records, are doubts: open until enough looks agree, then judged by their rows.
 *
 * An error on any part of a tag's read makes every cell of that read inconclusive.
 */
import { saysUnanswered } from '../domain/error-kinds.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { SampleLog } from '../log/log.ts'
import type { LookFailure } from '../store/checked-windows.ts'
import type { Cell } from '../store/cells.ts'
import type { Store } from '../store/store.ts'
import { areEqual, CellDigests } from './cell-digests.ts'
import { compareAll, disbelieved, type Compared, type Disbelieved } from './compare-all.ts'
import type { Doubt, Noted, ProgressLookup } from './compare.ts'
import { streamCells } from './doubtful-rows.ts'
import type { FailedTags } from './failed-tags.ts'
import { readHeld } from './held-rows.ts'
import type { HistorianReader } from './historian-reader.ts'
import { judge, moving, type JudgeOptions } from './judge.ts'
import { inLanes } from './lanes.ts'
import { shortCells } from './log-audit.ts'
import { LogRows } from './log-rows.ts'
import { LookRecorder, seenOf, type SuspectCell } from './look-recorder.ts'
import type { OpenDoubts, Sighting } from './open-doubts.ts'
import { batchesOf } from './repair.ts'

/** As many tags as a coalesced call takes. */
const LANES = 100

export interface LookParts extends JudgeOptions, ProgressLookup {
  readonly log: Pick<SampleLog, 'read' | 'begin'>
  readonly store: Pick<Store, 'cells' | 'verdicts'>
  /** The tag as it is now; undefined: it is selected no more. */
  readonly tagOf: (id: TagId) => Tag | undefined
  /** Of a cell, in ticks. */
  readonly cellWidth: bigint
  readonly reader: HistorianReader
  readonly failed: FailedTags
  readonly doubts: OpenDoubts
}

export interface LookResult {
  /** Cells compared. */
  readonly cells: number
  /** Cells settled by the rows of both sides. */
  readonly judged: number
}

/** Doubtful cells of a tag. */
interface Doubtful {
  readonly noted: Noted
  readonly doubts: readonly Doubt[]
}

export class VerifyLook {
  readonly #parts: LookParts
  readonly #recorder: LookRecorder
  #judged = 0

  constructor(look: number, parts: LookParts) {
    this.#parts = parts
    this.#recorder = new LookRecorder(look, parts)
  }

  /**
   * Rejects when historian, log or store fail as a whole, or the signal aborts. `isFirst`: not all of the tags differ, so
   * that one can tell an outage from a loss.
   */
  async at(noted: readonly Noted[], isFirst: boolean, signal: AbortSignal): Promise<LookResult> {
    const { store, failed, reader, cellWidth } = this.#parts
    const compared = await compareAll(
      noted,
      { cells: store.cells, reader, amender: this.#parts, cellWidth, failed, recorder: this.#recorder },
      signal,
    )
    const isCompared = new Set(compared.map((one) => one.noted))
    for (const one of noted) if (!isCompared.has(one)) this.#fail(one)
    const doubtful = await this.#doubtful(compared, signal)
    const confirmed = this.#confirm(doubtful, isFirst ? await disbelieved(compared, this.#parts, signal) : undefined)
    this.#recorder.flush()
    for (const batch of batchesOf(confirmed)) await this.#judgeAll(batch, signal)
    this.#recorder.flush()
    return { cells: compared.reduce((sum, { cells }) => sum + cells, 0), judged: this.#judged }
  }

  /** What differs, and what is equal to records the log does not show. */
  async #doubtful(compared: readonly Compared[], signal: AbortSignal): Promise<Map<Compared, readonly Doubt[]>> {
    const { log, cellWidth } = this.#parts
    const { suspects } = this.#recorder
    const read = new Set(compared.map(({ noted }) => noted.tag))
    const equal = suspects.filter(({ tag }) => read.has(tag))
    const lost = await shortCells(
      log,
      equal.map(({ cell }) => cell),
      cellWidth,
      signal,
    )
    const short = new Map<Tag, Doubt[]>()
    for (const suspect of equal) {
      const isShort = lost.has(suspect.cell)
      this.#noteSuspect(suspect, isShort)
      if (isShort) short.set(suspect.tag, [...(short.get(suspect.tag) ?? []), doubtOf(suspect)])
    }
    return new Map(compared.map((one) => [one, [...one.doubts, ...(short.get(one.noted.tag) ?? [])].sort(byStart)]))
  }

  #noteSuspect({ tag, cell, compared }: SuspectCell, isLogShort: boolean): void {
    const verdict = isLogShort ? 'pending' : 'match'
    this.#recorder.set(tag, compared, [{ start: cell.window.from, verdict, seen: seenOf(cell), isLogShort }])
  }

  /** Those seen often enough; the others are open, or were never twice the same. */
  #confirm(doubtful: ReadonlyMap<Compared, readonly Doubt[]>, losses: Disbelieved | undefined): Doubtful[] {
    const { doubts } = this.#parts
    const now = performance.now()
    const confirmed: Doubtful[] = []
    for (const [one, ofTag] of doubtful) {
      const { tag } = one.noted
      const isConfirmed = (doubt: Doubt): boolean => {
        const isLess = doubt.held.count < (doubt.cell?.digest.count ?? 0)
        const isHollow = losses?.hollow.has(one) === true && doubt.held.count === 0
        const isDisbelieved = isLess && (isHollow || losses?.lagging.has(one) === true)
        const confirmation = doubts.see(sightingOf(tag, doubt), isDisbelieved, now)
        if (confirmation === 'moving') this.#settle(one.noted, doubt, 'moving')
        return confirmation === 'confirmed'
      }
      const taken = ofTag.filter(isConfirmed)
      if (taken.length > 0) confirmed.push({ noted: one.noted, doubts: taken })
      this.#closeEqual(one.noted, ofTag)
    }
    return confirmed
  }

  async #judgeAll(batch: readonly Doubtful[], signal: AbortSignal): Promise<void> {
    const { log, cellWidth, failed } = this.#parts
    const rows = new Map<Cell, LogRows>()
    for (const { doubts } of batch) for (const { cell } of doubts) if (cell) rows.set(cell, new LogRows())
    const begin = await log.begin(signal)
    await streamCells(log, [...rows.keys()], { cellWidth, begin }, (cell, one) => rows.get(cell)?.add(one), signal)
    const settle = async (one: Doubtful, lane: AbortSignal): Promise<void> => {
      try {
        await this.#judgeTag(one, rows, lane)
      } catch (error) {
        await failed.add(one.noted.tag, error, lane)
        this.#fail({ ...one.noted, windows: one.doubts.flatMap(({ compared }) => compared) })
      }
    }
    await inLanes(batch, LANES, settle, signal)
  }

  async #judgeTag({ noted, doubts }: Doubtful, rows: ReadonlyMap<Cell, LogRows>, signal: AbortSignal): Promise<void> {
    const { tag, coveredUntil } = noted
    const { held } = await readHeld(tag, doubts, this.#parts, signal)
    for (const doubt of doubts) {
      const { window, compared, cell } = doubt
      const historian = held.get(window.from) ?? []
      const digests = new CellDigests(this.#parts.cellWidth)
      digests.add(historian)
      if (!areEqual(digests.of(window.from), doubt.held)) {
        const next = this.#parts.doubts.unsettle(sightingOf(tag, doubt), performance.now())
        if (next === 'moving') this.#settle(noted, doubt, 'moving')
        continue
      }
      const ofLog = cell === undefined ? undefined : rows.get(cell)
      const finding = judge(
        {
          tag,
          start: window.from,
          seen: seenOf(cell),
          held: doubt.held,
          historian,
          log: ofLog?.samples(compared) ?? [],
          isLogWhole: ofLog?.isWhole(cell?.epoch ?? 0) ?? true,
          isLogShort: ofLog?.isShort(cell?.epoch ?? 0) ?? false,
          inOrder: ofLog?.inOrder() ?? new Set(),
          isLossDisbelieved: this.#parts.doubts.isLossDisbelieved(tag.id, window),
          lastEqual: this.#parts.store.verdicts.lastEqual(tag.id, window.from),
          edge: coveredUntil,
        },
        this.#parts,
      )
      this.#judged += 1
      this.#settle(noted, doubt, finding)
    }
  }

  #settle({ tag }: Noted, { window, compared, cell, held }: Doubt, finding: ReturnType<typeof judge> | 'moving'): void {
    const found = finding === 'moving' ? moving(window.from, seenOf(cell), held) : finding
    this.#recorder.set(tag, compared, [found])
    this.#parts.doubts.close(tag.id, window)
  }

  /** Cells that were open and are equal now. */
  #closeEqual({ tag, windows }: Noted, doubtful: readonly Doubt[]): void {
    const differ = new Set(doubtful.map(({ window }) => window.from))
    for (const window of this.#parts.doubts.of(tag.id, windows)) {
      if (!differ.has(window.from)) this.#parts.doubts.close(tag.id, window)
    }
  }

  #fail({ tag, windows }: Pick<Noted, 'tag' | 'windows'>): void {
    const code = this.#parts.failed.get(tag)?.code
    const outcome: LookFailure = code !== undefined && saysUnanswered(code) ? 'unanswered' : 'unreadable'
    this.#recorder.fail(tag, windows, outcome)
    for (const window of this.#parts.doubts.of(tag.id, windows)) this.#parts.doubts.close(tag.id, window)
  }
}

function sightingOf({ id }: Tag, { window, cell, held }: Doubt): Sighting {
  return { tag: id, cell: window, seen: seenOf(cell), held }
}

function doubtOf({ cell, compared }: SuspectCell): Doubt {
  return { window: cell.window, compared, held: cell.digest, cell }
}

function byStart(a: Doubt, b: Doubt): number {
  return a.window.from < b.window.from ? -1 : 1
}
