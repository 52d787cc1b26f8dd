/**
 * CutoverReport: everything a cutover report says, as one JSON value, version 1. Table, CSV and HTML are drawn from it and
 * from nothing else. Additive changes only; readers ignore fields they do not know.
 *
 * It tells what was decided and what it was decided on; it decides nothing. Times are RFC 3339, UTC. Names, reasons and
 * actors are somebody's text and hostile: whoever shows them escapes them.
 */
import type { Criticality, Phase, Side } from '../domain/workload.ts'

export const CUTOVER_REPORT_SCHEMA_VERSION = 1

export interface CutoverReport {
  readonly schemaVersion: typeof CUTOVER_REPORT_SCHEMA_VERSION
  readonly kind: 'cutover'
  readonly bridge: string
  /** Version of Banyan that made it. */
  readonly version: string
  readonly generatedAt: string
  /** Those of the configuration in its order, then those only the chain knows. */
  readonly workloads: readonly WorkloadReport[]
  readonly chain: ChainReport
}

/** The audit chain of the bridge. */
export interface ChainReport {
  readonly events: number
  /** The last link; whoever keeps it can tell later that nothing before it was changed. Undefined: no event yet. */
  readonly head: { readonly seq: number; readonly hash: string } | undefined
  /** Events the audit topic may lack. */
  readonly unpublished: number
}

/** Where a workload stands. */
export interface WorkloadStanding {
  readonly workload: string
  /** Undefined: the configuration does not have it any more. */
  readonly criticality: Criticality | undefined
  readonly consumers: readonly ConsumerReport[]
  readonly phase: Phase
  /** Since when it stands there; undefined while it is not registered. */
  readonly since: string | undefined
  readonly serve: Side
  /** Percent of the consumers served from the log. */
  readonly percent: number
  /** Of the routing record; 0 while there is none. */
  readonly version: number
  /** Generation of the evidence; 0 while it is not registered. */
  readonly epoch: number
  /** Hash of the manifest that the present step rests on. */
  readonly evidence: string | undefined
  /** Every phase, in order. */
  readonly ribbon: readonly PhaseStop[]
  /** The only step forward there is; undefined at the end of the way. */
  readonly next: StepReport | undefined
  /** No step forward while set. */
  readonly frozen: { readonly at: string; readonly by: string; readonly reason: string | undefined } | undefined
  /** No step forward until a root cause is named. */
  readonly quarantine: { readonly at: string; readonly cause: string; readonly reason: string | undefined } | undefined
  /** What has to be verified for the next step. */
  readonly request: RequestReport | undefined
  readonly approvals: readonly ApprovalReport[]
  /** The last rehearsal of the way back. */
  readonly drill: { readonly at: string; readonly seconds: number } | undefined
}

export interface WorkloadReport extends WorkloadStanding {
  /** Undefined: nobody asked the gates, and no step was taken on an answer of theirs. */
  readonly checklist: Checklist | undefined
  /** Ascending; bounded, the oldest are left out. */
  readonly moves: readonly MoveReport[]
  readonly movesLeftOut: number
  /** Newest first. */
  readonly waivers: readonly WaiverReport[]
}

export interface ConsumerReport {
  readonly name: string
  /** Age of the newest sample that it can live with. */
  readonly stalenessMs: number
  /** What the routing tells it to read. */
  readonly side: Side
}

export interface PhaseStop {
  readonly phase: Phase
  readonly standing: 'passed' | 'here' | 'ahead'
  /** When it was entered last: also of a phase ahead that a rollback has left. */
  readonly enteredAt: string | undefined
}

export interface StepReport {
  readonly phase: Phase
  readonly percent: number
}

export interface RequestReport {
  /** Number of its event. */
  readonly id: number
  readonly at: string
  readonly tags: number
  readonly cells: number
  readonly from: string
  /** Exclusive. */
  readonly until: string
}

export interface ApprovalReport {
  readonly actor: string
  readonly at: string
  readonly manifestHash: string
}

export type GateAnswer = 'pass' | 'fail' | 'unknown'

/** The gates before a step, as they answered. */
export interface Checklist {
  /** `next`: asked for this report, for the step ahead. `last`: as recorded with the last step that was taken. */
  readonly about: 'next' | 'last'
  readonly step: StepReport
  readonly askedAt: string
  readonly outcome: GateAnswer
  /** The evidence they looked at; what an approval names. */
  readonly manifestHash: string | undefined
  /** What else is in the way. */
  readonly obstacles: readonly { readonly reason: string; readonly hint: string }[]
  readonly gates: readonly GateReport[]
}

export interface GateReport {
  /** Stable name, e.g. `as-of`. */
  readonly gate: string
  /** What it asks, in one sentence. */
  readonly question: string
  readonly outcome: GateAnswer
  /** Why it does not pass; for a pass, what it rests on. */
  readonly reasons: readonly string[]
}

/** An event of the chain. */
export interface MoveReport {
  readonly seq: number
  readonly at: string
  readonly actor: string
  /** Stable name, e.g. `advance`. */
  readonly action: string
  /** What it did, in a few words. */
  readonly what: string
  readonly from: Phase
  readonly to: Phase
  /** After it. */
  readonly percent: number
  readonly epoch: number
  readonly reason: string | undefined
  /** The evidence it rests on. */
  readonly manifestHash: string | undefined
  /** Its own, in the chain. */
  readonly hash: string
}

export interface WaiverReport {
  /** Number of the event that records it. */
  readonly seq: number
  readonly at: string
  /** Tag id. */
  readonly tag: string
  readonly from: string
  /** Exclusive. */
  readonly until: string
  readonly owner: string
  readonly expiresAt: string
  readonly reason: string
  /** Neither expired nor withdrawn. */
  readonly inForce: boolean
}
