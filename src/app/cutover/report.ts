/**
 * Cutover report: where every workload stands, what stands before its next step, and all that was decided. From the
 * store alone, unless whoever makes it has asked the gates: to ask them is to gather evidence, which reads every cell
 * and keeps what it read.
 */
import type { AuditEvent, ChainLink } from '../../cutover/audit-chain.ts'
import { decodeRecordedEvent } from '../../cutover/decode-event.ts'
import type { Decision } from '../../cutover/events.ts'
import { sideFor } from '../../cutover/routing.ts'
import type { CutoverState } from '../../cutover/state.ts'
import { PHASES } from '../../domain/workload.ts'
import { formatTicks, ticksFromMs } from '../../domain/ticks.ts'
import {
  CUTOVER_REPORT_SCHEMA_VERSION,
  type Checklist,
  type CutoverReport,
  type GateReport,
  type MoveReport,
  type PhaseStop,
  type WorkloadStanding,
} from '../../report/cutover-model.ts'
import type { Assessment, Standing } from './outcome.ts'
import type { RecordedWaiver } from './waivers.ts'
import { describeEvent, GATE_QUESTIONS } from './words.ts'

/** A workload that moves once a day for a year fits; a page of more is read by nobody. */
const MOVES_MAX = 500

/** What a report reads. The desk is one. */
export interface CutoverRecord {
  standings(): readonly Standing[]
  history(workload: string): readonly AuditEvent[]
  waivers(workload: string): readonly RecordedWaiver[]
  head(): ChainLink | undefined
}

export interface CutoverReportOptions {
  readonly bridge: string
  /** Of Banyan. */
  readonly version: string
  readonly nowMs: number
  /** By workload: what the gates before its next step answered. Left out: they were not asked. */
  readonly assessments?: ReadonlyMap<string, Assessment>
}

export function buildCutoverReport(
  record: CutoverRecord,
  { bridge, version, nowMs, assessments }: CutoverReportOptions,
): CutoverReport {
  const generatedAt = formatTicks(ticksFromMs(nowMs))
  const head = record.head()
  const standings = record.standings()
  return {
    schemaVersion: CUTOVER_REPORT_SCHEMA_VERSION,
    kind: 'cutover',
    bridge,
    version,
    generatedAt,
    workloads: standings.map((standing) => {
      const { workload } = standing
      const history = record.history(workload)
      const assessment = assessments?.get(workload)
      return {
        ...standingReport(standing),
        checklist: assessment === undefined ? lastChecklist(history) : nextChecklist(assessment),
        moves: history.slice(-MOVES_MAX).map(moveOf),
        movesLeftOut: Math.max(0, history.length - MOVES_MAX),
        waivers: record.waivers(workload).map(({ seq, at, scope, owner, reason, inForce }) => {
          const { tag, from, until, expiry } = scope
          return { seq, at, tag, from, until, owner, expiresAt: expiry, reason, inForce }
        }),
      }
    }),
    chain: {
      events: head?.seq ?? 0,
      head: head === undefined ? undefined : { seq: head.seq, hash: head.hash },
      unpublished: standings.reduce((sum, { unpublished }) => sum + unpublished, 0),
    },
  }
}

/** Where a workload stands, as the report says it. */
export function standingReport({ workload, config, state, next, routing }: Standing): WorkloadStanding {
  const { phase, percent, version, epoch, frozen, quarantine, request, approvals, lastDrill } = state
  return {
    workload,
    criticality: config?.criticality,
    consumers: (config?.consumers ?? []).map(({ name, stalenessMs }) => {
      return { name, stalenessMs, side: sideFor(routing, name, { killed: false }) }
    }),
    phase,
    since: state.enteredAt[phase],
    serve: routing?.serve ?? 'historian',
    percent,
    version,
    epoch,
    evidence: state.evidence,
    ribbon: ribbonOf(state),
    next,
    frozen: frozen && { ...frozen, reason: frozen.reason ?? undefined },
    quarantine: quarantine && { ...quarantine, reason: quarantine.reason ?? undefined },
    request: request && { id: request.id, at: request.at, ...request.scope },
    approvals,
    drill: lastDrill,
  }
}

function ribbonOf({ phase: here, epoch, enteredAt }: CutoverState): PhaseStop[] {
  const place = PHASES.indexOf(here)
  const standingOf = (index: number): PhaseStop['standing'] => {
    // Not registered: not even at the first.
    if (index > place || epoch === 0) return 'ahead'
    return index === place ? 'here' : 'passed'
  }
  return PHASES.map((phase, i) => ({ phase, standing: standingOf(i), enteredAt: enteredAt[phase] }))
}

/** What the gates answered now; undefined at the end of the way. */
export function nextChecklist({ target, decision, manifestHash, obstacles }: Assessment): Checklist | undefined {
  if (target === undefined || decision === undefined) return undefined
  return {
    about: 'next',
    step: { phase: target.to, percent: target.percent },
    askedAt: decision.now,
    outcome: decision.outcome,
    manifestHash,
    obstacles,
    gates: gatesOf(decision),
  }
}

/** What they answered when the last step was taken that any stood before. */
function lastChecklist(history: readonly AuditEvent[]): Checklist | undefined {
  for (const event of history.toReversed()) {
    if (event.action !== 'advance') continue
    const { event: advance } = decodeRecordedEvent(event, 'event')
    if (advance.action !== 'advance' || advance.detail.gates.length === 0) continue
    const { to, percent, outcome, now } = advance.detail
    return {
      about: 'last',
      step: { phase: to, percent },
      askedAt: now,
      outcome,
      manifestHash: event.manifestHash ?? undefined,
      obstacles: [],
      gates: gatesOf(advance.detail),
    }
  }
  return undefined
}

function gatesOf({ gates }: Pick<Decision, 'gates'>): GateReport[] {
  return gates.map(({ gate, outcome, reasons }) => {
    return { gate, question: GATE_QUESTIONS[gate], outcome, reasons }
  })
}

/** An event as the report says it. */
export function moveOf(event: AuditEvent): MoveReport {
  const { seq, at, actor, action, from, to, percent, epoch, reason, manifestHash, hash } = event
  return {
    seq,
    at,
    actor,
    action,
    what: describeEvent(event),
    from,
    to,
    percent,
    epoch,
    reason: reason ?? undefined,
    manifestHash: manifestHash ?? undefined,
    hash,
  }
}
