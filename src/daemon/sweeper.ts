/**
 * Sweeper: the sweeps of one historian. A scheduled sweep goes on where an interrupted one stopped; what became
 * doubtful in between (hints, a changed catalogue, a clock that was set back) is compared soon, on its own.
 */
import { Amending } from '../app/amending.ts'
import type { GovernedSource } from '../app/historian-connections.ts'
import type { LogSession } from '../app/log-session.ts'
import { settledUntil } from '../app/ranges.ts'
import type { ResolvedConfig } from '../config/config.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import { TICKS_PER_MS, ticks, type Ticks } from '../domain/ticks.ts'
import type { SampleLog } from '../log/log.ts'
import type { Store } from '../store/store.ts'
import type { Revisions } from '../telemetry/live-status.ts'
import type { Logger } from '../telemetry/logger.ts'
import { sleep } from '../util/abort.ts'
import { NO_CHANGES } from '../verify/align.ts'
import { CountTrust } from '../verify/count-first.ts'
import { rulesOf } from '../verify/explain/policy.ts'
import { sweep, type SweepOutcome, type SweepRequest } from '../verify/sweep.ts'
import type { CurrentTags } from './current-tags.ts'
import type { KeepGoing } from './keep-going.ts'

/** Soon enough for who asked to look again, seldom enough that marks gather. */
const DIRTY_EVERY_MS = 10_000
/** A tag that cannot be read stays dirty: it is tried again ever more seldom. */
const LONGEST_DIRTY_PAUSE_MS = 15 * 60_000

/** Named in a line of the log, at most. */
const TOLD_TAGS = 10

export interface SweeperParts {
  readonly config: ResolvedConfig
  /** The historian, in the sweeps' lane. */
  readonly source: GovernedSource
  readonly store: Store
  readonly log: SampleLog
  readonly session: LogSession
  readonly tags: CurrentTags
  readonly logger: Logger
  /** By the historian's clock as the tail believes it, exclusive; undefined before its first round. */
  readonly settledNow: () => Ticks | undefined
  /** A person said that what the historian no longer shows was deleted on purpose. */
  readonly acceptDeletions: boolean
}

export class Sweeper {
  readonly #parts: SweeperParts
  readonly #counts = new CountTrust()
  #revisions: Revisions = NO_CHANGES
  #cells = 0

  constructor(parts: SweeperParts) {
    this.#parts = parts
  }

  /** Appended by all sweeps so far. */
  get revisions(): Revisions {
    return this.#revisions
  }

  /** Compared by all sweeps so far. */
  get cells(): number {
    return this.#cells
  }

  /** One sweep of the look-back, from the first tag to the last. */
  async lookBack(lookBackMs: number, signal: AbortSignal): Promise<SweepOutcome> {
    const settled = await this.#settled(signal)
    const lookBackFrom = ticks(settled - BigInt(lookBackMs) * TICKS_PER_MS)
    return this.#sweep(
      { tags: this.#parts.tags.all(), afterTag: undefined, lookBackFrom },
      settled,
      () => undefined,
      signal,
    )
  }

  /** One run of a schedule: as `lookBack`, but one that was interrupted goes on where it stopped. */
  async scheduled(schedule: string, lookBackMs: number, signal: AbortSignal): Promise<SweepOutcome> {
    const { store, source, tags } = this.#parts
    const { name } = source.config
    const settled = await this.#settled(signal)
    const begun = store.sweeps.get(schedule, name)
    const from = begun?.window.from ?? ticks(settled - BigInt(lookBackMs) * TICKS_PER_MS)
    const window = { from, until: settled }
    const request = { tags: tags.all(), afterTag: begun?.afterTag, lookBackFrom: from }
    const outcome = await this.#sweep(
      request,
      settled,
      (afterTag) => {
        store.sweeps.save(schedule, name, { window, afterTag })
      },
      signal,
    )
    store.sweeps.finish(schedule, name)
    return outcome
  }

  /** Compares what is marked as doubtful, again and again, until the signal aborts. */
  async watchDirty(keepGoing: KeepGoing, signal: AbortSignal): Promise<void> {
    let pauseMs = DIRTY_EVERY_MS
    for (;;) {
      await sleep(pauseMs, signal)
      let outcome: SweepOutcome | undefined
      await keepGoing.attempt(async () => {
        if (this.#dirtyTags().length > 0) outcome = await this.dirty(signal)
      }, signal)
      // A mark on what is not copied yet is no work that fails; an attempt that failed has been paused after already.
      const isStuck = outcome !== undefined && outcome.cells + outcome.failures.length > 0
      pauseMs =
        !isStuck || outcome?.isLessDoubtful === true ? DIRTY_EVERY_MS : Math.min(2 * pauseMs, LONGEST_DIRTY_PAUSE_MS)
    }
  }

  /** One sweep of what is marked as doubtful. */
  async dirty(signal: AbortSignal): Promise<SweepOutcome> {
    const request = { tags: this.#dirtyTags(), afterTag: undefined, lookBackFrom: undefined }
    return this.#sweep(request, await this.#settled(signal), () => undefined, signal)
  }

  async #sweep(
    request: SweepRequest,
    settled: Ticks,
    onProgress: (afterTag: TagId) => void,
    signal: AbortSignal,
  ): Promise<SweepOutcome> {
    const { config, source, store, log, session, tags, acceptDeletions } = this.#parts
    let told: Pick<SweepOutcome, 'revisions' | 'cells'> = { revisions: NO_CHANGES, cells: 0 }
    // The difference, because another sweep may be adding its own meanwhile.
    const add = ({ revisions, cells }: SweepOutcome): void => {
      this.#revisions = {
        late: this.#revisions.late + revisions.late - told.revisions.late,
        edited: this.#revisions.edited + revisions.edited - told.revisions.edited,
        deleted: this.#revisions.deleted + revisions.deleted - told.revisions.deleted,
      }
      this.#cells += cells - told.cells
      told = { revisions, cells }
    }
    const outcome = await sweep(
      request,
      {
        source: source.source,
        pageSize: source.config.primary.pageSize,
        log,
        store,
        amender: new Amending(session.appender),
        cellWidth: BigInt(config.parity.cellMs) * TICKS_PER_MS,
        project: async (projecting) => {
          await session.project(() => undefined, projecting)
        },
        settled: () => this.#parts.settledNow() ?? settled,
        mode: config.sync.repair,
        acceptDeletions,
        rules: rulesOf(config.parity),
        counts: this.#counts,
        tagOf: (id) => tags.get(id),
        onProgress,
        onOutcome: add,
      },
      signal,
    )
    this.#tell(outcome)
    return outcome
  }

  #tell({ failures, findings, postponed, revisions, cells }: SweepOutcome): void {
    const { logger } = this.#parts
    const fields = { cells, ...revisions, findings, postponed: postponed.length, tagsFailed: failures.length }
    const [first] = failures
    if (postponed.length > 0) {
      const names = postponed.slice(0, TOLD_TAGS).map(({ name }) => name)
      logger.info({ postponed: postponed.length, names }, 'tags moved while they were compared; the next sweep looks')
    }
    if (first !== undefined) {
      logger.warn(
        { ...fields, firstTag: first.tag, code: first.code, error: first.message },
        'sweep could not compare some tags',
      )
    } else if (cells > 0) {
      logger.info(fields, 'sweep ended')
    }
  }

  /** Marks of a tag that is selected no more are kept for when it comes back. */
  #dirtyTags(): Tag[] {
    const { store, source, tags } = this.#parts
    return [...store.dirty.tags(source.config.name)].flatMap((id) => tags.get(id) ?? [])
  }

  async #settled(signal: AbortSignal): Promise<Ticks> {
    const { source, config, settledNow } = this.#parts
    return settledNow() ?? settledUntil((await source.source.probe(signal)).serverTime, config.sync.settleMs)
  }
}
