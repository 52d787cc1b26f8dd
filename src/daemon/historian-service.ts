/**
 * HistorianService: everything the daemon does with one historian, side by side: tail rounds, catching up, the
 * catalogue, comparing what became doubtful, proving the rest equal, hints. One historian that is away holds up nothing
 * of another.
 */
import type { Bridge } from '../app/bridge.ts'
import type { GovernedSource } from '../app/historian-connections.ts'
import { CatalogueFollow, type CatalogueChange } from '../app/catalogue-follow.ts'
import type { LogSession } from '../app/log-session.ts'
import { firstProbe } from '../app/first-probe.ts'
import { refuseOtherServer } from '../app/same-server.ts'
import type { Selection } from '../app/selection.ts'
import type { HistorianConfig } from '../config/config.ts'
import { BanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { VerdictCounts } from '../domain/verdict.ts'
import type { Window } from '../domain/window.ts'
import type { SampleLog } from '../log/log.ts'
import type { ClockEvent } from '../replay/historian-clock.ts'
import type { RoundOutcome } from '../replay/tail-round.ts'
import { everyInterval } from '../replay/interval-loop.ts'
import { Tail } from '../replay/tail.ts'
import { Turn } from '../replay/turn.ts'
import type { Store } from '../store/store.ts'
import type { LiveHistorian, ReadinessProblem, ReadinessReason } from '../telemetry/live-status.ts'
import type { Logger } from '../telemetry/logger.ts'
import { sleep, together } from '../util/abort.ts'
import { CurrentTags } from './current-tags.ts'
import { fallbackState, governorState } from './fallback-state.ts'
import { HintWatch } from './hint-watch.ts'
import { KeepGoing, type Trouble } from './keep-going.ts'
import { abandonSeams, SeamWatch } from './seam-watch.ts'
import { type Stops, untilDrained } from './stops.ts'
import { Sweeper } from './sweeper.ts'
import { VerifierService } from './verifier-service.ts'

export interface HistorianServiceParts {
  readonly bridge: Bridge
  readonly store: Store
  readonly log: SampleLog
  readonly session: LogSession
  readonly config: HistorianConfig
  /** A person said that what the historian no longer shows was deleted on purpose. */
  readonly acceptDeletions: boolean
}

/** An update of the historian may have brought notices; a maintenance page may have hidden them. */
const ASK_FOR_HINTS_AGAIN_MS = 86_400_000

/** A tag's place between tail and backfill is known after its first round; nobody waits long for a round. */
const LOOK_FOR_PLACE_MS = 100

export class HistorianService {
  readonly name: string
  readonly sweeper: Sweeper
  readonly #verifier: VerifierService
  readonly #parts: HistorianServiceParts
  readonly #logger: Logger
  readonly #tail: Tail
  readonly #tailSource: GovernedSource
  readonly #catalogue: CatalogueFollow
  readonly #hints: HintWatch
  readonly #seams: SeamWatch | undefined
  readonly #trouble: Record<'round' | 'catchUp' | 'catalogue' | 'dirty' | 'verify' | 'hints' | 'seams', KeepGoing>
  readonly #tags = new CurrentTags()
  /** Aborted and replaced when the tags change, for what was begun with the old ones. */
  #tagsChanged = new AbortController()
  #lastTrouble: Trouble | undefined
  #hasRead = false
  /** The catalogue was read. */
  #isListed = false
  #catalogueChanges = 0
  readonly #refreshing = new Turn()
  /** Names listed in the configuration that the historian was last found not to have. */
  #missing = ''
  /** Stretches to be compared again because the historian's clock was set back. */
  readonly #toMark: Window[] = []

  private constructor(
    parts: HistorianServiceParts,
    lanes: Record<'tail' | 'catchUp' | 'sweep' | 'verify', GovernedSource>,
  ) {
    const { bridge, store, log, session, config, acceptDeletions } = parts
    this.name = config.name
    this.#parts = parts
    this.#logger = bridge.logger.child({ historian: config.name })
    this.#tailSource = lanes.tail
    this.#tail = new Tail({
      source: lanes.tail.source,
      catchUpSource: lanes.catchUp.source,
      appender: session.appender,
      logger: bridge.logger,
      settleMs: bridge.config.sync.settleMs,
      intervalMs: bridge.config.sync.intervalMs,
      pageSize: config.primary.pageSize,
      lanes: config.primary.limits.concurrency,
      onProbe: (probe) => {
        refuseOtherServer(store, config.name, probe)
      },
      onClock: (event) => {
        this.#onClock(event)
      },
    })
    this.#catalogue = new CatalogueFollow({
      bridge,
      store,
      log,
      historian: config.name,
      isInLog: (tag) => session.appender.progressOf(tag) !== undefined,
    })
    this.sweeper = new Sweeper({
      config: bridge.config,
      source: lanes.sweep,
      store,
      log,
      session,
      tags: this.#tags,
      logger: this.#logger.child({ component: 'sweep' }),
      settledNow: () => this.#tail.settled,
      acceptDeletions,
    })
    this.#verifier = new VerifierService({
      bridge,
      source: lanes.verify,
      store,
      log,
      session,
      tags: this.#tags,
      logger: this.#logger.child({ component: 'verify' }),
      settledNow: () => this.#tail.settled,
      clock: () => performance.now(),
    })
    this.#hints = new HintWatch(lanes.sweep.source, store)
    const { standIn } = lanes.sweep
    this.#seams =
      standIn &&
      new SeamWatch({
        source: lanes.sweep,
        standIn,
        store,
        logger: this.#logger.child({ component: 'seams' }),
        settledNow: () => this.#tail.settled,
      })
    const keepGoing = (what: string): KeepGoing => new KeepGoing(what, this.#logger.child({ component: 'daemon' }))
    this.#trouble = {
      round: keepGoing('reading the live tail'),
      catchUp: keepGoing('catching up'),
      catalogue: keepGoing('reading the catalogue'),
      dirty: keepGoing('comparing what is doubtful'),
      verify: keepGoing('verifying'),
      hints: keepGoing('listening for notices'),
      seams: keepGoing('comparing what OPC UA served'),
    }
  }

  static async open(parts: HistorianServiceParts): Promise<HistorianService> {
    const { bridge, config } = parts
    const [tail, catchUp, sweep, verify] = await Promise.all([
      bridge.source(config.name, 'tail'),
      bridge.source(config.name, 'catch-up'),
      bridge.source(config.name, 'sweep'),
      bridge.source(config.name, 'verify'),
    ])
    if (sweep.standIn === undefined) abandonSeams(parts.store, config.name)
    return new HistorianService(parts, { tail, catchUp, sweep, verify })
  }

  /** Resolves when drained: the round under way is finished, what only costs to read again is broken off. */
  async run({ drain, abort }: Stops): Promise<void> {
    // What was known before serves until the catalogue can be read.
    this.#setTags(this.#knownTags())
    await together(
      [
        (failed) => untilDrained(this.#followCatalogue(either(drain, failed)), drain),
        (failed) => untilDrained(this.#runRounds(either(drain, failed), either(abort, failed)), drain),
        (failed) => untilDrained(this.#runCatchUp(either(drain, failed)), drain),
        (failed) => untilDrained(this.sweeper.watchDirty(this.#trouble.dirty, either(drain, failed)), drain),
        (failed) => untilDrained(this.#verifier.run(this.#trouble.verify, either(drain, failed)), drain),
        (failed) => untilDrained(this.#listen(either(drain, failed)), drain),
        (failed) =>
          untilDrained(this.#seams?.run(this.#trouble.seams, either(drain, failed)) ?? Promise.resolve(), drain),
      ],
      abort,
    )
    await untilDrained(this.#tail.flush(abort), abort)
  }

  /**
   * Reads the catalogue anew, acts on what changed, and answers what the rules select. One at a time: of two side by
   * side, the older list could come last.
   */
  refreshCatalogue(signal: AbortSignal): Promise<Selection> {
    return this.#refreshing.take(() => this.#refreshCatalogue(signal))
  }

  async #refreshCatalogue(signal: AbortSignal): Promise<Selection> {
    const { selection } = await this.#catalogue.refresh((change) => {
      this.#takeUp(change)
    }, signal)
    return selection
  }

  #takeUp({ selection, added, changed, gone }: CatalogueChange): void {
    const isChanged = added.length + changed.length + gone.length > 0
    if (isChanged || !this.#isListed) this.#catalogueChanges += 1
    if (isChanged || selection.selected.length !== this.#tags.all().length) this.#tagsChanged.abort()
    this.#isListed = true
    this.#setTags(selection.selected.map(({ tag }) => tag))
    this.#tellMissing(selection.missing)
  }

  /** Resolves when it is known where the live tail begins for each of the tags that it has. */
  async placed(tags: readonly TagId[], signal: AbortSignal): Promise<void> {
    const isOpen = (tag: TagId): boolean => this.#tail.has(tag) && this.#tail.liveFrom(tag) === undefined
    while (tags.some(isOpen)) await sleep(LOOK_FOR_PLACE_MS, signal)
  }

  /** How far a tag is behind the historian's clock, milliseconds; undefined before a round has seen it. */
  lagMs(tag: TagId): number | undefined {
    return this.#tail.lagMs(tag)
  }

  /** The cells of each tag, as of the verifier's last survey. */
  get cells(): ReadonlyMap<TagId, VerdictCounts> {
    return this.#verifier.cells
  }

  /** How often the verifier has gone through since the start. */
  get verifierPasses(): number {
    return this.#verifier.passes
  }

  /** Grows whenever the catalogue was read for the first time, or found changed. */
  get catalogueChanges(): number {
    return this.#catalogueChanges
  }

  liveFrom(tag: TagId): Ticks | undefined {
    return this.#tail.liveFrom(tag)
  }

  /**
   * One round of the tail, everything it left below, and how far it got written down. Throws BANYAN_SOURCE_PROTOCOL
   * when the historian's clock is not to be believed: nothing is read then.
   */
  async roundOnce(signal: AbortSignal): Promise<RoundOutcome> {
    const outcome = await this.#tail.round(signal)
    if (outcome.settled === undefined) throw this.#clockAhead()
    while ((await this.#tail.catchUp(signal)) > 0);
    await this.#tail.flush(signal)
    return outcome
  }

  live(): LiveHistorian {
    const { standIn, governor } = this.#tailSource
    return {
      ...this.#tail.state(),
      name: this.name,
      source: this.#servingSource(),
      fallback: standIn && fallbackState(this.name, standIn, this.#tags.all(), this.#parts.store),
      up: this.#isUp(),
      revisions: this.sweeper.revisions,
      sweptCells: this.sweeper.cells,
      parity: this.#verifier.parity,
      verified: this.#verifier.verified,
      governor: governorState(governor),
      hints: this.#hints.received,
      lastError: this.#lastError(),
    }
  }

  /** `live`: what `live()` has just answered. */
  problems(live: LiveHistorian | undefined): ReadinessProblem[] {
    const problem = (reason: ReadinessReason, detail: string): ReadinessProblem => ({
      reason,
      subject: this.name,
      detail,
    })
    const { trouble } = this.#trouble.round
    if (trouble !== undefined) return [problem(reasonOf(trouble.code), `${trouble.code}: ${trouble.message}`)]
    if (this.#tail.isClockHeld)
      return [problem('historian-clock', 'its clock jumped ahead; waiting until it proves steady')]
    if (!this.#hasRead) return [problem('starting', 'the first round has not ended yet')]
    const { tags = 0, failingCount = 0 } = live ?? {}
    if (failingCount * 2 > tags) return [problem('tags-failing', `${failingCount} of ${tags} tags cannot be read`)]
    return []
  }

  /** Resolves when the historian answers, or what stands in for it does. */
  async answered(signal: AbortSignal): Promise<void> {
    await firstProbe(this.#tailSource, this.#logger, signal)
  }

  /** Whether the tags are read through the fallback: then nothing can be compared with the historian. */
  get isOnFallback(): boolean {
    return this.#tailSource.standIn?.failover.serving.isFallback() ?? false
  }

  /** What the fallback has served, compared as far as its time has come. */
  async closeSeams(signal: AbortSignal): Promise<void> {
    await this.#seams?.pass(signal)
  }

  #servingSource(): LiveHistorian['source'] {
    return this.#parts.config.piWebApi === undefined || this.isOnFallback ? 'opcua' : 'pi-web-api'
  }

  #isUp(): boolean {
    return this.#trouble.round.trouble === undefined && this.#tail.settled !== undefined
  }

  #lastError(): LiveHistorian['lastError'] {
    const troubles = Object.values(this.#trouble).flatMap(({ trouble }) => trouble ?? [])
    const [latest] = troubles.toSorted((a, b) => b.atMs - a.atMs)
    this.#lastTrouble = latest ?? this.#lastTrouble
    return this.#lastTrouble
  }

  async #followCatalogue(drain: AbortSignal): Promise<void> {
    for (;;) {
      const done = await this.#trouble.catalogue.attempt(async () => {
        await this.refreshCatalogue(drain)
      }, drain)
      if (done) await sleep(this.#parts.bridge.config.sync.catalogueMs, drain)
    }
  }

  async #runRounds(drain: AbortSignal, abort: AbortSignal): Promise<void> {
    const round = async (): Promise<void> => {
      await this.#trouble.round.attempt(async () => {
        // On a first start rounds may begin before the catalogue is read: they read nothing.
        const isListed = this.#isListed
        const { tags } = await this.#tail.round(abort)
        this.#hasRead ||= tags > 0 || isListed
        this.#markClockWindows()
      }, drain)
    }
    await everyInterval(this.#parts.bridge.config.sync.intervalMs, round, drain)
  }

  async #runCatchUp(drain: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(this.#parts.bridge.config.sync.intervalMs, drain)
      await this.#trouble.catchUp.attempt(async () => {
        await this.#tail.catchUp(drain)
      }, drain)
    }
  }

  /** Begun anew whenever the tags change; a historian that offers no notices is asked again a day later. */
  async #listen(drain: AbortSignal): Promise<void> {
    if (!this.#parts.bridge.config.sync.hints) return
    for (;;) {
      const changed = this.#tagsChanged.signal
      await this.#trouble.hints.attempt(async () => {
        try {
          await this.#hints.watch(this.#tags.all(), either(drain, changed))
        } catch (error) {
          if (!changed.aborted || drain.aborted) throw error
        }
      }, drain)
      if (this.#hints.isOffered) continue
      this.#logger.info({ component: 'hints' }, 'the historian offers no notices of change; the sweeps find them')
      await sleep(ASK_FOR_HINTS_AGAIN_MS, drain)
    }
  }

  #onClock(event: ClockEvent): void {
    const logger = this.#logger.child({ component: 'clock' })
    if (event.kind === 'stepped-forward') {
      if (event.held) logger.warn({}, "the historian's clock jumped ahead; the tail waits until it proves steady")
      else logger.warn({}, "the historian's clock stayed where it jumped to; the tail goes on there")
      return
    }
    if (event.kind === 'stepped-back') {
      logger.warn({}, "the historian's clock was set back; what is written meanwhile is compared again")
    }
    this.#toMark.push(event.window)
  }

  /** After the round that learnt of it, and again until the store takes it: the clock tells only once. */
  #markClockWindows(): void {
    for (let window = this.#toMark[0]; window !== undefined; window = this.#toMark[0]) {
      const marks = this.#tags.all().map(({ id }) => ({ tag: id, window }))
      this.#parts.store.dirty.markAll(marks, 'clock')
      this.#toMark.shift()
    }
  }

  #clockAhead(): BanyanError {
    return new BanyanError('BANYAN_SOURCE_PROTOCOL', `the clock of historian ${this.name} is far ahead of ours`, {
      hint: 'Set the clock that is wrong. The daemon believes such a clock once it has proved steady; a single round does not.',
      context: { historian: this.name },
    })
  }

  /** Once, until it is others. */
  #tellMissing(missing: readonly string[]): void {
    const names = missing.join(', ')
    if (names !== '' && names !== this.#missing) {
      const [first] = missing
      this.#logger.warn(
        { component: 'catalogue', tags: missing.length, first },
        'listed tags are unknown to the historian',
      )
    }
    this.#missing = names
  }

  #knownTags(): Tag[] {
    return this.#parts.store.tags
      .list(this.name)
      .filter(({ goneAtMs }) => goneAtMs === undefined)
      .map(({ tag }) => tag)
  }

  #setTags(tags: readonly Tag[]): void {
    if (this.#tagsChanged.signal.aborted) this.#tagsChanged = new AbortController()
    this.#tags.set(tags)
    this.#tail.setTags(tags)
  }
}

/** A round may end for what is wrong with log or store. */
function reasonOf(code: string): ReadinessReason {
  if (code.startsWith('BANYAN_LOG_')) return 'log-down'
  return code.startsWith('BANYAN_STORE_') ? 'store-down' : 'historian-down'
}

function either(one: AbortSignal, other: AbortSignal): AbortSignal {
  return AbortSignal.any([one, other])
}
