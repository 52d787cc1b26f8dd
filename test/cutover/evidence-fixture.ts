/** A workload whose evidence passes every gate of class B for going live, and the bundle that proves it. */
import { nextLink, encodeAuditEvent, type AuditDraft, type AuditEvent } from '../../src/cutover/audit-chain.ts'
import { encodeBundleIndex } from '../../src/cutover/bundle-index.ts'
import type { BundleContents } from '../../src/cutover/bundle.ts'
import { canonicalJson, sha256Hex } from '../../src/cutover/canonical-json.ts'
import { encodeCell, type CellEvidence } from '../../src/cutover/cell-evidence.ts'
import { CellTally } from '../../src/cutover/cell-tally.ts'
import type { Target } from '../../src/cutover/events.ts'
import { evaluateGates } from '../../src/cutover/gates.ts'
import { decodeRecordedEvent } from '../../src/cutover/decode-event.ts'
import { replay } from '../../src/cutover/machine.ts'
import { encodeManifest, manifestHash, type EvidenceManifest } from '../../src/cutover/manifest.ts'
import { DEFAULT_POLICIES, policyHash, type GatePolicy } from '../../src/cutover/policy.ts'
import type { CutoverState } from '../../src/cutover/state.ts'
import { formatTicks, parseTicks, ticks } from '../../src/domain/ticks.ts'

export const WORKLOAD = 'boiler-dashboard'
export const POLICY: GatePolicy = DEFAULT_POLICIES.B
export const HOUR_TICKS = 36_000_000_000
export const LOOK_FENCE = 40
const EMPTY = '0'.repeat(32)

/** Hours after 2024-05-01, as the bridge prints it. */
export function hour(hours: number): string {
  return new Date(Date.UTC(2024, 4, 1) + hours * 3_600_000).toISOString()
}

export function cell(tag: string, index: number, changes: Partial<CellEvidence> = {}): CellEvidence {
  const from = formatTicks(ticks(parseTicks('2024-04-01T00:00:00Z') + BigInt(index * HOUR_TICKS)))
  return { tag, from, verdict: 'match', look: LOOK_FENCE + 1, records: 3, count: 3, digest: EMPTY, ...changes }
}

export const CELLS: readonly CellEvidence[] = [
  cell('pi-north/1', 0),
  cell('pi-north/1', 1, { verdict: 'explained' }),
  cell('pi-north/1', 2, { verdict: 'waived' }),
  cell('pi-north/2', 1),
  cell('pi-north/2', 2, { records: 0, count: 0 }),
]

const WAIVER = {
  id: 7,
  tag: 'pi-north/1',
  from: '2024-04-01T02:00:00.0000000Z',
  until: '2024-04-01T03:00:00.0000000Z',
  owner: 'anna',
  expiry: hour(1_000),
}

const REQUEST_DETAIL = {
  historians: [{ name: 'pi-north', serverTime: hour(200), clockOffsetMs: -120 }],
  lookFence: LOOK_FENCE,
  logEnd: [{ partition: 0, offset: '9007199254740993' }],
  scope: { tags: 2, cells: 5, from: '2024-04-01T00:00:00.0000000Z', until: '2024-04-01T03:00:00.0000000Z' },
}

/** The time of the decision. */
export const NOW = hour(201)

interface History {
  readonly events: AuditEvent[]
  add(action: AuditDraft['action'], changes: Partial<AuditDraft>): AuditEvent
  state(): CutoverState
}

/** Writes events as the bridge does: what one does is what the reducer says. */
function newHistory(): History {
  const events: AuditEvent[] = []
  const state = (): CutoverState =>
    replay(
      WORKLOAD,
      events.filter(({ workload }) => workload === WORKLOAD).map((event) => decodeRecordedEvent(event, 'event')),
    )
  return {
    events,
    state,
    add(action, changes) {
      const { phase, percent, epoch } = state()
      const event = nextLink(events.at(-1), {
        at: hour(events.length),
        workload: WORKLOAD,
        actor: 'anna',
        action,
        from: phase,
        to: phase,
        percent,
        epoch,
        policyHash: policyHash(POLICY),
        manifestHash: null,
        reason: null,
        detail: {},
        ...changes,
      })
      events.push(event)
      return event
    },
  }
}

function target(state: CutoverState, to: Target['to'], percent: number): Target {
  return { to, percent, epoch: state.epoch, requestId: state.request?.id ?? null }
}

function canary50(): History {
  const history = newHistory()
  history.add('register', { epoch: 1, detail: { canarySteps: POLICY.canarySteps } })
  history.add('freeze', { workload: 'another-workload', detail: {} })
  for (const to of ['backfilling', 'mirroring', 'verifying', 'shadowing'] as const) {
    step(history, to, 0)
  }
  history.add('drill', { at: hour(150), detail: { seconds: 1.25 } })
  for (const percent of [10, 50]) {
    history.add('request', { detail: REQUEST_DETAIL })
    step(history, 'canary', percent)
  }
  const { id, tag, from, until, owner, expiry } = WAIVER
  history.add('waive', {
    reason: 'sensor swapped',
    detail: { waiver: id, tag, from, until, owner, expiresAt: expiry },
  })
  history.add('request', { at: hour(200), detail: REQUEST_DETAIL })
  return history
}

/** A step whose evidence is not looked at here. */
function step(history: History, to: Target['to'], percent: number): void {
  const decision = {
    ...target(history.state(), to, percent),
    outcome: 'pass',
    gates: [{ gate: 'as-of', outcome: 'pass', reasons: [] }],
    now: NOW,
  }
  history.add('advance', { to, percent, manifestHash: sha256Hex(to), detail: decision })
}

export function sumOf(cells: readonly CellEvidence[]) {
  const tally = new CellTally({ cellTicks: HOUR_TICKS, lookFence: LOOK_FENCE, waivers: [WAIVER] })
  for (const one of cells) tally.add(one)
  return tally.sum()
}

function manifestOf(state: CutoverState): EvidenceManifest {
  return {
    v: 1,
    bridge: 'north-site',
    workload: WORKLOAD,
    build: '0.1.0',
    at: NOW,
    target: target(state, 'live', 100),
    phase: state.phase,
    phaseSince: state.enteredAt[state.phase]!,
    request: state.request ?? null,
    foldedTo: [{ partition: 0, offset: '9007199254740993' }],
    historians: [{ name: 'pi-north', identity: 'PISRV01 2018 SP3', clockOffsetMs: -118, newestAgeMs: 4_000 }],
    cellTicks: HOUR_TICKS,
    cells: sumOf(CELLS),
    classes: { VALUE: 2 },
    waivers: [{ ...WAIVER, reason: 'sensor swapped', cells: 1 }],
    streak: { since: hour(120), greenWindows: 320 },
    diversity: { restarts: 1, outages: 2, lateBatches: 1, clockChanges: 0 },
    lag: [{ consumer: 'grafana', stalenessMs: 60_000, p99Ms: 41_000, maxMs: 150_000, windowMs: 86_400_000 }],
    bound: { upperRate: 9e-6, cells: 400_000, confidence: 0.95 },
    vitality: { at: hour(190), epoch: state.epoch, planted: 12, found: 12, verifierLagWindows: 0.2 },
    drill: state.lastDrill ?? null,
    shadow: null,
    approvals: state.approvals,
    policy: POLICY,
    spend: { requests: 1_200, rows: 3_400_000 },
  }
}

export interface Site {
  readonly events: readonly AuditEvent[]
  readonly manifest: EvidenceManifest
  readonly cells: readonly CellEvidence[]
}

/** The whole way to live, and what it was decided on. */
export function liveSite(): Site {
  const history = canary50()
  const seen = manifestHash(manifestOf(history.state()))
  history.add('approve', { actor: 'berta', manifestHash: seen, detail: { ...target(history.state(), 'live', 100) } })
  const manifest = manifestOf(history.state())
  const decision = evaluateGates(manifest.target, POLICY, manifest, NOW)
  history.add('advance', {
    at: NOW,
    to: 'live',
    percent: 100,
    manifestHash: manifestHash(manifest),
    detail: { ...decision },
  })
  history.add('freeze', { actor: 'berta', reason: 'turnaround' })
  return { events: history.events, manifest, cells: CELLS }
}

export const MANIFEST = liveSite().manifest

/** Texts of the files of a bundle. */
export interface BundleTexts {
  index: string
  manifest: string
  cells: string
  audit: string
}

function lines(items: readonly string[]): string {
  return items.map((item) => `${item}\n`).join('')
}

/** Files that agree in their hashes, whatever they say. */
export function bundleTexts({ events, manifest, cells }: Site): BundleTexts {
  const texts = {
    manifest: lines([encodeManifest(manifest)]),
    cells: lines(cells.map(encodeCell)),
    audit: lines(events.map(encodeAuditEvent)),
  }
  const { seq, hash } = events.at(-1)!
  const index = encodeBundleIndex({
    v: 1,
    workload: WORKLOAD,
    event: events.findLast(({ action }) => action === 'advance')!.seq,
    chainHead: { seq, hash },
    files: {
      'manifest.json': sha256Hex(texts.manifest),
      'cells.ndjson': sha256Hex(texts.cells),
      'audit.ndjson': sha256Hex(texts.audit),
    },
  })
  return { ...texts, index: lines([index]) }
}

export function contentsOf(texts: Record<keyof BundleTexts, string | Uint8Array>): BundleContents {
  const bytes = (content: string | Uint8Array): Uint8Array[] => [
    typeof content === 'string' ? Buffer.from(content) : content,
  ]
  return {
    index: bytes(texts.index),
    files: {
      'manifest.json': bytes(texts.manifest),
      'cells.ndjson': bytes(texts.cells),
      'audit.ndjson': bytes(texts.audit),
    },
  }
}

/** The chain again with one event changed, every hash made to fit: what somebody who controls the store could do. */
export function forged(events: readonly AuditEvent[], seq: number, changes: Partial<AuditDraft>): AuditEvent[] {
  const again: AuditEvent[] = []
  for (const event of events) {
    const { at, workload, actor, action, from, to, percent, epoch, manifestHash, reason, detail } = event
    const draft = { at, workload, actor, action, from, to, percent, epoch, manifestHash, reason, detail }
    const { policyHash } = event
    again.push(nextLink(again.at(-1), { ...draft, policyHash, ...(event.seq === seq && changes) }))
  }
  return again
}

export function without(value: object, key: string): string {
  return canonicalJson(Object.fromEntries(Object.entries(value).filter(([name]) => name !== key)))
}
