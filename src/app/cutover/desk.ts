/**
 * Desk: where decisions about workloads are made, by people and by the bridge itself. A decision is one event of the
 * audit chain: it is judged against everything decided before, in the transaction that records it, and stands from then
 * on, whether the log can be told of it at once or not.
 *
 * A refusal is an answer. What makes it impossible to decide (a historian that has to be asked and does not answer, a
 * store that cannot be written) is an error. Nothing here writes a sample, and no lease is needed.
 */
import type { WorkloadConfig } from '../../config/config.ts'
import type { AuditEvent, ChainLink } from '../../cutover/audit-chain.ts'
import { BRIDGE_ACTOR, type CutoverAction } from '../../cutover/events.ts'
import { decodeManifest } from '../../cutover/decode-manifest.ts'
import { gatesBefore } from '../../cutover/gates.ts'
import { personOf } from '../../cutover/person.ts'
import { nextStep } from '../../cutover/state.ts'
import { BanyanError, messageOf } from '../../domain/errors.ts'
import { formatTicks, ticksFromMs } from '../../domain/ticks.ts'
import { isServing, type Phase } from '../../domain/workload.ts'
import type { Store } from '../../store/store.ts'
import type { Bridge } from '../bridge.ts'
import { Assessor } from './assessor.ts'
import { enrol } from './enrolment.ts'
import { exportBundle, type ExportedBundle } from './export-bundle.ts'
import { previewOf, refusalOf } from './foresight.ts'
import { Ledger, type Entry } from './ledger.ts'
import { momentNow, NO_REQUEST, requestAt } from './moment.ts'
import {
  refuse,
  type Assessment,
  type By,
  type ByApproval,
  type ByReason,
  type ByRollback,
  type DrillOutcome,
  type Outcome,
  type Preview,
  type Refused,
  type Standing,
  type WaiverOrder,
} from './outcome.ts'
import { policyOf } from './policy-of.ts'
import { Publication } from './publication.ts'
import { changedSince } from './recheck.ts'
import { restoreChain } from './restore-chain.ts'
import type { Vitality } from './vitality.ts'
import { recordedWaivers, type RecordedWaiver } from './waivers.ts'

export interface DeskParts {
  readonly bridge: Bridge
  readonly store: Store
  /** Of Banyan. */
  readonly version: string
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

/** Phases that are entered because something is so; from there on somebody has to want it. */
const ENTERED_BY_FACTS: ReadonlySet<Phase> = new Set<Phase>(['backfilling', 'mirroring', 'verifying'])
/** Unpublished events told by number; more are told as that many. */
const UNPUBLISHED_MAX = 1_000

export class CutoverDesk {
  readonly #bridge: Bridge
  readonly #store: Store
  readonly #clock: () => number
  readonly #ledger: Ledger
  readonly #assessor: Assessor
  readonly #publication: Publication
  #isAdopted = false

  constructor({ bridge, store, version, clock = Date.now }: DeskParts) {
    this.#bridge = bridge
    this.#store = store
    this.#clock = clock
    this.#ledger = new Ledger(store)
    this.#assessor = new Assessor({ bridge, store, version, clock }, this.#ledger)
    this.#publication = new Publication(store, this.#ledger, () => bridge.log())
  }

  /** Configured workloads in file order, then those that only the chain knows. */
  standings(): Standing[] {
    const configured = this.#bridge.config.workloads.map(({ name }) => name)
    const names = new Set([...configured, ...this.#ledger.workloads()])
    return [...names].map((name) => this.standing(name))
  }

  /** Throws BANYAN_USAGE for a name that neither the configuration nor the chain knows. */
  standing(workload: string): Standing {
    const config = this.#configOf(workload)
    const { state, lastSeq, routing } = this.#ledger.account(workload)
    if (config === undefined && lastSeq === 0) throw unknownWorkload(workload)
    return {
      workload,
      config,
      policy: config && policyOf(config),
      state,
      lastSeq,
      next: nextStep(state),
      routing,
      unpublished: this.#store.cutoverEvents.unpublished(UNPUBLISHED_MAX).filter((event) => event.workload === workload)
        .length,
    }
  }

  /** By ascending `seq`; of all workloads when left out. */
  history(workload?: string): AuditEvent[] {
    return this.#ledger.events(workload)
  }

  /** Newest first, those that ended included. */
  waivers(workload: string): RecordedWaiver[] {
    return recordedWaivers(this.#ledger.rows(workload), this.#store.waivers, this.#clock())
  }

  /** The last link of the chain; undefined before the first event. */
  head(): ChainLink | undefined {
    return this.#ledger.head()
  }

  /**
   * Takes back what the audit topic knows when the store has no decision at all: it may have been lost, and whoever began
   * a chain anew would send every consumer back to where it was years ago. Answers how many events that were. Rejects
   * when the log cannot be read.
   */
  async adopt(signal: AbortSignal): Promise<number> {
    if (this.#isAdopted || this.#ledger.head() !== undefined) return 0
    const restored = await restoreChain(await this.#bridge.log(), this.#store, signal)
    this.#isAdopted = true
    return restored
  }

  /**
   * Registers what is configured, and begins new epochs where the configuration asks for it. Does nothing on an empty
   * chain before `adopt`.
   */
  refresh(workload?: string): AuditEvent[] {
    if (!this.#isAdopted && this.#ledger.head() === undefined) return []
    const { workloads } = this.#bridge.config
    const parts = { bridge: this.#bridge, store: this.#store, ledger: this.#ledger, now: () => this.#now() }
    return workloads
      .filter(({ name }) => workload === undefined || name === workload)
      .flatMap((config) => enrol(parts, config) ?? [])
  }

  /** Gathers evidence for the next step, keeps it by its hash, and asks the gates. Decides nothing. */
  async assess(workload: string, signal: AbortSignal): Promise<Assessment> {
    await this.#takeUp(workload, signal)
    return this.#assessor.assess(this.standing(workload), signal)
  }

  /** Plants known faults in copies of real cells, and notes how many the comparison found. */
  async checkVitality(workload: string, signal: AbortSignal): Promise<Vitality> {
    await this.#takeUp(workload, signal)
    return this.#assessor.checkVitality(this.standing(workload), signal)
  }

  /**
   * Asks for the next step: what is verified from now on counts for it. Rejects when a historian cannot be asked for its
   * time, or the log for its end.
   */
  async request(workload: string, by: By, signal: AbortSignal): Promise<Outcome> {
    await this.#takeUp(workload, signal)
    const standing = this.standing(workload)
    const { config, policy } = standing
    if (config === undefined || policy === undefined) return this.#refuseFirst(standing)
    const early = refusalOf(standing.state, { action: 'request', actor: by.actor, detail: NO_REQUEST })
    if (early !== undefined) return early
    await this.#assessor.keepVital(standing, policy, signal)
    const tags = this.#assessor.tagsOf(standing)
    const parts = { bridge: this.#bridge, store: this.#store, tags, clock: this.#clock }
    const moment = await momentNow(parts, signal)
    const entry = { workload, at: moment.at, ...by, action: 'request' } as const
    return this.#decide({ ...entry, detail: () => requestAt(parts, moment) }, signal)
  }

  /** Takes the next step if the evidence, gathered now, allows it. */
  async advance(workload: string, by: By, signal: AbortSignal): Promise<Outcome> {
    await this.#takeUp(workload, signal)
    const standing = this.standing(workload)
    const { next, policy } = standing
    const [obstacle] = this.#assessor.obstaclesOf(standing)
    if (obstacle !== undefined || next === undefined || policy === undefined) return this.#refuseFirst(standing)
    if (personOf(by.actor) === BRIDGE_ACTOR && !ENTERED_BY_FACTS.has(next.phase)) {
      return refuse(`the step to ${next.phase} is for a person to take`, 'Advance under your own name.')
    }
    if (gatesBefore(next.phase, policy).includes('vitality')) await this.#assessor.keepVital(standing, policy, signal)
    const assessment = await this.#assessor.assess(standing, signal)
    const { decision, manifest, manifestHash } = assessment
    if (decision?.outcome !== 'pass') {
      const closed = decision?.gates.filter(({ outcome }) => outcome !== 'pass').map(({ gate }) => gate) ?? []
      return { ...refuse(`not every gate passes: ${closed.join(', ')}`, 'See the reasons of these gates.'), assessment }
    }
    const tags = this.#assessor.tagsOf(standing)
    const outcome = await this.#decide(
      {
        ...{ workload, at: this.#now(), ...by, action: 'advance', manifestHash },
        detail: ({ lastSeq }) => {
          // The evidence names what was decided before it was gathered.
          if (lastSeq !== standing.lastSeq) return refuse(...DECIDED_MEANWHILE)
          const changed = manifest && changedSince(this.#bridge, this.#store, tags, manifest)
          return changed === undefined ? decision : refuse(changed, 'Let it be verified, then try again.')
        },
      },
      signal,
    )
    return { ...outcome, assessment }
  }

  /** For the step, request and epoch that the manifest is about. */
  async approve(workload: string, by: ByApproval, signal: AbortSignal): Promise<Outcome> {
    await this.#takeUp(workload, signal)
    const text = this.#store.evidence.manifest(by.manifest)
    if (text === undefined) return refuse(`there is no manifest ${by.manifest}`, 'Name one by its whole hash.')
    const manifest = decodeManifest(text)
    if (manifest.workload !== workload) return refuse(`the manifest is about ${manifest.workload}`, 'Name another one.')
    const { actor, reason } = by
    const entry = { workload, at: this.#now(), actor, reason, manifestHash: by.manifest, action: 'approve' } as const
    return this.#decide({ ...entry, detail: () => manifest.target }, signal)
  }

  /** Waives the mismatches of a tag in a window. The waiver and its event stand or fall together. */
  async waive(workload: string, order: WaiverOrder, by: ByReason, signal: AbortSignal): Promise<Outcome> {
    await this.#takeUp(workload, signal)
    const wanted = order.tag.toLowerCase()
    const tags = this.#assessor.tagsOf(this.standing(workload)).map(({ tag }) => tag)
    const tag = tags.find(({ id }) => id === order.tag) ?? tags.find(({ name }) => name.toLowerCase() === wanted)
    if (tag === undefined) return refuse(`${order.tag} is no tag of ${workload}`, 'Name one of its tags by name or id.')
    const { window, expiresAtMs } = order
    return this.#decide(
      {
        ...{ workload, at: this.#now(), ...by, action: 'waive' },
        detail: () => {
          const waiver = { tag: tag.id, window, reason: by.reason, owner: by.actor, expiresAtMs }
          return {
            waiver: this.#store.waivers.make(waiver).id,
            tag: tag.id,
            from: formatTicks(window.from),
            until: formatTicks(window.until),
            owner: by.actor,
            expiresAt: formatTicks(ticksFromMs(expiresAtMs)),
          }
        },
      },
      signal,
    )
  }

  freeze(workload: string, by: By, signal: AbortSignal): Promise<Outcome> {
    return this.#decide({ workload, at: this.#now(), ...by, action: 'freeze', detail: () => ({}) }, signal)
  }

  thaw(workload: string, by: By, signal: AbortSignal): Promise<Outcome> {
    return this.#decide({ workload, at: this.#now(), ...by, action: 'thaw', detail: () => ({}) }, signal)
  }

  /** The reason is the root cause. A new epoch of evidence begins. */
  async liftQuarantine(workload: string, by: ByReason, signal: AbortSignal): Promise<Outcome> {
    await this.#takeUp(workload, signal)
    const entry = { workload, at: this.#now(), ...by, action: 'quarantine-lifted' } as const
    return this.#decide({ ...entry, detail: () => ({}) }, signal)
  }

  /** One step back to `shadowing` from a serving phase, whatever else; from `shadowing` to `verifying` by an operator. */
  rollback(workload: string, { cause = 'operator', ...by }: ByRollback, signal: AbortSignal): Promise<Outcome> {
    return this.#decide({ workload, at: this.#now(), ...by, action: 'rollback', detail: () => ({ cause }) }, signal)
  }

  /**
   * Goes the way back and takes the time until a reader of the routing sees it: a real rollback where something is
   * served from the log, else a rehearsal that publishes the routing as it is. Rejects when the log cannot be told: a
   * way back that was not seen was not timed, and a rollback that was decided stands all the same.
   */
  async drill(workload: string, by: By, signal: AbortSignal): Promise<DrillOutcome> {
    await this.adopt(signal)
    const { state } = this.standing(workload)
    const early = refusalOf(state, { action: 'drill', actor: by.actor, detail: { seconds: 0 } })
    if (early !== undefined) return early
    const begunMs = performance.now()
    if (isServing(state.phase)) {
      const back = await this.rollback(workload, { ...by, cause: 'drill' }, signal)
      if (back.kind === 'refused') return back
    }
    await this.#publication.publishPending(signal)
    await this.#publication.publishUntilSeen(workload, signal)
    const seconds = Math.ceil(performance.now() - begunMs) / 1_000
    const entry = { workload, at: this.#now(), ...by, action: 'drill' } as const
    const outcome = await this.#decide({ ...entry, detail: () => ({ seconds }) }, signal)
    return outcome.kind === 'refused' ? outcome : { ...outcome, seconds }
  }

  /** What it would do, as things stand. Records nothing. */
  preview(workload: string, action: 'rollback' | 'drill'): Preview {
    return previewOf(this.standing(workload).state, action)
  }

  /** Tells the log what it has not been told; answers how many events that were. One query when there is none. */
  publishPending(signal: AbortSignal): Promise<number> {
    return this.#publication.publishPending(signal)
  }

  /** Reads the routing back from the log, and mends what is not as the chain says; answers how many. */
  confirmRouting(signal: AbortSignal): Promise<number> {
    return this.#publication.confirmRouting(signal)
  }

  /** `event`: the advance to prove; left out: the newest that rests on evidence. `folder`: new, or empty. */
  async exportEvidence(
    workload: string,
    { event, folder }: { readonly event?: number | undefined; readonly folder: string },
  ): Promise<ExportedBundle> {
    const advance = this.#ledger
      .events(workload)
      .findLast(({ action, seq, manifestHash }) =>
        event === undefined ? action === 'advance' && manifestHash !== null : seq === event,
      )
    if (advance?.action !== 'advance') throw noAdvance(workload, event)
    return exportBundle({ evidence: this.#store.evidence, chain: this.#ledger.events(), event: advance, folder })
  }

  async #takeUp(workload: string, signal: AbortSignal): Promise<void> {
    await this.adopt(signal)
    this.refresh(workload)
  }

  /** Records what is wanted, then tells the log; a log that cannot be told changes nothing about the decision. */
  async #decide<A extends CutoverAction>(entry: Entry<A>, signal: AbortSignal): Promise<Outcome> {
    const { workload } = entry
    await this.adopt(signal)
    // Throws for a name that nobody knows.
    this.standing(workload)
    const recorded = this.#ledger.record(entry)
    if ('kind' in recorded) return recorded
    const unpublished = await this.#publication.publishPending(signal).then(
      () => undefined,
      (error: unknown) => messageOf(error),
    )
    return { kind: 'decided', event: recorded, standing: this.standing(workload), unpublished }
  }

  #refuseFirst(standing: Standing): Refused {
    const [first] = this.#assessor.obstaclesOf(standing)
    return refuse(first?.reason ?? 'there is no next step', first?.hint ?? 'Nothing has to be done.')
  }

  #configOf(workload: string): WorkloadConfig | undefined {
    return this.#bridge.config.workloads.find(({ name }) => name === workload)
  }

  #now(): string {
    return formatTicks(ticksFromMs(this.#clock()))
  }
}

const DECIDED_MEANWHILE = [
  'something else was decided about it while the evidence was gathered',
  'Look at its history, then try again.',
] as const

function unknownWorkload(workload: string): BanyanError {
  return new BanyanError('BANYAN_USAGE', `there is no workload ${JSON.stringify(workload)}`, {
    hint: 'See the names with `banyan cutover status`, or add it to `workloads` in the configuration.',
  })
}

function noAdvance(workload: string, event: number | undefined): BanyanError {
  const what =
    event === undefined
      ? `${workload} has taken no step on evidence yet`
      : `event ${event} is no advance of ${workload}`
  return new BanyanError('BANYAN_USAGE', what, { hint: 'See the steps with `banyan cutover history`.' })
}
