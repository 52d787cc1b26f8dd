/**
 * Sweep: reads the settled history of one historian's tags again and makes the log say what it says: late, edited and
 * deleted samples become corrections, or findings where they are only to be reported.
 *
 * Tags are swept in the order of their ids, chunk by chunk (chunks.ts), and progress is told after each chunk; a sweep
 * that ends early goes on behind the last tag told. It is a verification that ends in corrections: noted of a tag are its
 * dirty marks, then coverage and amendments, and corrections are refused if it was amended meanwhile. What is found equal
 * is as proven as what was verified, and recorded as such.
 *
 * A tag whose cells move while they are looked at is compared again a few times, then left for the next sweep. Each time
 * it is taken as it is by then: what a tag means may change during a sweep.
 */
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { SampleLog, TagProgress } from '../log/log.ts'
import type { HistorianSource } from '../source/source.ts'
import type { DirtyTag } from '../store/dirty.ts'
import type { Store } from '../store/store.ts'
import { addChanges, NO_CHANGES, type ChangeCounts } from './align.ts'
import type { Amender } from './amender.ts'
import { ascending, CHUNK_TAGS, countExpected, inChunks } from './chunks.ts'
import type { Noted } from './compare.ts'
import { cellsCountedHigher, COUNTED_FROM_ROWS, type CountTrust } from './count-first.ts'
import { FailedTags, type SweepFailure } from './failed-tags.ts'
import { HistorianReader } from './historian-reader.ts'
import { inLanes } from './lanes.ts'
import { LookRecorder } from './look-recorder.ts'
import { sweepPass, type PassOutcome, type PassParts } from './sweep-pass.ts'
import { windowsToCompare } from './sweep-plan.ts'

/** A tag that moved each time is being worked on; the next sweep finds it at rest. */
const TRIES = 3
/** Requests for counts at once; each is one tag's. */
const COUNT_LANES = 8

export interface SweepRequest {
  /** Tags of one historian. */
  readonly tags: readonly Pick<Tag, 'id'>[]
  /** Only tags behind this one, in the order of ids: where an earlier sweep ended. */
  readonly afterTag: TagId | undefined
  /** Compare everything from here on; undefined: only what is dirty. */
  readonly lookBackFrom: Ticks | undefined
}

export interface SweepParts {
  readonly source: HistorianSource
  /** Samples per call, as configured for the historian. */
  readonly pageSize: number
  readonly log: Pick<SampleLog, 'read'>
  readonly store: Store
  readonly amender: Amender
  /** The tag as it is now, the same object until something about it changes; undefined: it is selected no more. */
  readonly tagOf: (id: TagId) => Tag | undefined
  /** Of a cell, in ticks. */
  readonly cellWidth: bigint
  /** Folds the log into cells of that width, up to its end as of now. */
  readonly project: (signal: AbortSignal) => Promise<void>
  /** Exclusive: what is newer may still change by normal means. By the historian's clock, as of now. */
  readonly settled: () => Ticks
  /** `report`: differences are recorded and left alone. */
  readonly mode: 'auto' | 'report'
  /** A person said that whatever the historian no longer shows was deleted on purpose: the loss guard is off. */
  readonly acceptDeletions: boolean
  /** Version of the rules under which equal cells become verdicts; undefined: none does. */
  readonly rules?: string
  /** Kept from sweep to sweep. */
  readonly counts: CountTrust
  /** All tags up to and including this one are done. */
  readonly onProgress: (throughTag: TagId) => void
  /** What the sweep has come to so far: whenever a part of it is done, and when it ends, however it ends. */
  readonly onOutcome: (soFar: SweepOutcome) => void
}

export interface SweepOutcome {
  /** Cells compared, those without samples included. */
  readonly cells: number
  /** Samples read from the historian. */
  readonly rows: number
  /** Corrections appended. */
  readonly revisions: ChangeCounts
  /** Tags they belong to. */
  readonly repairedTags: number
  /** Cells that differ and were left alone; recorded in the store. */
  readonly findings: number
  /** Tags that moved whenever they were compared: left for the next sweep. */
  readonly postponed: readonly Pick<Tag, 'id' | 'name'>[]
  /** Whether a mark of doubt was settled, wholly or in part. */
  readonly isLessDoubtful: boolean
  readonly failures: readonly SweepFailure[]
}

/**
 * Rejects when the historian is down or refuses the credentials, when log or store fail, or the signal aborts. What was
 * corrected so far stays; the tags told to `onProgress` need not be swept again.
 */
export async function sweep(request: SweepRequest, parts: SweepParts, signal: AbortSignal): Promise<SweepOutcome> {
  return new Sweep(request, parts).run(signal)
}

class Sweep {
  readonly #request: SweepRequest
  readonly #parts: SweepParts
  readonly #pass: Omit<PassParts, 'recorder'>
  readonly #reader: HistorianReader
  readonly #failed: FailedTags
  #revisions = NO_CHANGES
  readonly #repaired = new Set<TagId>()
  #cells = 0
  #findings = 0
  readonly #postponed: Tag[] = []
  #isLessDoubtful = false
  /** Begun before what is to be compared now was noted; undefined: what is equal is not recorded. */
  #look: number | undefined

  constructor(request: SweepRequest, parts: SweepParts) {
    this.#request = request
    this.#parts = parts
    this.#reader = new HistorianReader(parts.source, parts.pageSize)
    this.#failed = new FailedTags(parts.source)
    const onCorrected = (tag: TagId, changes: ChangeCounts): void => {
      this.#revisions = addChanges(this.#revisions, changes)
      this.#repaired.add(tag)
    }
    this.#pass = { ...parts, reader: this.#reader, failed: this.#failed, onCorrected }
  }

  async run(signal: AbortSignal): Promise<SweepOutcome> {
    const { tags, afterTag } = this.#request
    const rest = ascending(tags.map(({ id }) => id).filter((id) => afterTag === undefined || id > afterTag))
    try {
      await this.#countFirst(rest, signal)
      await inChunks(rest, {
        cells: this.#parts.store.cells,
        note: (ids) => this.#note(ids, signal),
        settle: (noted) => this.#settle(noted, signal),
        onDone: (throughTag) => {
          this.#parts.onProgress(throughTag)
          this.#parts.onOutcome(this.#outcome())
        },
      })
      return this.#outcome()
    } finally {
      this.#parts.onOutcome(this.#outcome())
    }
  }

  /** Completes the cells the historian counts more in, of tags too dense to be read soon. All are compared again later. */
  async #countFirst(tags: readonly TagId[], signal: AbortSignal): Promise<void> {
    const { amender, counts, mode, store } = this.#parts
    if (mode === 'report') return
    const isDense = (id: TagId): boolean => (amender.progressOf(id)?.samples ?? 0) >= COUNTED_FROM_ROWS
    const countable = tags.filter((id) => counts.has(id) && isDense(id))
    for (let at = 0; at < countable.length; at += CHUNK_TAGS) {
      const noted = await this.#note(countable.slice(at, at + CHUNK_TAGS), signal)
      const suspicious: Noted[] = []
      const count = async (one: Noted, lane: AbortSignal): Promise<void> => {
        if (countExpected(one, store.cells) < COUNTED_FROM_ROWS) return
        const windows = await cellsCountedHigher(one, { ...this.#parts, cells: store.cells }, lane)
        if (windows.length > 0) suspicious.push({ ...one, windows })
      }
      await inLanes(noted, COUNT_LANES, count, signal)
      const pass = await this.#sweepOnce(suspicious, signal)
      for (const tag of pass.equal) counts.withdraw(tag)
      await this.#close(pass, signal)
    }
  }

  async #settle(noted: readonly Noted[], signal: AbortSignal): Promise<void> {
    let open = noted
    for (let tries = 1; open.length > 0; tries++) {
      const pass = await this.#sweepOnce(open, signal)
      this.#cells += pass.cells
      this.#findings += pass.findings
      await this.#close(pass, signal)
      const { moved } = pass
      if (tries === TRIES) {
        this.#postponed.push(...moved.map(({ tag }) => tag))
        break
      }
      open = await this.#note(
        moved.map(({ tag }) => tag.id),
        signal,
      )
    }
  }

  /** Cells found equal are recorded as of the look that began before they were noted. */
  async #sweepOnce(noted: readonly Noted[], signal: AbortSignal): Promise<PassOutcome> {
    const recorder = this.#look === undefined ? undefined : new LookRecorder(this.#look, this.#parts)
    return sweepPass(noted, { ...this.#pass, recorder }, signal)
  }

  /** Once all that the pass did is counted: a tag that failed may end the sweep. */
  async #close({ isLessDoubtful, failed }: PassOutcome, signal: AbortSignal): Promise<void> {
    this.#isLessDoubtful ||= isLessDoubtful
    for (const { tag, error } of failed) await this.#failed.add(tag, error, signal)
  }

  /** What there is to compare; resolves once the log is folded that far. Tags with nothing to compare are left out. */
  async #note(tags: readonly TagId[], signal: AbortSignal): Promise<Noted[]> {
    const { rules, store } = this.#parts
    this.#look = rules === undefined ? undefined : store.looks.begin(rules)
    const noted = tags.flatMap((id) => this.#noteOne(id) ?? [])
    if (noted.length > 0) await this.#parts.project(signal)
    return noted
  }

  #noteOne(id: TagId): Noted | undefined {
    const { amender, store, settled, cellWidth, tagOf } = this.#parts
    const dirty = store.dirty.get(id)
    const { lookBackFrom } = this.#request
    if (dirty === undefined && lookBackFrom === undefined) return undefined
    const tag = tagOf(id)
    const progress = amender.progressOf(id)
    const coveredUntil = progress?.covered.at(-1)?.until
    if (tag === undefined || progress === undefined || coveredUntil === undefined) return undefined
    if (dirty !== undefined) this.#clearBelow(dirty, progress)
    const wanted = { lookBackFrom, dirty: dirty?.windows ?? [], settled: tag.future ? undefined : settled() }
    const windows = windowsToCompare(progress.covered, wanted, cellWidth)
    if (windows.length === 0) return undefined
    const { samples, amendments } = progress
    return { tag, windows, coveredUntil, samples, amendments, dirtyUpTo: dirty?.upToId }
  }

  /**
   * Below everything covered there is nothing to compare, and where neither the tail nor a job will copy, there never
   * will be. A job that runs may have read there what the mark doubts.
   */
  #clearBelow({ tag, windows, upToId }: DirtyTag, { covered, liveFrom }: TagProgress): void {
    const [lowest] = windows
    const [first] = covered
    if (lowest === undefined || first === undefined) return
    const until = liveFrom !== undefined && liveFrom < first.from ? liveFrom : first.from
    const { dirty, jobs } = this.#parts.store
    if (lowest.from >= until || jobs.hasRunning()) return
    if (dirty.clear(tag, upToId, [{ from: lowest.from, until }])) this.#isLessDoubtful = true
  }

  #addCorrections(tag: TagId, changes: ChangeCounts): void {
    this.#revisions = addChanges(this.#revisions, changes)
    this.#repaired.add(tag)
  }

  #outcome(): SweepOutcome {
    return {
      cells: this.#cells,
      rows: this.#reader.rows,
      revisions: this.#revisions,
      repairedTags: this.#repaired.size,
      findings: this.#findings,
      postponed: this.#postponed.map(({ id, name }) => ({ id, name })),
      isLessDoubtful: this.#isLessDoubtful,
      failures: this.#failed.all(),
    }
  }
}
