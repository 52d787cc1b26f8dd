/** What the desk answers: where a workload stands, what the evidence says of its next step, and what was decided. */
import type { WorkloadConfig } from '../../config/config.ts'
import type { AuditEvent } from '../../cutover/audit-chain.ts'
import type { Decision, RollbackCause, Step, Target } from '../../cutover/events.ts'
import type { EvidenceManifest } from '../../cutover/manifest.ts'
import type { GatePolicy } from '../../cutover/policy.ts'
import type { RoutingRecord } from '../../cutover/routing.ts'
import type { CutoverState } from '../../cutover/state.ts'
import type { Window } from '../../domain/window.ts'

/** Who decides, and why. */
export interface By {
  readonly actor: string
  readonly reason?: string | undefined
}

export interface ByRollback extends By {
  /** Default: an operator's will. Whatever the bridge sees by itself quarantines. */
  readonly cause?: RollbackCause | undefined
}

export interface ByApproval extends By {
  /** Hash of the manifest that the person has read, 64 hex digits. */
  readonly manifest: string
}

/** Why is not optional here: a waiver without a reason, and a quarantine without a root cause, are worth nothing. */
export interface ByReason extends By {
  readonly reason: string
}

export interface WaiverOrder {
  /** Tag id, or name as the historian spells it, in any case. */
  readonly tag: string
  /** The mismatches whose cells begin in it. */
  readonly window: Window
  /** Milliseconds since 1970; in the future. */
  readonly expiresAtMs: number
}

export interface Standing {
  readonly workload: string
  /** Undefined: only the chain knows it. */
  readonly config: WorkloadConfig | undefined
  readonly policy: GatePolicy | undefined
  /** Epoch 0: not registered yet. */
  readonly state: CutoverState
  /** `seq` of its last event; 0 before the first. */
  readonly lastSeq: number
  /** The only step forward there is; undefined at the end of the way. */
  readonly next: Step | undefined
  /** Undefined while not registered: whoever asks reads the historian. */
  readonly routing: RoutingRecord | undefined
  /** Events of it that the audit topic may lack. */
  readonly unpublished: number
}

/** What stands in the way of the next step beside the gates. */
export interface Refusal {
  readonly reason: string
  /** The next step for whoever asked. */
  readonly hint: string
}

export interface Assessment {
  readonly standing: Standing
  /** Undefined: there is no next step. */
  readonly target: Target | undefined
  readonly obstacles: readonly Refusal[]
  /** Undefined for a step that no gate stands before. */
  readonly manifest: EvidenceManifest | undefined
  /** What an approval names. */
  readonly manifestHash: string | undefined
  readonly decision: Decision | undefined
  /** Every gate passes, and nothing else stands in the way. */
  readonly mayAdvance: boolean
}

export type Outcome =
  | {
      readonly kind: 'decided'
      readonly event: AuditEvent
      /** After it. */
      readonly standing: Standing
      /** Why the log has not been told of it yet; the daemon goes on trying. The decision stands. */
      readonly unpublished: string | undefined
      readonly assessment?: Assessment
    }
  | Refused

export interface Refused extends Refusal {
  readonly kind: 'refused'
  readonly assessment?: Assessment
}

export type DrillOutcome = (Extract<Outcome, { kind: 'decided' }> & { readonly seconds: number }) | Refused

/** What an action would do. */
export type Preview = { readonly kind: 'possible'; readonly from: Step; readonly to: Step } | Refused

export function refuse(reason: string, hint: string): Refused {
  return { kind: 'refused', reason, hint }
}
