/**
 * RepairRun: replays the windows of a plan through the normal path, then compares them again.
 *
 * What is copied already is marked as doubtful and swept: late, edited and deleted samples become corrections as in any
 * sweep, loss guard included, and a repair that is interrupted leaves marks for the next sweep. What is not copied yet
 * is copied as by a backfill. Nothing is written that the historian was not read for, and nothing twice.
 *
 * A log that holds more samples than it acknowledged is refused, unless what was written twice in the windows accounts
 * for all of that.
 */
import { cellStart } from '../domain/cell.ts'
import { addWindow, gapsWithin, within, type Coverage } from '../domain/coverage.ts'
import { historianOf, type TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import { ticks, TICKS_PER_MS, type Ticks } from '../domain/ticks.ts'
import { addVerdicts, NO_VERDICTS, type VerdictCounts } from '../domain/verdict.ts'
import type { Window } from '../domain/window.ts'
import type { SampleLog } from '../log/log.ts'
import type { TagFailure } from '../replay/replay.ts'
import type { Store } from '../store/store.ts'
import type { ChangeCounts } from '../verify/align.ts'
import { CountTrust } from '../verify/count-first.ts'
import { rulesOf } from '../verify/explain/policy.ts'
import { sweep, type SweepOutcome } from '../verify/sweep.ts'
import { Amending } from './amending.ts'
import type { Bridge } from './bridge.ts'
import type { GovernedSource } from './historian-connections.ts'
import { copy } from './copying.ts'
import type { LogSession } from './log-session.ts'
import { settledUntil } from './ranges.ts'
import type { RepairWindows } from './repair-plan.ts'
import { lostSamples, Restoring } from './restoring.ts'
import { repeatedSamples } from './repeated-samples.ts'
import { refuseOtherServer } from './same-server.ts'
import type { Selection } from './selection.ts'
import { runVerification } from './verify-run.ts'
import type { VerifyScope } from './verify-scope.ts'
import type { Work } from './work.ts'

export interface RepairOptions {
  readonly windows: RepairWindows
  /** A person said that what the historian no longer shows was deleted on purpose. */
  readonly acceptDeletions: boolean
}

export interface RepairReport {
  /** Windows of the plan. */
  readonly windows: number
  /** Copied for the first time. */
  readonly samples: number
  /** Appended as corrections. */
  readonly revisions: ChangeCounts
  /** Of the late ones, those the log had lost. */
  readonly restored: number
  /** Of the edited and deleted ones, those that had stood in the log more than once. */
  readonly repeated: number
  /** Of the cells of the windows, as they are now. */
  readonly verdicts: VerdictCounts
  /** Tags that could not be repaired, or not compared afterwards. */
  readonly failures: readonly TagFailure[]
}

export interface RepairParts {
  readonly bridge: Bridge
  readonly store: Store
  readonly log: SampleLog
  readonly session: LogSession
  readonly select: (scope: VerifyScope, signal: AbortSignal) => Promise<Selection>
  /** Where the live tail of a tag begins; undefined: there is none. */
  readonly liveFrom: (tag: TagId) => Ticks | undefined
  readonly onProgress: (phase: RepairPhase) => void
}

export type RepairPhase = 'catalogue' | 'replay' | 'compare'

/** Rejects when a historian, the log or the store fails as a whole; what was repaired until then stays. */
export async function repairWindows(
  options: RepairOptions,
  parts: RepairParts,
  signal: AbortSignal,
): Promise<RepairReport> {
  return new RepairRun(options, parts).run(signal)
}

class RepairRun {
  readonly #options: RepairOptions
  readonly #parts: RepairParts
  readonly #revisions = { late: 0, edited: 0, deleted: 0 }
  readonly #failures = new Map<TagId, TagFailure>()
  #tags: ReadonlyMap<TagId, Tag> = new Map()
  #samples = 0

  constructor(options: RepairOptions, parts: RepairParts) {
    this.#options = options
    this.#parts = parts
  }

  async run(signal: AbortSignal): Promise<RepairReport> {
    const { windows } = this.#options
    const { select, onProgress } = this.#parts
    onProgress('catalogue')
    const ids = [...windows.keys()]
    const doubtful = this.#doubtful()
    const amender = await this.#openAmender(doubtful, signal)
    const { selected } = await select({ tags: [], ids, from: undefined, until: undefined }, signal)
    this.#tags = new Map(selected.map(({ tag }) => [tag.id, tag]))
    for (const tag of ids) if (!this.#tags.has(tag)) this.#fail(unknown(tag))
    onProgress('replay')
    for (const historian of new Set(ids.map(historianOf))) await this.#replay(historian, doubtful, amender, signal)
    onProgress('compare')
    await this.#compare(selected, signal)
    await this.#tellExcess(signal)
    return {
      windows: [...windows.values()].reduce((sum, { length }) => sum + length, 0),
      samples: this.#samples,
      revisions: this.#revisions,
      restored: amender.restored,
      repeated: amender.settled,
      verdicts: this.#verdicts(),
      failures: [...this.#failures.values()],
    }
  }

  /**
   * The windows of the plan; and the newest cell of a tag of which the log holds more or less than it acknowledged. No
   * plan names that cell, because nothing is expected of one that is still being filled, but what is lost or written
   * twice there keeps the log from being written to just as well.
   */
  #doubtful(): RepairWindows {
    const { store, session } = this.#parts
    const folded = store.cells.foldedSamples()
    return new Map(
      [...this.#options.windows].map(([tag, windows]) => {
        const { covered, samples } = session.appender.progressOf(tag) ?? { covered: [], samples: 0 }
        const until = covered.at(-1)?.until
        if (until === undefined || folded.get(tag) === samples) return [tag, windows]
        return [tag, addWindow(windows, { from: cellStart(ticks(until - 1n), this.#cellWidth), until })]
      }),
    )
  }

  /** Throws BANYAN_LOG_CORRUPT, before anything is written, when the numbers cannot agree afterwards. */
  async #openAmender(windows: RepairWindows, signal: AbortSignal): Promise<Restoring> {
    const { store, session } = this.#parts
    const repeated = await repeatedSamples(windows, { ...this.#parts, cellWidth: this.#cellWidth }, signal)
    for (const [tag, excess] of session.excess()) {
      if (excess > (repeated.get(tag) ?? 0)) throw session.refusedExcess(tag, excess)
    }
    const once = [...store.cells.foldedSamples()].map(([tag, n]) => [tag, n - (repeated.get(tag) ?? 0)] as const)
    const acknowledged = (tag: TagId): number => session.appender.progressOf(tag)?.samples ?? 0
    const lost = lostSamples(new Map(once), [...windows.keys()], acknowledged)
    return new Restoring(new Amending(session.appender), lost)
  }

  /** What could not be repaired has a failure of its own already. */
  async #tellExcess(signal: AbortSignal): Promise<void> {
    const { session } = this.#parts
    await this.#project(signal)
    for (const [tag, excess] of session.excess()) {
      const { code, message, hint } = session.refusedExcess(tag, excess)
      if (!this.#failures.has(tag)) this.#fail({ tag, name: this.#tags.get(tag)?.name ?? tag, code, message, hint })
    }
  }

  async #replay(historian: string, windows: RepairWindows, amender: Restoring, signal: AbortSignal): Promise<void> {
    const { bridge, store } = this.#parts
    const tags = [...this.#tags.values()].filter(({ id }) => historianOf(id) === historian)
    if (tags.length === 0) return
    const source = await bridge.source(historian, 'sweep')
    const probe = await source.source.probe(signal)
    refuseOtherServer(store, historian, probe)
    const settled = settledUntil(probe.serverTime, bridge.config.sync.settleMs)
    await this.#copyMissing(tags, source, settled, signal)
    // A plan is a notice of change, made by us.
    const marks = tags.flatMap(({ id }) => (windows.get(id) ?? []).map((window) => ({ tag: id, window })))
    store.dirty.markAll(marks, 'hint')
    const { revisions, failures } = await this.#sweep(tags, source, amender, settled, signal)
    this.#revisions.late += revisions.late
    this.#revisions.edited += revisions.edited
    this.#revisions.deleted += revisions.deleted
    for (const failure of failures) this.#fail(failure)
  }

  async #copyMissing(tags: readonly Tag[], source: GovernedSource, settled: Ticks, signal: AbortSignal): Promise<void> {
    const { session, bridge, liveFrom } = this.#parts
    const { appender } = session
    const work = tags.flatMap((tag): Work[] => {
      const covered = appender.progressOf(tag.id)?.covered ?? []
      const end = liveFrom(tag.id) ?? settled
      const below = end < settled ? end : settled
      const gaps = this.#windowsOf(tag.id).flatMap((window) => gapsWithin(covered, window))
      return gaps.flatMap((gap) => {
        const range = upTo(gap, below)
        const order = 'newest-first' as const
        return range === undefined ? [] : [{ tag, range, historian: source.config.name, order }]
      })
    })
    const stopCounting = session.onAppended((batch) => {
      for (const entry of batch) {
        if (entry.kind === undefined || entry.kind === 'cover') {
          if (this.#options.windows.has(entry.tag)) this.#samples += entry.samples.length
        }
      }
    })
    const onTagFailed = (failure: TagFailure): void => {
      this.#fail(failure)
    }
    try {
      const options = { sources: [source], appender, logger: bridge.logger, onTagDone: () => undefined, onTagFailed }
      await copy(work, options, signal)
    } finally {
      stopCounting()
    }
  }

  #sweep(
    tags: readonly Tag[],
    { source, config }: GovernedSource,
    amender: Restoring,
    settled: Ticks,
    signal: AbortSignal,
  ): Promise<SweepOutcome> {
    const { bridge, store, log } = this.#parts
    const { parity } = bridge.config
    return sweep(
      { tags, afterTag: undefined, lookBackFrom: undefined },
      {
        source,
        pageSize: config.primary.pageSize,
        log,
        store,
        amender,
        cellWidth: this.#cellWidth,
        project: (folding) => this.#project(folding),
        settled: () => settled,
        // Somebody asked for it, whatever the daemon is to do by itself.
        mode: 'auto',
        acceptDeletions: this.#options.acceptDeletions,
        rules: rulesOf(parity),
        counts: new CountTrust(),
        tagOf: (id) => this.#tags.get(id),
        onProgress: () => undefined,
        onOutcome: () => undefined,
      },
      signal,
    )
  }

  async #compare(selected: Selection['selected'], signal: AbortSignal): Promise<void> {
    const { session, bridge, store, log } = this.#parts
    const { windows } = this.#options
    const all = [...windows.values()].flat()
    const [first] = all
    if (first === undefined || selected.length === 0) return
    const span = all.reduce((sum, { from, until }) => ({
      from: from < sum.from ? from : sum.from,
      until: until > sum.until ? until : sum.until,
    }))
    const { failures } = await runVerification(
      { tags: [], ids: [...windows.keys()], ...span, depth: 'log', windows },
      {
        bridge,
        store,
        log,
        select: () => Promise.resolve({ selected, missing: [] }),
        progressOf: (tag) => session.appender.progressOf(tag),
        project: (folding) => this.#project(folding),
        onProgress: () => undefined,
      },
      signal,
    )
    for (const failure of failures) this.#fail(failure)
  }

  /** Of the cells the windows touch; windows of tags that are not selected are pending, like all nobody compared. */
  #verdicts(): VerdictCounts {
    const { store, bridge, session } = this.#parts
    const { parity } = bridge.config
    const scope = { rules: rulesOf(parity), width: this.#cellWidth }
    const expected = [...this.#options.windows].flatMap(([tag, windows]) => {
      const covered = session.appender.progressOf(tag)?.covered ?? []
      const settled = covered.at(-1)?.until ?? windows[0]?.from
      return windows.map((window) => ({ tag, expected: window, covered, settled }))
    })
    let counts = NO_VERDICTS
    for (const { verdicts } of store.parity.read(scope, expected)) counts = addVerdicts(counts, verdicts)
    return counts
  }

  async #project(signal: AbortSignal): Promise<void> {
    await this.#parts.session.project(() => undefined, signal)
  }

  /** In ticks. */
  get #cellWidth(): bigint {
    return BigInt(this.#parts.bridge.config.parity.cellMs) * TICKS_PER_MS
  }

  #windowsOf(tag: TagId): Coverage {
    return this.#options.windows.get(tag) ?? []
  }

  #fail({ tag, name, code, message, hint }: TagFailure): void {
    this.#failures.set(tag, { tag, name, code, message, hint })
  }
}

/** The part of a window below a time. */
function upTo(window: Window, end: Ticks): Window | undefined {
  return within([{ from: window.from, until: end }], window)[0]
}

function unknown(tag: TagId): TagFailure {
  return {
    tag,
    name: tag,
    code: 'BANYAN_USAGE',
    message: 'the configuration selects no such tag',
    hint: 'Look at `banyan tags`; a tag the historian lists no more cannot be repaired.',
  }
}
