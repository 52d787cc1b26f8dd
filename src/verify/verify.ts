/**
 * Verify: compares the sealed cells of one historian's tags with what the log was folded to, and gives each a verdict.
 * The same comparison as a sweep's, with another ending: what differs is looked at again until it is certain, then judged
 * by its rows. Nothing is corrected.
 *
 * What is found is recorded look by look, together with which look it was. A verification that was interrupted therefore
 * goes on by leaving out what was looked at since it began; nothing else has to be remembered. A cell that differs is
 * recorded as differing at once, so a kill between two looks leaves it pending, never green.
 *
 * `projection` compares the historian with what the log was folded to: it sees whatever either side gained, lost or
 * changed before it was folded, and whatever the historian changed since. It cannot see a record that disappears from the
 * log after it was folded. `log` reads the log's own records again first, and does.
 */
import { cellsTouched } from '../domain/cell.ts'
import { addWindows, NOTHING_COVERED, within, without, type Coverage } from '../domain/coverage.ts'
import { sealOf } from '../domain/seal.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { SampleLog, TagProgress } from '../log/log.ts'
import type { HistorianSource } from '../source/source.ts'
import type { Store } from '../store/store.ts'
import { sleep } from '../util/abort.ts'
import { ascending, inChunks } from './chunks.ts'
import type { Noted } from './compare.ts'
import { FailedTags, type SweepFailure } from './failed-tags.ts'
import { HistorianReader } from './historian-reader.ts'
import type { JudgeOptions } from './judge.ts'
import { auditLog } from './log-audit.ts'
import { OPEN_CELLS, OpenDoubts, RECHECK_AFTER_MS } from './open-doubts.ts'
import { VerifyLook } from './verify-look.ts'

export interface VerifyRequest {
  readonly tags: readonly AskedTag[]
  readonly depth: 'projection' | 'log'
  /** Leave out what this look or a later one has seen: the first look of an interrupted run. Undefined: nothing. */
  readonly sinceLook?: number
  /** Samples to read from the historian; once they are, no further tags are begun. Undefined: as many as it takes. */
  readonly rowBudget?: number
}

export interface AskedTag {
  readonly tag: TagId
  /** From the beginning of the tag, or later, to now, or earlier: which part of its edge cells has to be copied. */
  readonly expected: Window
  /** Only the cells these windows touch; undefined: all of what is expected. */
  readonly windows?: Coverage
}

export interface VerifyParts extends JudgeOptions {
  readonly source: HistorianSource
  /** Samples per call, as configured for the historian. */
  readonly pageSize: number
  readonly log: Pick<SampleLog, 'read' | 'begin'>
  readonly store: Store
  /** What is durable of a tag, as far as known; undefined: the log has never seen it. */
  readonly progressOf: (tag: TagId) => Pick<TagProgress, 'covered' | 'samples'> | undefined
  /** The tag as it is now, the same object until something about it changes; undefined: it is selected no more. */
  readonly tagOf: (id: TagId) => Tag | undefined
  /** Of a cell, in ticks. */
  readonly cellWidth: bigint
  /**
   * Folds the log into cells of that width, up to its end as of now. That the log shows fewer samples than were
   * acknowledged is no reason to reject: which they are is what is to be found out.
   */
  readonly project: (signal: AbortSignal) => Promise<void>
  /** Exclusive: what is newer may still change by normal means. By the historian's clock, as of now. */
  readonly settled: () => Ticks
  /** Version of the rules of comparison; verdicts under other rules count no more. */
  readonly rules: string
  /** Pauses before the second and later looks at what differs; see open-doubts.ts. */
  readonly recheckAfterMs?: readonly number[]
  /** What it has come to so far: whenever a part of it is done, and when it ends, however it ends. */
  readonly onOutcome: (soFar: VerifyOutcome) => void
}

export interface VerifyOutcome {
  /** Cells looked at, those without samples included; looking again counts again. */
  readonly cells: number
  /** Samples read from the historian. */
  readonly rows: number
  /** Cells settled by the rows of both sides. */
  readonly judged: number
  /** Cells of which the log does not show what was folded; 0 unless it was read. */
  readonly logShort: number
  /** Whether tags were left out because the budget was spent. */
  readonly isPartial: boolean
  /** Tags that could not be read; their cells are inconclusive. */
  readonly failures: readonly SweepFailure[]
}

/**
 * Rejects when the historian is down or refuses the credentials, when log or store fail, or the signal aborts. What was
 * recorded until then stays, and is true.
 */
export async function verify(request: VerifyRequest, parts: VerifyParts, signal: AbortSignal): Promise<VerifyOutcome> {
  return new Verification(request, parts).run(signal)
}

class Verification {
  readonly #request: VerifyRequest
  readonly #parts: VerifyParts
  readonly #asked: ReadonlyMap<TagId, AskedTag>
  readonly #reader: HistorianReader
  readonly #failed: FailedTags
  readonly #doubts: OpenDoubts
  /** Begun before what is to be compared now was noted. */
  #look = 0
  #cells = 0
  #judged = 0
  #logShort = 0
  #isPartial = false

  constructor(request: VerifyRequest, parts: VerifyParts) {
    this.#request = request
    this.#parts = parts
    this.#asked = new Map(request.tags.map((asked) => [asked.tag, asked]))
    this.#reader = new HistorianReader(parts.source, parts.pageSize)
    this.#failed = new FailedTags(parts.source)
    this.#doubts = new OpenDoubts(parts.recheckAfterMs ?? RECHECK_AFTER_MS)
  }

  async run(signal: AbortSignal): Promise<VerifyOutcome> {
    const { store, onOutcome } = this.#parts
    try {
      if (this.#request.depth === 'log') await this.#audit(signal)
      await inChunks(ascending(this.#asked.keys()), {
        cells: store.cells,
        goesOn: () => this.#isInBudget(),
        note: (tags) => this.#note(tags, undefined, signal),
        settle: async (noted) => {
          await this.#lookAt(noted, true, signal)
          await this.#lookAgain(OPEN_CELLS, signal)
        },
        onDone: () => {
          onOutcome(this.#outcome())
        },
      })
      await this.#lookAgain(0, signal)
      store.verdicts.tidy(store.looks.firstInFlight())
      store.looks.prune()
      return this.#outcome()
    } finally {
      onOutcome(this.#outcome())
    }
  }

  /** What is not folded yet is not there to be compared with. */
  async #audit(signal: AbortSignal): Promise<void> {
    await this.#parts.project(signal)
    const scope = [...this.#asked.values()].map(({ tag, expected }) => ({ tag, window: expected }))
    this.#logShort = (await auditLog(scope, this.#parts, signal)).short
  }

  /** Looks again at what is due; and waits for more to be, while more than so many cells are open. */
  async #lookAgain(mostOpen: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const dueMs = this.#doubts.nextDueMs()
      if (dueMs === undefined) return
      const waitMs = dueMs - performance.now()
      if (waitMs > 0 && this.#doubts.size <= mostOpen) return
      await sleep(Math.max(0, waitMs), signal)
      const due = this.#doubts.due(performance.now())
      const noted = await this.#note([...due.keys()], due, signal)
      this.#closeUnnoted(due, noted)
      await this.#lookAt(noted, false, signal)
    }
  }

  async #lookAt(noted: readonly Noted[], isFirst: boolean, signal: AbortSignal): Promise<void> {
    if (noted.length === 0) return
    const look = new VerifyLook(this.#look, {
      ...this.#parts,
      reader: this.#reader,
      failed: this.#failed,
      doubts: this.#doubts,
    })
    const { cells, judged } = await look.at(noted, isFirst, signal)
    this.#cells += cells
    this.#judged += judged
    this.#parts.onOutcome(this.#outcome())
  }

  /** What can be compared no more, because it is selected or covered no more, stays as it is recorded: pending. */
  #closeUnnoted(due: ReadonlyMap<TagId, readonly Window[]>, noted: readonly Noted[]): void {
    const windowsOf = new Map(noted.map(({ tag, windows }) => [tag.id, windows]))
    for (const [tag, cells] of due) {
      for (const cell of cells) {
        if (within(windowsOf.get(tag) ?? [], cell).length === 0) this.#doubts.close(tag, cell)
      }
    }
  }

  async #note(
    tags: readonly TagId[],
    only: ReadonlyMap<TagId, readonly Window[]> | undefined,
    signal: AbortSignal,
  ): Promise<Noted[]> {
    const { store, rules, project } = this.#parts
    this.#look = store.looks.begin(rules)
    const noted = tags.flatMap((id) => this.#noteOne(id, only?.get(id)) ?? [])
    if (noted.length > 0) await project(signal)
    return noted
  }

  #noteOne(id: TagId, only: readonly Window[] | undefined): Noted | undefined {
    const { progressOf, tagOf, settled, cellWidth } = this.#parts
    const asked = this.#asked.get(id)
    const tag = tagOf(id)
    const progress = progressOf(id)
    const coveredUntil = progress?.covered.at(-1)?.until
    if (asked === undefined || tag === undefined || progress === undefined || coveredUntil === undefined)
      return undefined
    const until = tag.future ? undefined : settled()
    const { sealed } = sealOf(asked.expected, progress.covered, until, cellWidth)
    const wanted = only ?? this.#leftOf(asked, sealed)
    const windows = sealed
      .flatMap((window) => within(addWindows(NOTHING_COVERED, wanted), window))
      .flatMap((window) => within(progress.covered, window))
      .flatMap((window) => (until === undefined ? [window] : before(window, until)))
    if (windows.length === 0) return undefined
    return { tag, windows, coveredUntil, samples: progress.samples, amendments: 0, dirtyUpTo: undefined }
  }

  /** Of the cells asked for, those not looked at since the run began, or seen to differ and not settled. */
  #leftOf({ tag, windows }: AskedTag, sealed: Coverage): Coverage {
    const { store, cellWidth } = this.#parts
    const { sinceLook } = this.#request
    const [first] = sealed
    const last = sealed.at(-1)
    if (first === undefined || last === undefined) return NOTHING_COVERED
    const wanted = windows === undefined ? sealed : cellsTouched(windows, cellWidth)
    if (sinceLook === undefined) return wanted
    const range = { from: first.from, until: last.until }
    const done = store.verdicts.checked(tag, range).filter(({ look }) => look >= sinceLook)
    const open = [...store.verdicts.open(tag, range)].map((start) => cellAt(start, cellWidth))
    const left = cellsTouched([...without(wanted, done), ...open], cellWidth)
    return left.flatMap((window) => within(wanted, window))
  }

  #isInBudget(): boolean {
    const { rowBudget } = this.#request
    if (rowBudget === undefined || this.#reader.rows < rowBudget) return true
    this.#isPartial = true
    return false
  }

  #outcome(): VerifyOutcome {
    return {
      cells: this.#cells,
      rows: this.#reader.rows,
      judged: this.#judged,
      logShort: this.#logShort,
      isPartial: this.#isPartial,
      failures: this.#failed.all(),
    }
  }
}

function before({ from, until }: Window, end: Ticks): Window[] {
  return from >= end ? [] : [{ from, until: until < end ? until : end }]
}

function cellAt(start: Ticks, width: bigint): Window {
  return { from: start, until: (start + width) as Ticks }
}
