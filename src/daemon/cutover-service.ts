/**
 * Cutover service: what the daemon does for workloads by itself. It registers what is configured and takes the early
 * steps that only facts stand before, notes what gates ask for later, plants the verifier's faults, tells the log what
 * was decided, and sends back what is served when it must not be.
 *
 * Copying never ends because of it: whatever fails here is told, and tried again.
 */
import type { Bridge } from '../app/bridge.ts'
import type { CutoverDesk } from '../app/cutover/desk.ts'
import { lastVitality } from '../app/cutover/vitality-fact.ts'
import { workloadTags } from '../app/cutover/workload-tags.ts'
import { msOf } from '../cutover/decode.ts'
import { BRIDGE_ACTOR } from '../cutover/events.ts'
import type { GatePolicy } from '../cutover/policy.ts'
import type { TriggerDecision } from '../cutover/triggers.ts'
import { historianOf, type TagId } from '../domain/tag-id.ts'
import { addVerdicts, NO_VERDICTS, type VerdictCounts } from '../domain/verdict.ts'
import { isServing, type Phase } from '../domain/workload.ts'
import type { Store } from '../store/store.ts'
import type { Degradation, LiveHistorian } from '../telemetry/live-status.ts'
import type { Logger } from '../telemetry/logger.ts'
import { sleep, together } from '../util/abort.ts'
import type { BridgeWeather, WeatherEvent } from './bridge-weather.ts'
import type { HistorianService } from './historian-service.ts'
import { KeepGoing } from './keep-going.ts'
import { WorkloadWatch, type WatchSample } from './workload-watch.ts'

/** A consumer that waits is told within a second. */
const TELL_EVERY_MS = 500
/** One read of a small topic, in case somebody else wrote to it, or died in between. */
const CONFIRM_EVERY_MS = 60_000
/** The log is told soon after it is back. */
const TELL_PAUSE_MS = 5_000
/** A served cell that differs sends its workload back within this and the verifier's pause. */
const WATCH_EVERY_MS = 2_000
/** Noted facts cost a write each. */
const SAMPLE_EVERY_MS = 10_000
const PREPARE_EVERY_MS = 30_000
/** Phases that are left because something is so; from there on somebody has to want it. */
const LEFT_BY_FACTS: ReadonlySet<Phase> = new Set<Phase>(['registered', 'backfilling', 'mirroring'])

/** What it looks at of a historian. A historian's service is one. */
export interface WatchedHistorian extends Pick<
  HistorianService,
  'name' | 'cells' | 'verifierPasses' | 'catalogueChanges' | 'lagMs'
> {
  live(): Pick<LiveHistorian, 'name' | 'up' | 'revisions'>
}

export interface CutoverServiceParts {
  readonly bridge: Bridge
  readonly store: Store
  readonly desk: Pick<
    CutoverDesk,
    | 'standings'
    | 'adopt'
    | 'refresh'
    | 'advance'
    | 'rollback'
    | 'freeze'
    | 'checkVitality'
    | 'publishPending'
    | 'confirmRouting'
  >
  readonly historians: readonly WatchedHistorian[]
  readonly weather: BridgeWeather
  readonly logger: Logger
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

export class CutoverService {
  readonly #parts: CutoverServiceParts
  readonly #troubles: Record<'tell' | 'confirm' | 'watch' | 'prepare', KeepGoing>
  readonly #watches = new Map<string, WorkloadWatch>()
  /** Decided on a window that is over, and not carried out yet. */
  readonly #due = new Map<string, Exclude<TriggerDecision, { kind: 'none' }>>()
  #tagsOf: ReadonlyMap<string, readonly TagId[]> = new Map()
  #catalogue = ''
  #sampledMs = -Infinity

  constructor(parts: CutoverServiceParts) {
    this.#parts = parts
    const isFatal = (): boolean => false
    const keepGoing = (what: string): KeepGoing =>
      new KeepGoing(what, parts.logger, { isFatal, longestPauseMs: TELL_PAUSE_MS })
    this.#troubles = {
      tell: keepGoing('telling the log of decisions'),
      confirm: keepGoing('reading the routing back'),
      watch: keepGoing('watching workloads'),
      prepare: keepGoing('preparing workloads'),
    }
  }

  /** What it cannot do right now. */
  degradations(): Degradation[] {
    return Object.values(this.#troubles).flatMap(({ trouble }) => {
      if (trouble === undefined) return []
      return { reason: 'cutover-failing', subject: '', detail: `${trouble.code}: ${trouble.message}` }
    })
  }

  /** Until the signal aborts. */
  run(signal: AbortSignal): Promise<void> {
    const { tell, confirm, watch, prepare } = this.#troubles
    return together(
      [
        (failed) => every(CONFIRM_EVERY_MS, confirm, (s) => this.#confirm(s), failed),
        (failed) => every(TELL_EVERY_MS, tell, (s) => this.#tell(s), failed),
        (failed) => every(WATCH_EVERY_MS, watch, (s) => this.watch(s), failed),
        (failed) => every(PREPARE_EVERY_MS, prepare, (s) => this.prepare(s), failed),
      ],
      signal,
    )
  }

  /** Looks at every workload once, and does what has to be done at once. */
  async watch(signal: AbortSignal): Promise<void> {
    await this.#refresh(signal)
    const { desk, clock } = this.#parts
    const isSampleDue = Math.abs(clock() - this.#sampledMs) >= SAMPLE_EVERY_MS
    if (isSampleDue) this.#noteWeather()
    for (const standing of desk.standings()) {
      const { workload, config, policy, state } = standing
      if (config === undefined || policy === undefined || state.epoch === 0) continue
      const sample = this.#sampleOf(workload)
      const isWrong = isServing(state.phase) && sample.cells !== undefined && sample.cells.mismatch > 0
      const watch = this.#watchOf(workload)
      if (isSampleDue || isWrong) {
        const decision = watch.observe({ state, consumers: config.consumers, policy }, sample, clock())
        if (decision.kind !== 'none') this.#due.set(workload, decision)
      }
      await this.#carryOut(workload, signal)
      if (isSampleDue) watch.note(config.consumers)
    }
    if (isSampleDue) this.#sampledMs = clock()
  }

  /** Takes the steps that only facts stand before, and plants the verifier's faults where that is due. */
  async prepare(signal: AbortSignal): Promise<void> {
    const { desk, logger } = this.#parts
    for (const { workload, config, policy, state } of desk.standings()) {
      if (config === undefined || policy === undefined || state.epoch === 0 || state.phase === 'retired') continue
      if (LEFT_BY_FACTS.has(state.phase)) {
        const outcome = await desk.advance(workload, { actor: BRIDGE_ACTOR }, signal)
        if (outcome.kind === 'decided') logger.info({ workload, phase: outcome.event.to }, 'workload went a step on')
        else logger.debug({ workload, reason: outcome.reason }, 'workload stays where it is')
      } else if (this.#isVitalityDue(workload, state.epoch, policy)) {
        const { planted, found } = await desk.checkVitality(workload, signal)
        if (found < planted) logger.error({ workload, planted, found }, 'the verifier misses faults planted for it')
      }
    }
  }

  async #tell(signal: AbortSignal): Promise<void> {
    await this.#parts.desk.publishPending(signal)
  }

  async #confirm(signal: AbortSignal): Promise<void> {
    const mended = await this.#parts.desk.confirmRouting(signal)
    if (mended > 0) this.#parts.logger.warn({ workloads: mended }, 'routing in the log was not as decided; mended')
  }

  /** Whenever the catalogue has changed: a workload may have other tags, and what is known of it means less then. */
  async #refresh(signal: AbortSignal): Promise<void> {
    const { historians, desk, store, bridge, logger } = this.#parts
    const catalogue = historians.map(({ catalogueChanges }) => catalogueChanges).join()
    // On a first start no tag is known yet: the epoch would end before it has begun.
    const isKnown = historians.some(
      ({ name, catalogueChanges }) => catalogueChanges > 0 || store.tags.list(name).length > 0,
    )
    if (catalogue === this.#catalogue || !isKnown) return
    await desk.adopt(signal)
    for (const { workload, action, reason } of desk.refresh()) {
      logger.info({ workload, action, reason }, 'workload as configured')
    }
    for (const { workload, config, state } of desk.standings()) {
      if (config !== undefined || !isServing(state.phase)) continue
      logger.error(
        { workload, phase: state.phase },
        'served from the log, but not configured any more: nobody watches it',
      )
    }
    const { workloads, tags } = bridge.config
    this.#tagsOf = new Map(
      workloads.map((workload) => [
        workload.name,
        workloadTags(this.#parts.store, tags, workload).map(({ tag }) => tag.id),
      ]),
    )
    this.#catalogue = catalogue
  }

  #sampleOf(workload: string): WatchSample {
    const tags = this.#tagsOf.get(workload) ?? []
    const historians = this.#historiansOf(workload)
    return {
      cells: cellsOf(tags, historians),
      lagMs: worstLag(tags, historians),
      passes: tags.length === 0 ? undefined : [...historians.values()].map(({ verifierPasses }) => verifierPasses),
    }
  }

  #historiansOf(workload: string): ReadonlyMap<string, WatchedHistorian> {
    const names = new Set((this.#tagsOf.get(workload) ?? []).map(historianOf))
    return new Map(this.#parts.historians.flatMap((one) => (names.has(one.name) ? [[one.name, one]] : [])))
  }

  #watchOf(workload: string): WorkloadWatch {
    const known = this.#watches.get(workload) ?? new WorkloadWatch(workload, this.#parts.store.cutoverFacts)
    this.#watches.set(workload, known)
    return known
  }

  /** What is due stays due until it is decided. */
  async #carryOut(workload: string, signal: AbortSignal): Promise<void> {
    const due = this.#due.get(workload)
    if (due === undefined) return
    const { desk, logger } = this.#parts
    const by = { actor: BRIDGE_ACTOR, reason: due.reason }
    const outcome =
      due.kind === 'rollback'
        ? await desk.rollback(workload, { ...by, cause: due.cause }, signal)
        : await desk.freeze(workload, by, signal)
    this.#due.delete(workload)
    if (outcome.kind === 'refused') {
      logger.info({ workload, reason: outcome.reason }, 'nothing had to be done any more')
      return
    }
    const { unpublished } = outcome
    const fields = { workload, reason: due.reason, unpublished, hint: 'see `banyan cutover history`' }
    if (due.kind === 'rollback')
      logger.error({ ...fields, cause: due.cause }, 'sent back to the historian and quarantined')
    else logger.error(fields, 'frozen: what is served is not checked any more; decide whether to roll back')
  }

  #noteWeather(): void {
    const { weather, historians, store } = this.#parts
    for (const event of weather.observe(historians.map((historian) => historian.live()))) {
      for (const workload of this.#concerned(event)) {
        store.cutoverFacts.record({
          kind: event.kind,
          detail: event.detail,
          ...(workload !== undefined && { workload }),
        })
      }
    }
  }

  /** Undefined stands for all workloads, also those to come. */
  #concerned({ historian }: WeatherEvent): (string | undefined)[] {
    if (historian === undefined) return [undefined]
    return [...this.#tagsOf.keys()].filter((workload) => this.#historiansOf(workload).has(historian))
  }

  /** Twice as often as the gate asks for, so that it never waits for it. */
  #isVitalityDue(workload: string, epoch: number, { vitalityMaxAgeMs }: GatePolicy): boolean {
    const last = lastVitality(this.#parts.store.cutoverFacts, workload)
    return last?.epoch !== epoch || this.#parts.clock() - msOf(last.at) >= vitalityMaxAgeMs / 2
  }
}

async function every(
  ms: number,
  keepGoing: KeepGoing,
  body: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await keepGoing.attempt(() => body(signal), signal)
    await sleep(ms, signal)
  }
}

/** A tag of which nothing is expected yet, or nothing is known, is pending. Undefined before the first survey. */
function cellsOf(tags: readonly TagId[], historians: ReadonlyMap<string, WatchedHistorian>): VerdictCounts | undefined {
  if (tags.length === 0 || [...historians.values()].some(({ cells }) => cells.size === 0)) return undefined
  return tags
    .map((tag) => historians.get(historianOf(tag))?.cells.get(tag) ?? { ...NO_VERDICTS, pending: 1 })
    .reduce(addVerdicts, NO_VERDICTS)
}

/** Of the tag that is furthest behind; undefined as long as one of them was seen by no round. */
function worstLag(tags: readonly TagId[], historians: ReadonlyMap<string, WatchedHistorian>): number | undefined {
  let worst: number | undefined
  for (const tag of tags) {
    const lagMs = historians.get(historianOf(tag))?.lagMs(tag)
    if (lagMs === undefined) return undefined
    worst = Math.max(worst ?? 0, lagMs)
  }
  return worst
}
