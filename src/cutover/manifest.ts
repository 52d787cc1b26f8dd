/**
 * Evidence manifest: all that a move is decided on, in one value whose hash people approve and events name. The gates
 * look at nothing else, so whoever holds the manifest can ask them again; the cells it sums up are in a file of their
 * own (cell-evidence.ts). What was not measured is null, and its gate says so.
 *
 * Times are UTC text. `at` is the bridge's clock; ages and lags were measured against the historian's own.
 */
import type { ClassCounts } from '../domain/verdict.ts'
import type { Phase } from '../domain/workload.ts'
import type { AsOfRequest, PartitionEnd } from './as-of-request.ts'
import { canonicalJson, sha256Hex } from './canonical-json.ts'
import type { CellSum, WaiverScope } from './cell-tally.ts'
import type { Target } from './events.ts'
import type { GatePolicy } from './policy.ts'
import type { Approval, Drill } from './state.ts'

export interface EvidenceManifest {
  readonly v: 1
  readonly bridge: string
  readonly workload: string
  /** Version of Banyan that collected it. */
  readonly build: string
  /** When it was collected. */
  readonly at: string
  /** The move it was collected for, and the epoch of the evidence: another build, policy or set of tags begins one. */
  readonly target: Target
  /** Where the workload stood, and since when. */
  readonly phase: Phase
  readonly phaseSince: string
  /** The request it answers; null for a step that none is needed for. */
  readonly request: AsOfRequest | null
  /** How far the log was folded: the next offset of each partition. */
  readonly foldedTo: readonly PartitionEnd[]
  readonly historians: readonly HistorianEvidence[]
  /** Width of every cell, in 100-ns ticks. */
  readonly cellTicks: number
  readonly cells: CellSum
  /** Samples that differ, by class. */
  readonly classes: ClassCounts
  readonly waivers: readonly WaiverEvidence[]
  readonly streak: StreakEvidence | null
  readonly diversity: DiversityEvidence | null
  /** One per consumer. */
  readonly lag: readonly LagEvidence[]
  readonly bound: BoundEvidence | null
  readonly vitality: VitalityEvidence | null
  /** The last rehearsal of the way back. */
  readonly drill: Drill | null
  readonly shadow: ShadowEvidence | null
  /** Of this move; each names the manifest that the person saw, an earlier one than this. */
  readonly approvals: readonly Approval[]
  readonly policy: GatePolicy
  /** What comparing has asked of the historians so far, in all. */
  readonly spend: { readonly requests: number; readonly rows: number } | null
}

export interface HistorianEvidence {
  readonly name: string
  /** What it says of itself: server name, id, version. */
  readonly identity: string | null
  /** Its clock minus the bridge's. */
  readonly clockOffsetMs: number | null
  /** Age of the newest sample it showed of the workload. */
  readonly newestAgeMs: number | null
}

export interface WaiverEvidence extends WaiverScope {
  readonly reason: string
  readonly owner: string
  /** Cells of the evidence that are waived by it. */
  readonly cells: number
}

/** Since when every cell was green whenever it was looked at. */
export interface StreakEvidence {
  readonly since: string
  readonly greenWindows: number
}

/** What the streak has lived through; null where nobody counts. */
export interface DiversityEvidence {
  readonly restarts: number | null
  readonly outages: number | null
  readonly lateBatches: number | null
  /** Changes to or from daylight saving time, lived through or simulated. */
  readonly clockChanges: number | null
}

/** Age of the newest sample a consumer could have read from the log, over the window before `at`. */
export interface LagEvidence {
  readonly consumer: string
  readonly stalenessMs: number
  readonly p99Ms: number | null
  readonly maxMs: number | null
  readonly windowMs: number | null
}

/** No more than this rate of cells is wrong, with this confidence, after so many were drawn. */
export interface BoundEvidence {
  readonly upperRate: number
  readonly cells: number
  readonly confidence: number
}

/** The last time faults were planted for the verifier to find. */
export interface VitalityEvidence {
  readonly at: string
  readonly epoch: number
  readonly planted: number
  readonly found: number
  /** How far the verifier is behind, in windows. */
  readonly verifierLagWindows: number | null
}

export interface ShadowEvidence {
  /** When the comparisons that count began. */
  readonly since: string
  readonly comparisons: number
  readonly unexplained: number
  readonly queriesKnown: number
  readonly queriesSeen: number
}

export function encodeManifest(manifest: EvidenceManifest): string {
  return canonicalJson(manifest)
}

/** Names a manifest: 64 hex digits. */
export function manifestHash(manifest: EvidenceManifest): string {
  return sha256Hex(encodeManifest(manifest))
}
