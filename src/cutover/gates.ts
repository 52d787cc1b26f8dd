/**
 * Gates: which of them stand before which step, and what they say together. Pure: the same evidence, policy and time
 * give the same decision, here and on an auditor's desk. Evidence of a mismatch never opens a gate.
 */
import type { Phase } from '../domain/workload.ts'
import { msOf } from './decode.ts'
import type { Decision, Target } from './events.ts'
import { GATES, outcomeOf, type GateName } from './gate.ts'
import { formatAge, type Gate } from './gates/answer.ts'
import { boundGate, diversityGate, shadowGate, streakGate } from './gates/confidence.ts'
import { asOfManifestGate, coverageGate, mismatchesGate } from './gates/proof.ts'
import { approvalsGate, lagGate, rollbackReadyGate, vitalityGate } from './gates/readiness.ts'
import type { EvidenceManifest } from './manifest.ts'
import { policyHash, type GatePolicy } from './policy.ts'

interface Row {
  readonly ask: Gate
  /** The steps it stands before. */
  readonly before: readonly Phase[]
  /** Whether the policy asks for it; always, where left out. */
  readonly when?: (policy: GatePolicy) => boolean
}

const SHADOWED = ['shadowing', 'canary', 'live', 'soaking', 'retired'] as const satisfies readonly Phase[]
const SERVED = ['canary', 'live', 'soaking', 'retired'] as const satisfies readonly Phase[]

/** Before `shadowing` nobody relies on the log, and no evidence is needed to begin to gather it. */
const TABLE: Readonly<Record<GateName, Row>> = {
  coverage: { ask: coverageGate, before: SHADOWED },
  'as-of': { ask: asOfManifestGate, before: SERVED },
  streak: { ask: streakGate, before: SERVED },
  diversity: { ask: diversityGate, before: SERVED, when: ({ diversity }) => diversity },
  mismatches: { ask: mismatchesGate, before: SHADOWED },
  lag: { ask: lagGate, before: SERVED },
  bound: { ask: boundGate, before: ['live', 'soaking', 'retired'] },
  shadow: { ask: shadowGate, before: SERVED, when: ({ shadow }) => shadow.required },
  vitality: { ask: vitalityGate, before: SHADOWED },
  // Not before `retired`: behind it there is no way back to be ready for, and a rehearsal would end the soak.
  'rollback-ready': { ask: rollbackReadyGate, before: ['canary', 'live', 'soaking'] },
  approvals: { ask: approvalsGate, before: ['live', 'retired'] },
}

/** Evidence that was collected longer ago says nothing about now. */
const EVIDENCE_MAX_AGE_MS = 15 * 60_000

/** The gates that stand before a step, in the order in which they are told. */
export function gatesBefore(to: Phase, policy: GatePolicy): readonly GateName[] {
  return GATES.filter((gate) => TABLE[gate].before.includes(to) && (TABLE[gate].when?.(policy) ?? true))
}

/**
 * The decision on a step. `now`: by the bridge's clock, UTC text; it becomes part of the decision. Without a manifest,
 * or with one that was collected for another move or under another policy, nothing is known.
 */
export function evaluateGates(
  target: Target,
  policy: GatePolicy,
  manifest: EvidenceManifest | undefined,
  now: string,
): Decision {
  const nowMs = msOf(now)
  const unfit = manifest === undefined ? ['no evidence was collected'] : [...unfitness(target, policy, manifest, nowMs)]
  const gates = gatesBefore(target.to, policy).map((gate) =>
    manifest === undefined || unfit.length > 0
      ? ({ gate, outcome: 'unknown', reasons: unfit } as const)
      : TABLE[gate].ask({ target, policy, manifest, now, nowMs }),
  )
  return { ...target, outcome: outcomeOf(gates), gates, now }
}

/** Why the evidence is not about this move, now. */
function* unfitness(target: Target, policy: GatePolicy, manifest: EvidenceManifest, nowMs: number): Generator<string> {
  const { to, percent, epoch, requestId } = manifest.target
  if (to !== target.to || percent !== target.percent) yield `the evidence is for the step to ${to} at ${percent} %`
  if (epoch !== target.epoch) yield `the evidence is of epoch ${epoch}, and this is epoch ${target.epoch}`
  if (requestId !== target.requestId || requestId !== (manifest.request?.id ?? null)) {
    yield 'the evidence is for another request'
  }
  if (policyHash(manifest.policy) !== policyHash(policy)) yield 'the evidence was collected under another policy'
  const ageMs = nowMs - msOf(manifest.at)
  if (ageMs < 0) yield `the evidence was collected at ${manifest.at}, which is in the future`
  if (ageMs > EVIDENCE_MAX_AGE_MS) yield `the evidence was collected ${formatAge(ageMs)} ago`
}
