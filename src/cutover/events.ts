/**
 * Events: what can happen to a workload on its way, as the reducer reads it. A workload's state is the fold of its
 * events, so an event that stands in the chain is the decision; everything the reducer needs to judge it stands in it.
 * What the rules were at that time stands in the event that began the epoch: a history means the same for ever,
 * whatever today's configuration says.
 */
import type { Phase } from '../domain/workload.ts'
import type { RequestDetail } from './as-of-request.ts'
import type { GateOutcome, GateResult } from './gate.ts'

export const CUTOVER_ACTIONS = [
  /** The workload becomes known. */
  'register',
  /** A move is asked for: from here on evidence counts for it. */
  'request',
  /** The next step is taken. */
  'advance',
  /** A person answers for the next step. */
  'approve',
  /** No step forward until thawed. */
  'freeze',
  'thaw',
  /** Back to the historian in one step. */
  'rollback',
  /** The root cause of an automatic rollback is understood. */
  'quarantine-lifted',
  /** The way back was rehearsed and timed. */
  'drill',
  /** Build, mapping, policy or tags changed: evidence starts anew. */
  'epoch',
  /** A difference was waived. */
  'waive',
] as const
export type CutoverAction = (typeof CUTOVER_ACTIONS)[number]

/** Who signs what the bridge does by itself. Approves nothing. */
export const BRIDGE_ACTOR = 'banyan'

/** Why a workload went back: the first two are somebody's will, the others are seen by the bridge. */
export const ROLLBACK_CAUSES = ['operator', 'drill', 'mismatch', 'bound', 'lag', 'silence'] as const
export type RollbackCause = (typeof ROLLBACK_CAUSES)[number]

/** One step forward. */
export interface Step {
  readonly phase: Phase
  /** Share of the consumers served from the log. */
  readonly percent: number
}

/** What an approval or a decision is about. Void as soon as any of it is no longer so. */
export interface Target {
  readonly to: Phase
  readonly percent: number
  readonly epoch: number
  /** Null for a step that no request is needed for. */
  readonly requestId: number | null
}

/** The gates as they were found, for the manifest that the event names. */
export interface Decision extends Target {
  readonly outcome: GateOutcome
  readonly gates: readonly GateResult[]
  /** The time at which the gates were asked, by the bridge's clock, RFC 3339. */
  readonly now: string
}

/** The rules of the machine that a site sets; they hold for an epoch. */
export interface EpochRules {
  /** Percent of the consumers, ascending; at least one. After the last, all are served. */
  readonly canarySteps: readonly number[]
  /**
   * Names what else the evidence of the epoch means something for: the tags, the rules of comparison, the historians.
   * SHA-256 in hex; left out: nobody said.
   */
  readonly basis?: string | undefined
}

export type NoDetail = Readonly<Record<string, never>>

export interface EventDetails {
  readonly register: EpochRules
  readonly request: RequestDetail
  readonly advance: Decision
  readonly approve: Target
  readonly freeze: NoDetail
  readonly thaw: NoDetail
  readonly rollback: { readonly cause: RollbackCause }
  /** The root cause is the event's reason. */
  readonly 'quarantine-lifted': NoDetail
  readonly drill: { readonly seconds: number }
  readonly epoch: EpochRules
  readonly waive: WaiverDetail
}

export interface WaiverDetail {
  /** Number of the waiver in the store. */
  readonly waiver: number
  readonly tag: string
  /** Inclusive, RFC 3339. */
  readonly from: string
  /** Exclusive. */
  readonly until: string
  readonly owner: string
  readonly expiresAt: string
}

interface EventFacts {
  /** Place in the chain. */
  readonly seq: number
  /** By the bridge's clock, RFC 3339. Told, never compared: clocks step. */
  readonly at: string
  readonly actor: string
  /** Manifest of the evidence it rests on. */
  readonly manifestHash: string | null
  readonly reason: string | null
}

export type CutoverEvent<A extends CutoverAction = CutoverAction> = {
  [K in A]: EventFacts & { readonly action: K; readonly detail: EventDetails[K] }
}[A]
