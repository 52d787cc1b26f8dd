/**
 * Assessor: what speaks for the next step of a workload, and what against. It gathers evidence, keeps it under its hash,
 * and asks the gates; it decides nothing.
 */
import type { Target } from '../../cutover/events.ts'
import { evaluateGates, gatesBefore } from '../../cutover/gates.ts'
import type { GatePolicy } from '../../cutover/policy.ts'
import { needsRequest } from '../../cutover/state.ts'
import { msOf } from '../../cutover/decode.ts'
import { formatTicks, ticksFromMs, TICKS_PER_MS } from '../../domain/ticks.ts'
import type { ExpectedTag } from '../../store/parity.ts'
import { gatherEvidence, type EvidenceParts } from './evidence.ts'
import type { Ledger } from './ledger.ts'
import type { Assessment, Refusal, Standing } from './outcome.ts'
import { missingFor } from './preparation.ts'
import { expectedCells } from './scope.ts'
import type { SelectedTag } from '../selection.ts'
import { plantFaults, type Vitality } from './vitality.ts'
import { lastVitality, recordVitality } from './vitality-fact.ts'
import { recordedWaivers } from './waivers.ts'
import { workloadTags } from './workload-tags.ts'

export class Assessor {
  readonly #parts: EvidenceParts
  readonly #ledger: Ledger

  constructor(parts: EvidenceParts, ledger: Ledger) {
    this.#parts = parts
    this.#ledger = ledger
  }

  /** Tags of a configured workload; none of one that is not. */
  tagsOf({ config }: Standing): SelectedTag[] {
    const { bridge, store } = this.#parts
    return config === undefined ? [] : workloadTags(store, bridge.config.tags, config)
  }

  /** All that is expected of the workload now. */
  expectedOf(standing: Standing): ExpectedTag[] {
    return expectedCells(this.#parts.bridge, this.#parts.store, this.tagsOf(standing), undefined)
  }

  async assess(standing: Standing, signal: AbortSignal): Promise<Assessment> {
    const { config, policy, next, state } = standing
    const obstacles = this.obstaclesOf(standing)
    const nothing = { standing, obstacles, manifest: undefined, manifestHash: undefined, mayAdvance: false }
    if (config === undefined || policy === undefined || next === undefined) {
      return { ...nothing, target: undefined, decision: undefined }
    }
    const target: Target = {
      to: next.phase,
      percent: next.percent,
      epoch: state.epoch,
      requestId: state.request?.id ?? null,
    }
    const isGated = gatesBefore(target.to, policy).length > 0
    const gathered = isGated ? await this.#gather(standing, policy, target, signal) : undefined
    const decision = evaluateGates(target, policy, gathered?.manifest, this.#now())
    return {
      standing,
      target,
      obstacles,
      manifest: gathered?.manifest,
      manifestHash: gathered?.manifestHash,
      decision,
      mayAdvance: obstacles.length === 0 && decision.outcome === 'pass',
    }
  }

  /** What stands in the way of the next step beside its gates. */
  obstaclesOf(standing: Standing): Refusal[] {
    const { config, next, state, workload } = standing
    if (config === undefined) {
      return [{ reason: `${workload} is not in the configuration`, hint: 'Add it to `workloads`, under this name.' }]
    }
    if (next === undefined) {
      return [{ reason: `${workload} is retired: there is no next step`, hint: 'Nothing has to be done.' }]
    }
    const { frozen, quarantine, request } = state
    const obstacles: Refusal[] = []
    if (quarantine !== undefined) {
      const reason = `it is quarantined since ${quarantine.at} (${quarantine.cause})`
      obstacles.push({ reason, hint: 'Find the root cause, and lift the quarantine by naming it.' })
    }
    if (frozen !== undefined) {
      obstacles.push({ reason: `it is frozen since ${frozen.at} by ${frozen.by}`, hint: 'Thaw it first.' })
    }
    if (needsRequest(next.phase) && request === undefined) {
      obstacles.push({ reason: 'the step is not requested', hint: 'Request it; from then on evidence counts for it.' })
    }
    const tags = this.tagsOf(standing)
    const { store, clock } = this.#parts
    const facts = { store, expected: this.expectedOf(standing), tags: tags.length, nowMs: clock() }
    return [...obstacles, ...missingFor(next.phase, facts)]
  }

  /** Plants faults, and notes how many were found, when that was not done lately in this epoch. */
  async keepVital(standing: Standing, { vitalityMaxAgeMs }: GatePolicy, signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#parts
    const last = lastVitality(store.cutoverFacts, standing.workload)
    const ageMs = last === undefined ? Infinity : clock() - msOf(last.at)
    const isDue = last?.epoch !== standing.state.epoch || ageMs > vitalityMaxAgeMs || last.found !== last.planted
    if (isDue || last.planted === 0) await this.checkVitality(standing, signal)
  }

  async checkVitality(standing: Standing, signal: AbortSignal): Promise<Vitality> {
    const { bridge, store } = this.#parts
    const { parity } = bridge.config
    const tags = new Map(this.tagsOf(standing).map(({ tag }) => [tag.id, tag]))
    const vitality = await plantFaults(
      this.expectedOf(standing),
      {
        store,
        log: await bridge.log(),
        tagOf: (id) => tags.get(id),
        policy: parity,
        width: BigInt(parity.cellMs) * TICKS_PER_MS,
      },
      signal,
    )
    recordVitality(store.cutoverFacts, standing.workload, standing.state.epoch, vitality)
    return vitality
  }

  async #gather(standing: Standing, policy: GatePolicy, target: Target, signal: AbortSignal) {
    const { store, clock } = this.#parts
    const waivers = recordedWaivers(this.#ledger.rows(standing.workload), store.waivers, clock())
    return gatherEvidence(
      this.#parts,
      {
        standing,
        policy,
        target,
        consumers: standing.config?.consumers ?? [],
        tags: this.tagsOf(standing),
        waivers: waivers.filter(({ inForce }) => inForce),
      },
      signal,
    )
  }

  #now(): string {
    return formatTicks(ticksFromMs(this.#parts.clock()))
  }
}
