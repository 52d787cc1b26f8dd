/**
 * BackfillJob: one run of one job, from the historians' clocks to the proof that the log holds what was acknowledged.
 *
 * Order matters: clocks, catalogue, the target's preflight, and only then the first record. A run that is stopped
 * anywhere leaves its job to be taken up again; nothing is copied twice, because the log itself says what is covered.
 */
import { setMaxListeners } from 'node:events'
import { isBanyanError, messageOf } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { TagFailure } from '../replay/replay.ts'
import type { JobState, RunOutcome } from '../store/job-state.ts'
import type { JobRun } from '../store/jobs.ts'
import type { Store } from '../store/store.ts'
import { isAbort } from '../util/abort.ts'
import { BackfillMeter, type BackfillProgress } from './backfill-meter.ts'
import type { BackfillScope } from './backfill-scope.ts'
import type { Bridge } from './bridge.ts'
import { firstProbe } from './first-probe.ts'
import { governorsOf, type GovernedSource } from './historian-connections.ts'
import { copy } from './copying.ts'
import { JobCancelled, JobPaused, JobSteering } from './job-steering.ts'
import type { LogSession } from './log-session.ts'
import { publishTags } from './publish-tags.ts'
import { settledUntil } from './ranges.ts'
import { refuseOtherServer } from './same-server.ts'
import type { Selection } from './selection.ts'
import { prepareTarget } from './target.ts'
import { logPlanOfWork, planWork, type Work } from './work.ts'

/** Often enough for a progress bar, seldom enough for a row that is written each time. */
const REPORT_EVERY_MS = 1000

export interface BackfillReport {
  readonly job: number
  readonly state: JobState
  readonly tags: { readonly total: number; readonly done: number; readonly failed: number }
  /** Appended by this run. */
  readonly samples: number
  /** Made by this run. */
  readonly requests: number
  /** From the first read to the last durable record. */
  readonly seconds: number
  readonly failures: readonly TagFailure[]
  /** Names the configuration lists and no historian has. */
  readonly missing: readonly string[]
  /** Tags that neither a rule nor --from gives a beginning, or none before the end. */
  readonly withoutBackfill: number
  /** Records in the log after this run, counted by reading it back. */
  readonly recordsInLog: number
  /** Tags with stretches that a fallback served and that were not compared with PI yet. */
  readonly seams: number
}

export interface BackfillJobParts {
  readonly bridge: Bridge
  readonly store: Store
  readonly sources: readonly GovernedSource[]
  readonly run: JobRun
  /** The tags of the scope; remembers and publishes what the catalogue says of them. */
  readonly select: (scope: BackfillScope, signal: AbortSignal) => Promise<Selection>
  /** The log, open for writing; asked for once the target has proved safe. */
  readonly openLog: (onProgress: LogProgress, signal: AbortSignal) => Promise<LogSession>
  /**
   * From where on (inclusive) the live tail copies a tag; undefined: it does not, because there is no daemon. Known for
   * every tag that `select` answers.
   */
  readonly liveFrom: (tag: TagId) => Ticks | undefined
  /** What pausing means: holding on to everything, or making way. */
  readonly pausing: 'wait' | 'end'
  /** How the job ends when it cannot go on: `interrupted` when it is to be tried again. */
  readonly endsAs: (error: unknown, hasBegun: boolean) => 'failed' | 'interrupted'
  readonly onProgress: (progress: BackfillProgress) => void
}

type LogProgress = Parameters<LogSession['project']>[0]

export class BackfillJob {
  readonly #parts: BackfillJobParts
  readonly #meter: BackfillMeter
  #hasBegun = false

  constructor(parts: BackfillJobParts) {
    this.#parts = parts
    this.#meter = new BackfillMeter(parts.sources.flatMap(governorsOf))
  }

  /** Whether the historians, the catalogue and the target were found in order, and the first tag was about to be read. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /**
   * Runs until done, cancelled or paused to make way. Rejects with the signal's reason when interrupted, and with a
   * BanyanError when the job as a whole cannot go on; tags that failed alone are in the report.
   */
  async run(scope: BackfillScope, outer: AbortSignal): Promise<BackfillReport> {
    const { run, sources, bridge } = this.#parts
    const governors = sources.flatMap(governorsOf)
    const steering = new JobSteering(run, governors, this.#parts.pausing, bridge.logger)
    const signal = AbortSignal.any([outer, steering.signal])
    // Every request that waits listens to it; that is no leak.
    setMaxListeners(0, signal)
    const reporting = setInterval(() => {
      this.#report()
    }, REPORT_EVERY_MS)
    try {
      await this.#copyAndCount(scope, signal)
      this.#end('done')
      return this.#reportOf('done')
    } catch (error) {
      const steered = error instanceof JobCancelled ? 'cancelled' : error instanceof JobPaused ? 'paused' : undefined
      if (steered !== undefined) {
        this.#end(steered)
        return this.#reportOf(steered)
      }
      if (isAbort(error, outer) && !isBanyanError(error)) this.#end('interrupted')
      else this.#end(this.#parts.endsAs(error, this.#hasBegun), error)
      throw error
    } finally {
      clearInterval(reporting)
      steering.close()
    }
  }

  async #copyAndCount(scope: BackfillScope, signal: AbortSignal): Promise<void> {
    const { bridge, store, sources, openLog } = this.#parts
    const meter = this.#meter
    const settled = new Map<string, Ticks>()
    for (const governed of sources) {
      const { config } = governed
      // A job of one historian does not depend on the others.
      if (scope.historian !== undefined && scope.historian !== config.name) continue
      const probe = await firstProbe(governed, bridge.logger, signal)
      refuseOtherServer(store, config.name, probe)
      settled.set(config.name, settledUntil(probe.serverTime, bridge.config.sync.settleMs))
    }
    const { selected, missing } = await this.#parts.select(scope, signal)
    const work = planWork(selected, scope, { settled, liveFrom: this.#parts.liveFrom })
    const log = await bridge.log()
    const logPlan = logPlanOfWork(work)
    if (logPlan !== undefined) await prepareTarget(log, store, logPlan, signal)
    await publishTags(store, log, signal)
    const onFolded: LogProgress = ({ offsetsDone, offsetsTotal }) => {
      meter.indexed = offsetsTotal === 0 ? 1 : offsetsDone / offsetsTotal
      this.#report()
    }
    meter.indexing()
    const session = await openLog(onFolded, signal)
    meter.selected(selected.length, work.length, missing)
    this.#hasBegun = true
    await this.#copy(work, session, signal)
    meter.copied()
    meter.indexing()
    meter.recordsInLog = await session.project(onFolded, signal)
  }

  async #copy(work: readonly Work[], session: LogSession, signal: AbortSignal): Promise<void> {
    const { sources, bridge, run } = this.#parts
    const meter = this.#meter
    const { appender } = session
    meter.copying()
    for (const item of work) meter.planned(item, appender.progressOf(item.tag.id)?.covered ?? [])
    const stopCounting = session.onAppended((batch) => {
      meter.appended(batch)
    })
    const options = {
      sources,
      appender,
      logger: bridge.logger,
      onTagDone: (): void => {
        meter.tagsDone += 1
      },
      onTagFailed: (failure: TagFailure): void => {
        meter.failures.push(failure)
        this.#storing('a failed tag', () => {
          run.tagFailed(failure.tag, failure.code, failure.message)
        })
      },
    }
    try {
      await copy(work, options, signal)
    } finally {
      stopCounting()
    }
  }

  #report(): void {
    const { run, onProgress } = this.#parts
    const meter = this.#meter
    onProgress(meter.progress())
    this.#storing('progress', () => {
      run.progress({
        tagsTotal: meter.tagsTotal,
        tagsDone: meter.tagsDone,
        tagsFailed: meter.failures.length,
        samples: run.job.samples + meter.samples,
        requests: run.job.requests + meter.requests,
      })
    })
  }

  /** Figures for people: a full disk must not stop a copy that the log still takes. */
  #storing(what: string, write: () => void): void {
    try {
      write()
    } catch (error) {
      const { logger } = this.#parts.bridge
      logger.warn({ component: 'jobs', what, error: messageOf(error) }, 'the job could not be updated')
    }
  }

  #end(outcome: RunOutcome, error?: unknown): void {
    try {
      this.#report()
      this.#parts.run.end(
        outcome,
        error === undefined
          ? undefined
          : { code: isBanyanError(error) ? error.code : 'BANYAN_INTERNAL', message: messageOf(error) },
      )
    } catch (failure) {
      if (outcome === 'done') throw failure
      this.#parts.bridge.logger.warn(
        { component: 'jobs', error: messageOf(failure) },
        'the end of the job could not be stored',
      )
    }
  }

  #reportOf(state: JobState): BackfillReport {
    const meter = this.#meter
    return {
      job: this.#parts.run.job.id,
      state,
      tags: { total: meter.tagsTotal, done: meter.tagsDone, failed: meter.failures.length },
      samples: meter.samples,
      requests: meter.requests,
      seconds: meter.seconds,
      failures: meter.failures,
      missing: meter.missing,
      withoutBackfill: meter.withoutBackfill,
      recordsInLog: meter.recordsInLog,
      seams: this.#parts.sources.reduce((sum, { config }) => sum + this.#parts.store.seams.count(config.name), 0),
    }
  }
}
