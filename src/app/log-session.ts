/**
 * LogSession: the log, open for writing, with everything that makes writing to it safe.
 *
 * Opening fences whoever wrote before, takes the coverage from the log, and reads the log back: what it holds must be
 * what its checkpoints say before anything is added. Where they were lost, or are another bridge's, everything would
 * be copied twice.
 */
import type { LogConfig } from '../config/config.ts'
import { TICKS_PER_MS } from '../domain/ticks.ts'
import { BanyanError, messageOf } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { AppendEntry, SampleLog } from '../log/log.ts'
import { project, type ProjectProgress } from '../project/projector.ts'
import { Appender } from '../replay/appender.ts'
import { Turn } from '../replay/turn.ts'
import type { Lease } from '../store/lease.ts'
import type { Store } from '../store/store.ts'
import { sleep } from '../util/abort.ts'
import type { Bridge } from './bridge.ts'
import { CoverageCache } from './coverage-cache.ts'

/** An append is acknowledged to us this much later, at most, than others may read it. */
const ACKNOWLEDGED_WITHIN_MS = 30_000
const LOOK_AGAIN_MS = 100

export interface LogSessionOptions {
  readonly bridge: Bridge
  readonly store: Store
  readonly log: SampleLog
  readonly lease: Lease
  /**
   * Called instead of failing when the log holds fewer samples than it has acknowledged: for whoever is about to bring
   * them back. Undefined: nothing is added to a log that has lost something.
   */
  readonly onShortfall?: (shortfall: BanyanError) => void
  /**
   * As `onShortfall`, when it holds more: for whoever is about to settle what was written again, and asks `excess`
   * before and after.
   */
  readonly onExcess?: (excess: BanyanError) => void
  /** For a log that is unavailable; else the session gives up after the time the configuration allows. */
  readonly waitsForEver?: boolean
}

type OnProgress = (progress: ProjectProgress) => void

export class LogSession {
  readonly appender: Appender
  readonly #options: LogSessionOptions
  readonly #cache: CoverageCache
  readonly #listeners: Set<(batch: readonly AppendEntry[]) => void>
  readonly #newest: ReadonlyMap<number, bigint>
  readonly #folding = new Turn()

  private constructor(
    options: LogSessionOptions,
    appender: Appender,
    cache: CoverageCache,
    listeners: Set<(batch: readonly AppendEntry[]) => void>,
    newest: ReadonlyMap<number, bigint>,
  ) {
    this.#options = options
    this.appender = appender
    this.#cache = cache
    this.#listeners = listeners
    this.#newest = newest
  }

  /** Throws BANYAN_LOG_CORRUPT when the log holds other samples than its checkpoints acknowledge. */
  static async open(options: LogSessionOptions, onProgress: OnProgress, signal: AbortSignal): Promise<LogSession> {
    const { bridge, store, log, lease, waitsForEver = false } = options
    const cache = new CoverageCache(store, bridge.logger)
    const listeners = new Set<(batch: readonly AppendEntry[]) => void>()
    const newest = new Map<number, bigint>()
    const appender = await Appender.open(
      {
        log,
        logger: bridge.logger,
        outageMs: waitsForEver ? Infinity : configuredOutageMs(bridge.config.log),
        assertMayWrite: () => {
          lease.assertHeld()
        },
        onAppended: (batch, { entries }, writer) => {
          for (const { partition, lastOffset } of entries)
            newest.set(partition, highest(newest.get(partition), lastOffset))
          cache.appended(batch, writer)
          for (const listener of listeners) listener(batch)
        },
      },
      signal,
    )
    const session = new LogSession(options, appender, cache, listeners, newest)
    try {
      session.#adoptCoverage()
      await session.project(onProgress, signal)
      return session
    } catch (error) {
      await session.close().catch(() => undefined)
      throw error
    }
  }

  /** Calls the listener after each durable batch; answers how to stop that. */
  onAppended(listener: (batch: readonly AppendEntry[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Folds the log into cells, at least as far as it was acknowledged when called, and proves by counting that it holds
   * each acknowledged sample once; answers how many samples that are. Calls wait for each other: only one folds.
   * Throws BANYAN_LOG_UNAVAILABLE (retryable) while the log does not show, or tell, what was acknowledged.
   */
  project(onProgress: OnProgress, signal: AbortSignal): Promise<number> {
    return this.#folding.take(() => this.#project(onProgress, signal))
  }

  /**
   * By tag, how many samples the log was found to hold beyond those acknowledged. Without transactions nobody can tell:
   * none.
   */
  excess(): Map<TagId, number> {
    if (!this.#isAtomic()) return new Map()
    const folded = [...this.#options.store.cells.foldedSamples()]
    return new Map(folded.map(([tag, n]) => [tag, n - this.#acknowledged(tag)] as const).filter(([, n]) => n > 0))
  }

  /** What a tag with an excess is refused for. */
  refusedExcess(tag: TagId, excess: number): BanyanError {
    const samples = this.#acknowledged(tag)
    return tooMany(tag, samples + excess, samples)
  }

  /** Also when stopping: what was read is appended rather than read again. Rejects with what made the appender give up. */
  async close(): Promise<void> {
    try {
      await this.appender.close()
    } finally {
      this.#saveCoverage()
    }
  }

  async #project(onProgress: OnProgress, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted()
    const { store, log, bridge, onShortfall } = this.#options
    const cellWidth = BigInt(bridge.config.parity.cellMs) * TICKS_PER_MS
    const acknowledged = new Map(this.#newest)
    await project(log, store, { cellWidth, onProgress, acknowledged, ...(onShortfall && { onShortfall }) }, signal)
    await this.#refuseExcess(signal)
    return [...store.cells.foldedSamples().values()].reduce((sum, count) => sum + count, 0)
  }

  /** More records than acknowledged samples is a duplicate; fewer is a loss, and the projector refuses that itself. */
  async #refuseExcess(signal: AbortSignal): Promise<void> {
    const deadline = Date.now() + ACKNOWLEDGED_WITHIN_MS
    for (;;) {
      const [first] = this.excess()
      if (first === undefined) return
      if (Date.now() > deadline || !this.appender.isBusy()) {
        const trouble = this.appender.trouble()
        // An append whose answer was lost is acknowledged when its writer can be opened again.
        if (trouble !== undefined) throw undecided(trouble.message)
        // Whoever took the lease over meanwhile, while this process was suspended, acknowledged them to itself.
        this.#options.lease.assertHeld()
        const refused = this.refusedExcess(...first)
        if (this.#options.onExcess === undefined) throw refused
        this.#options.onExcess(refused)
        return
      }
      await sleep(LOOK_AGAIN_MS, signal)
    }
  }

  #acknowledged(tag: TagId): number {
    return this.appender.progressOf(tag)?.samples ?? 0
  }

  /** Without transactions, records of an interrupted append wait in the log to be acknowledged by the next one. */
  #isAtomic(): boolean {
    const { log } = this.#options.bridge.config
    return log.kind === 'embedded' || log.mode === 'transactional'
  }

  /** The log wins over the cache; a difference is worth a line, it is how a restored or replaced file shows. */
  #adoptCoverage(): void {
    const { store, bridge } = this.#options
    const differences = store.coverage.replaceAll(new Map(this.appender.tags()))
    const [first] = differences
    if (first === undefined) return
    bridge.logger.info(
      { component: 'coverage', tags: differences.length, firstTag: first.tag },
      'coverage taken from the log where the cache differed',
    )
  }

  /** A copy for people, made by whoever holds the lease: a full disk must not make a success a failure. */
  #saveCoverage(): void {
    try {
      this.#options.lease.assertHeld()
      this.#cache.save()
    } catch (error) {
      this.#options.bridge.logger.warn(
        { component: 'coverage', error: messageOf(error) },
        'coverage could not be cached; the next start takes it from the log',
      )
    }
  }
}

/** An embedded log is a file beside us: it has no outage that is worth waiting for. */
function configuredOutageMs(log: LogConfig): number {
  return log.kind === 'kafka' ? log.outageMs : 0
}

function highest(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || b > a ? b : a
}

function undecided(trouble: string): BanyanError {
  return new BanyanError(
    'BANYAN_LOG_UNAVAILABLE',
    `the log holds records that are not acknowledged yet, and takes no appends: ${trouble}`,
    { retryable: true, hint: 'They are acknowledged as soon as the log takes appends again.' },
  )
}

function tooMany(tag: TagId, records: number, samples: number): BanyanError {
  return new BanyanError(
    'BANYAN_LOG_CORRUPT',
    `the log holds ${records} samples of ${tag}, ${samples} were acknowledged`,
    {
      hint:
        'If a stretch of the log was written twice, run `banyan verify`, then `banyan report --format plan -o plan.json`, ' +
        'then `banyan repair --plan plan.json`. If the checkpoints were lost, start over under another topicPrefix or ' +
        'log file. If another bridge or program writes here too, find it before anything reads from the log.',
      context: { tag },
    },
  )
}
