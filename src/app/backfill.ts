/**
 * Backfill: one job, from the lease to the proof that the log holds what was acknowledged.
 *
 * Order matters: lease, historian clocks, catalogue, the target's preflight, and only then the first record. A run
 * that is stopped anywhere leaves its job to be taken up again by the same command; nothing is copied twice, because
 * the log itself says what is covered.
 */
import { setMaxListeners } from 'node:events'
import { BanyanError, isBanyanError, messageOf } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import { formatTicks, parseTicks, TICKS_PER_MS, type Ticks } from '../domain/ticks.ts'
import type { SampleLog } from '../log/log.ts'
import { encodeTag } from '../log/tag-record.ts'
import { project } from '../project/projector.ts'
import { Appender } from '../replay/appender.ts'
import { OutageWatch } from '../replay/outage.ts'
import { replay, type TagFailure } from '../replay/replay.ts'
import { REPLAY_ORDERS, type ReplayOrder } from '../replay/slices.ts'
import type { JobState, RunOutcome } from '../store/job-state.ts'
import type { Job, JobRun } from '../store/jobs.ts'
import type { Lease } from '../store/lease.ts'
import type { Store } from '../store/store.ts'
import { isAbort, together } from '../util/abort.ts'
import { BackfillMeter, type BackfillProgress } from './backfill-meter.ts'
import type { Bridge, GovernedSource } from './bridge.ts'
import { CoverageCache } from './coverage-cache.ts'
import { JobCancelled, JobSteering } from './job-steering.ts'
import { withLease } from './lease.ts'
import { settledUntil } from './ranges.ts'
import { refuseOtherServer } from './same-server.ts'
import { selectTags, type SelectedTag } from './selection.ts'
import { prepareTarget } from './target.ts'
import { logPlanOf, planWork, type BackfillScope, type Work } from './work.ts'

/** Often enough for a progress bar, seldom enough for a row that is written each time. */
const REPORT_EVERY_MS = 1000

export interface BackfillOptions extends BackfillScope {
  /** Takes up this job, with the scope it was enqueued with. */
  readonly job: number | undefined
}

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
}

/**
 * Runs until done or cancelled. Rejects with the signal's reason when interrupted (the job then is `interrupted`), and
 * with a BanyanError when the job as a whole cannot go on; tags that failed alone are in the report.
 */
export async function runBackfill(
  bridge: Bridge,
  options: BackfillOptions,
  onProgress: (progress: BackfillProgress) => void,
  signal: AbortSignal,
): Promise<BackfillReport> {
  const store = await bridge.store()
  const log = await bridge.log()
  const sources = await bridge.selectedSources()
  return withLease(store, `banyan backfill of ${bridge.config.bridge}`, bridge.logger, signal, async (lease, held) => {
    store.jobs.interruptOrphans(lease)
    const job = takeUp(store, options)
    const run = store.jobs.start(job.id, lease)
    return new Backfill({ bridge, store, log, sources, lease, run, onProgress }).run(scopeOf(job), held)
  })
}

/** The job asked for, or the unfinished one with the same scope, or a new one. */
function takeUp(store: Store, options: BackfillOptions): Job {
  if (options.job !== undefined) return store.jobs.get(options.job)
  const wanted = storedScope(options)
  const unfinished = store.jobs
    .list()
    .find(
      ({ state, params }) =>
        (state === 'interrupted' || state === 'failed' || state === 'queued') &&
        JSON.stringify(params) === JSON.stringify(wanted),
    )
  return unfinished ?? store.jobs.enqueue('backfill', wanted)
}

interface BackfillParts {
  readonly bridge: Bridge
  readonly store: Store
  readonly log: SampleLog
  readonly sources: readonly GovernedSource[]
  readonly lease: Lease
  readonly run: JobRun
  readonly onProgress: (progress: BackfillProgress) => void
}

class Backfill {
  readonly #bridge: Bridge
  readonly #store: Store
  readonly #log: SampleLog
  readonly #sources: readonly GovernedSource[]
  readonly #lease: Lease
  readonly #run: JobRun
  readonly #onProgress: (progress: BackfillProgress) => void

  constructor({ bridge, store, log, sources, lease, run, onProgress }: BackfillParts) {
    this.#bridge = bridge
    this.#store = store
    this.#log = log
    this.#sources = sources
    this.#lease = lease
    this.#run = run
    this.#onProgress = onProgress
  }

  async run(scope: BackfillScope, outer: AbortSignal): Promise<BackfillReport> {
    const governors = this.#sources.map(({ governor }) => governor)
    const steering = new JobSteering(this.#run, governors, this.#bridge.logger)
    const meter = new BackfillMeter(governors)
    const signal = AbortSignal.any([outer, steering.signal])
    // Every request that waits listens to it; that is no leak.
    setMaxListeners(0, signal)
    const reporting = setInterval(() => {
      this.#report(meter)
    }, REPORT_EVERY_MS)
    try {
      await this.#copyAndCount(scope, meter, signal)
      this.#end(meter, 'done')
      return this.#reportOf(meter, 'done')
    } catch (error) {
      if (error instanceof JobCancelled) {
        this.#end(meter, 'cancelled')
        return this.#reportOf(meter, 'cancelled')
      }
      if (isAbort(error, outer) && !isBanyanError(error)) this.#end(meter, steering.isPaused ? 'paused' : 'interrupted')
      else this.#end(meter, 'failed', error)
      throw error
    } finally {
      clearInterval(reporting)
      steering.close()
    }
  }

  async #copyAndCount(scope: BackfillScope, meter: BackfillMeter, signal: AbortSignal): Promise<void> {
    const settled = new Map<string, Ticks>()
    for (const { source, config } of this.#sources) {
      const probe = await source.probe(signal)
      refuseOtherServer(this.#store, config.name, probe)
      settled.set(config.name, settledUntil(probe.serverTime, this.#bridge.config.sync.settleMs))
    }
    const { selected, missing } = await selectTags(this.#bridge, scope.tags, signal)
    const work = planWork(selected, scope, settled)
    meter.selected(selected.length, work.length, missing)
    await prepareTarget(this.#log, logPlanOf(work), signal)
    await this.#publishTags(selected, signal)
    await this.#copy(work, meter, signal)
    meter.copied()
    meter.recordsInLog = await this.#readBack(meter, signal)
  }

  async #copy(work: readonly Work[], meter: BackfillMeter, signal: AbortSignal): Promise<void> {
    const { logger, config } = this.#bridge
    const outageMs = config.log.kind === 'kafka' ? config.log.outageMs : 0
    const cache = new CoverageCache(this.#store, logger)
    const appender = await Appender.open(
      {
        log: this.#log,
        logger,
        outageMs,
        assertMayWrite: () => {
          this.#lease.assertHeld()
        },
        onAppended: (batch, _receipt, writer) => {
          cache.appended(batch, writer)
          meter.appended(batch)
        },
      },
      signal,
    )
    try {
      this.#adoptCoverage(appender)
      // What is there must be what the checkpoints say before anything is added: where they were lost, or are another
      // bridge's, everything would be copied twice.
      await this.#readBack(meter, signal)
      meter.copying()
      for (const item of work) meter.planned(item, appender.progressOf(item.tag.id)?.covered ?? [])
      await together(
        this.#sources.map((source) => (shared) => this.#copyFrom(source, appender, work, meter, shared)),
        signal,
      )
    } finally {
      // Also when stopping: what was read is appended rather than read again.
      await appender.close()
      cache.save()
    }
  }

  async #copyFrom(
    { source, config }: GovernedSource,
    appender: Appender,
    work: readonly Work[],
    meter: BackfillMeter,
    signal: AbortSignal,
  ): Promise<void> {
    const { pageSize, limits, outageMs } = config.piWebApi
    const outage = new OutageWatch(source, outageMs, this.#bridge.logger)
    const options = { source, appender, outage, pageSize, lanes: limits.concurrency }
    for (const order of REPLAY_ORDERS) {
      const tasks = work.filter((item) => item.historian === config.name && item.order === order)
      const onTagDone = (): void => {
        meter.tagsDone += 1
      }
      const onTagFailed = (failure: TagFailure): void => {
        meter.failures.push(failure)
        this.#storing('a failed tag', () => {
          this.#run.tagFailed(failure.tag, failure.code, failure.message)
        })
      }
      await replay(tasks, { ...options, order, onTagDone, onTagFailed }, signal)
    }
  }

  /** The log wins over the cache; a difference is worth a line, it is how a restored or replaced file shows. */
  #adoptCoverage(appender: Appender): void {
    const differences = this.#store.coverage.replaceAll(new Map(appender.tags()))
    const [first] = differences
    if (first === undefined) return
    this.#bridge.logger.info(
      { component: 'coverage', tags: differences.length, firstTag: first.tag },
      'coverage taken from the log where the cache differed',
    )
  }

  async #publishTags(selected: readonly SelectedTag[], signal: AbortSignal): Promise<void> {
    this.#store.tags.save(selected.map(({ tag }) => tag))
    const unpublished = this.#store.tags.unpublished()
    if (unpublished.length === 0) return
    const records = unpublished.map(({ tag, version, seenAtMs }) => ({
      key: tag.id,
      value: encodeTag(tag, version, seenAtMs),
    }))
    await this.#log.publish('tags', records, signal)
    this.#store.write(() => {
      for (const { tag, version } of unpublished) this.#store.tags.markPublished(tag.id, version)
    })
  }

  /** Folds the log into cells and proves by counting that it holds each acknowledged sample once. */
  async #readBack(meter: BackfillMeter, signal: AbortSignal): Promise<number> {
    meter.indexing()
    await project(
      this.#log,
      this.#store,
      {
        cellWidth: BigInt(this.#bridge.config.parity.cellMs) * TICKS_PER_MS,
        onProgress: ({ offsetsDone, offsetsTotal }) => {
          meter.indexed = offsetsTotal === 0 ? 1 : offsetsDone / offsetsTotal
          this.#report(meter)
        },
      },
      signal,
    )
    const folded = this.#store.cells.foldedSamples()
    if (this.#isAtomic()) refuseExcess(this.#store.coverage.samples(), folded)
    return [...folded.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Without transactions, records of an interrupted append wait in the log to be acknowledged by the next one. */
  #isAtomic(): boolean {
    const { log } = this.#bridge.config
    return log.kind === 'embedded' || log.mode === 'transactional'
  }

  #report(meter: BackfillMeter): void {
    this.#onProgress(meter.progress())
    const { job } = this.#run
    this.#storing('progress', () => {
      this.#run.progress({
        tagsTotal: meter.tagsTotal,
        tagsDone: meter.tagsDone,
        tagsFailed: meter.failures.length,
        samples: job.samples + meter.samples,
        requests: job.requests + meter.requests,
      })
    })
  }

  /** Figures for people: a full disk must not stop a copy that the log still takes. */
  #storing(what: string, write: () => void): void {
    try {
      write()
    } catch (error) {
      this.#bridge.logger.warn({ component: 'jobs', what, error: messageOf(error) }, 'the job could not be updated')
    }
  }

  #end(meter: BackfillMeter, outcome: RunOutcome, error?: unknown): void {
    try {
      this.#report(meter)
      this.#run.end(
        outcome,
        error === undefined
          ? undefined
          : { code: isBanyanError(error) ? error.code : 'BANYAN_INTERNAL', message: messageOf(error) },
      )
    } catch (failure) {
      if (outcome === 'done') throw failure
      this.#bridge.logger.warn(
        { component: 'jobs', error: messageOf(failure) },
        'the end of the job could not be stored',
      )
    }
  }

  #reportOf(meter: BackfillMeter, state: JobState): BackfillReport {
    return {
      job: this.#run.job.id,
      state,
      tags: { total: meter.tagsTotal, done: meter.tagsDone, failed: meter.failures.length },
      samples: meter.samples,
      requests: meter.requests,
      seconds: meter.seconds,
      failures: meter.failures,
      missing: meter.missing,
      withoutBackfill: meter.withoutBackfill,
      recordsInLog: meter.recordsInLog,
    }
  }
}

/** More records than acknowledged samples is a duplicate, fewer is a loss (the projector refuses that itself). */
function refuseExcess(acknowledged: ReadonlyMap<TagId, number>, folded: ReadonlyMap<TagId, number>): void {
  for (const [tag, records] of folded) {
    const samples = acknowledged.get(tag) ?? 0
    if (records <= samples) continue
    throw new BanyanError(
      'BANYAN_LOG_CORRUPT',
      `the log holds ${records} samples of ${tag}, ${samples} were acknowledged`,
      {
        hint: 'either the checkpoints were lost: then start over under another topicPrefix or log file; or another bridge or program writes here too: find it before anything reads from the log',
        context: { tag },
      },
    )
  }
}

/** How a job's scope is stored; equal scopes have equal JSON. */
function storedScope(scope: BackfillScope): StoredScope {
  return {
    tags: scope.tags,
    from: scope.from === undefined ? null : formatTicks(scope.from),
    until: scope.until === undefined ? null : formatTicks(scope.until),
    order: scope.order ?? null,
  }
}

interface StoredScope {
  readonly tags: readonly string[]
  readonly from: string | null
  readonly until: string | null
  readonly order: ReplayOrder | null
}

/** The store is ours, and `takeUp` wrote what is read here: the shape is trusted, the times are parsed strictly. */
function scopeOf(job: Job): BackfillScope {
  const stored = job.params as StoredScope
  return {
    tags: stored.tags,
    from: stored.from === null ? undefined : parseTicks(stored.from),
    until: stored.until === null ? undefined : parseTicks(stored.until),
    order: stored.order ?? undefined,
  }
}
