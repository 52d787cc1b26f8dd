/**
 * What a manifest claims, against what the cells and the chain say. Each contradiction is a difference; a bundle without
 * any is one whose decision anybody would have taken from the same facts.
 */
import { isBanyanError } from '../domain/errors.ts'
import { parseTicks } from '../domain/ticks.ts'
import type { AuditEvent } from './audit-chain.ts'
import { BUNDLE_INDEX, type BundleFile } from './bundle-index.ts'
import { canonicalJson } from './canonical-json.ts'
import type { CellTally } from './cell-tally.ts'
import { decodeRecordedEvent } from './decode-event.ts'
import { msOf } from './decode.ts'
import type { Decision, WaiverDetail } from './events.ts'
import { evaluateGates } from './gates.ts'
import { replay, type RecordedEvent } from './machine.ts'
import { manifestHash, type EvidenceManifest, type WaiverEvidence } from './manifest.ts'
import { policyHash } from './policy.ts'
import { nextStep, type CutoverState } from './state.ts'

export interface Difference {
  readonly file: BundleFile | typeof BUNDLE_INDEX
  readonly what: string
  /** What it must be, as far as the other files tell. */
  readonly expected: string
  /** What the file says. */
  readonly found: string
}

/** Longer values are cut: they are there to be recognised. */
const EXCERPT_LENGTH = 400

/** Nothing when both are the same value. */
export function* compare(
  file: Difference['file'],
  what: string,
  expected: unknown,
  found: unknown,
): Generator<Difference> {
  const [a, b] = [textOf(expected), textOf(found)]
  if (a !== b) yield { file, what, expected: a.slice(0, EXCERPT_LENGTH), found: b.slice(0, EXCERPT_LENGTH) }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : canonicalJson(value ?? null)
}

/** The sums of the manifest against those of the lines. */
export function* contradictionsOfCells(manifest: EvidenceManifest, tally: CellTally): Generator<Difference> {
  yield* compare('manifest.json', 'cells', tally.sum(), manifest.cells)
  for (const { id, cells } of manifest.waivers) {
    yield* compare('manifest.json', `cells of waiver ${id}`, tally.waivedBy(id), cells)
  }
}

/**
 * The manifest against the chain, whose events are `history`, in order; those of other workloads are passed over.
 * `seq`: the advance that rests on the manifest.
 */
export function* contradictionsOfHistory(
  manifest: EvidenceManifest,
  history: readonly AuditEvent[],
  seq: number,
): Generator<Difference> {
  const { workload } = manifest
  try {
    const rows = history.filter((event) => event.workload === workload).map((row) => decodeRecordedEvent(row, 'event'))
    // All of it must hang together, also what came after the decision.
    replay(workload, rows)
    const decided = rows.findIndex(({ event }) => event.seq === seq)
    const advance = history.find((event) => event.seq === seq)
    const { event } = rows[decided] ?? {}
    if (advance === undefined || event?.action !== 'advance') {
      yield { file: BUNDLE_INDEX, what: 'event', expected: `an advance of ${workload}`, found: `event ${seq}` }
      return
    }
    const earlier = rows.slice(0, decided)
    yield* contradictionsOfState(manifest, replay(workload, earlier))
    yield* contradictionsOfWaivers(manifest, earlier)
    yield* contradictionsOfDecision(manifest, advance, event.detail)
  } catch (error) {
    if (!(error instanceof RangeError) && !isBanyanError(error, 'BANYAN_STORE_CORRUPT')) throw error
    yield {
      file: 'audit.ndjson',
      what: 'history',
      expected: 'events that follow from each other',
      found: error.message,
    }
  }
}

/** Where the workload stood when the decision was taken. */
function* contradictionsOfState(manifest: EvidenceManifest, state: CutoverState): Generator<Difference> {
  const next = nextStep(state)
  const target = { to: next?.phase, percent: next?.percent, epoch: state.epoch, requestId: state.request?.id }
  const facts: readonly [what: string, expected: unknown, found: unknown][] = [
    ['target', { ...target, requestId: target.requestId ?? null }, manifest.target],
    ['phase', state.phase, manifest.phase],
    ['phaseSince', state.enteredAt[state.phase], manifest.phaseSince],
    ['request', state.request, manifest.request],
    ['approvals', state.approvals, manifest.approvals],
    ['drill', state.lastDrill, manifest.drill],
    ['policy.canarySteps', state.canarySteps, manifest.policy.canarySteps],
  ]
  for (const [what, expected, found] of facts) yield* compare('manifest.json', what, expected, found)
  const { streakSince } = state
  const claimed = manifest.streak?.since
  if (streakSince !== undefined && claimed !== undefined && msOf(claimed) < msOf(streakSince)) {
    yield { file: 'manifest.json', what: 'streak.since', expected: `not before ${streakSince}`, found: claimed }
  }
}

/** A waiver that hides a difference must be on record, with its owner and its end. */
function* contradictionsOfWaivers(manifest: EvidenceManifest, rows: readonly RecordedEvent[]): Generator<Difference> {
  const recorded = new Map<number, WaiverDetail>()
  for (const { event } of rows) if (event.action === 'waive') recorded.set(event.detail.waiver, event.detail)
  for (const waiver of manifest.waivers) {
    const { id, tag, from, until, owner, expiry } = waiver
    const detail = recorded.get(id)
    if (detail !== undefined && isSameWaiver(waiver, detail)) continue
    const found = canonicalJson({ waiver: id, tag, from, until, owner, expiresAt: expiry })
    yield { file: 'manifest.json', what: `waiver ${id}`, expected: textOf(detail), found }
  }
}

function isSameWaiver(waiver: WaiverEvidence, { tag, owner, from, until, expiresAt }: WaiverDetail): boolean {
  const isSameTime = (a: string, b: string): boolean => parseTicks(a) === parseTicks(b)
  return (
    waiver.tag === tag &&
    waiver.owner === owner &&
    isSameTime(waiver.from, from) &&
    isSameTime(waiver.until, until) &&
    isSameTime(waiver.expiry, expiresAt)
  )
}

/** The decision, taken again from the manifest at the time it names. How reasons are worded is not compared. */
function* contradictionsOfDecision(
  manifest: EvidenceManifest,
  advance: AuditEvent,
  decision: Decision,
): Generator<Difference> {
  yield* compare('audit.ndjson', 'manifestHash', manifestHash(manifest), advance.manifestHash)
  yield* compare('audit.ndjson', 'policyHash', policyHash(manifest.policy), advance.policyHash)
  const again = evaluateGates(manifest.target, manifest.policy, manifest, decision.now)
  yield* compare('audit.ndjson', 'outcome', again.outcome, decision.outcome)
  yield* compare('audit.ndjson', 'gates', outcomesOf(again), outcomesOf(decision))
}

function outcomesOf({ gates }: Decision): unknown {
  return gates.map(({ gate, outcome }) => ({ gate, outcome }))
}
