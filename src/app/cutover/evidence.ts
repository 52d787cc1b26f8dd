/**
 * Evidence: everything the gates look at, gathered now, into one manifest that is kept under its hash together with a
 * line for every cell. Whatever could not be measured is null, and closes its gate.
 *
 * Positions of the log are taken before the cells: the cells then tell of at least that much. Cells are read a tag at a
 * time while others write, so a decision looks at them once more, in the transaction that records it.
 */
import { setImmediate as letOthersRun } from 'node:timers/promises'
import { encodeCell, type CellEvidence } from '../../cutover/cell-evidence.ts'
import { CellTally } from '../../cutover/cell-tally.ts'
import { msOf } from '../../cutover/decode.ts'
import type { Target } from '../../cutover/events.ts'
import { encodeManifest, type EvidenceManifest, type WaiverEvidence } from '../../cutover/manifest.ts'
import type { GatePolicy } from '../../cutover/policy.ts'
import { formatDigestSum } from '../../domain/digest.ts'
import type { TagId } from '../../domain/tag-id.ts'
import { formatTicks, parseTicks, ticksFromMs, TICKS_PER_MS } from '../../domain/ticks.ts'
import { DIFFERENCE_CLASSES, type ClassCounts, type DifferenceClass } from '../../domain/verdict.ts'
import type { CellRecord, ExpectedTag, ParityScope } from '../../store/parity.ts'
import type { Store } from '../../store/store.ts'
import { rulesOf } from '../../verify/explain/policy.ts'
import type { Bridge } from '../bridge.ts'
import type { SelectedTag } from '../selection.ts'
import { continuousRunName, verifyRunName } from '../verify-run.ts'
import { boundOf } from './bound.ts'
import { askHistorians, historiansOf } from './historian-facts.ts'
import type { Standing } from './outcome.ts'
import { expectedCells } from './scope.ts'
import { diversityOf, lagsOf, streakOf, verifierLagOf } from './window-facts.ts'
import { lastVitality } from './vitality-fact.ts'
import type { RecordedWaiver } from './waivers.ts'

export interface EvidenceParts {
  readonly bridge: Bridge
  readonly store: Store
  /** Of Banyan. */
  readonly version: string
  readonly clock: () => number
}

/** The workload with what the evidence is gathered for. */
export interface Case {
  readonly standing: Standing
  readonly policy: GatePolicy
  readonly consumers: readonly { readonly name: string; readonly stalenessMs: number }[]
  readonly target: Target
  readonly tags: readonly SelectedTag[]
  /** Those of the workload that are in force. */
  readonly waivers: readonly RecordedWaiver[]
}

export interface Gathered {
  readonly manifest: EvidenceManifest
  readonly manifestHash: string
  /** The cells it is about. */
  readonly expected: readonly ExpectedTag[]
}

/** Rejects when the store fails, or the signal aborts; a historian that does not answer is part of the evidence. */
export async function gatherEvidence(parts: EvidenceParts, of: Case, signal: AbortSignal): Promise<Gathered> {
  const { bridge, store, clock } = parts
  const { standing, policy, tags } = of
  const { request } = standing.state
  const width = BigInt(bridge.config.parity.cellMs) * TICKS_PER_MS
  const historians = await askHistorians(bridge, store, tags, policy.historianMaxAgeMs, signal)
  const atMs = clock()
  const foldedTo = [...store.positions.load()]
    .sort(([a], [b]) => a - b)
    .map(([partition, offset]) => ({ partition, offset: offset.toString() }))
  const expected = expectedCells(bridge, store, tags, request && parseTicks(request.scope.until))
  const waivers = of.waivers.map(({ scope }) => scope)
  const tally = new CellTally({ cellTicks: Number(width), waivers, lookFence: request?.lookFence })
  const classes: Partial<Record<DifferenceClass, number>> = {}
  const writer = store.evidence.begin()
  try {
    for (const one of expected) {
      for (const { cells, classes: found } of store.parity.records(parityScope(bridge), [one])) {
        addClasses(classes, found)
        for (const cell of cells) {
          const line = evidenceOf(one.tag, cell)
          tally.add(line)
          writer.add(encodeCell(line))
        }
      }
      await letOthersRun()
      signal.throwIfAborted()
    }
    const cells = tally.sum()
    const manifest: EvidenceManifest = {
      v: 1,
      bridge: bridge.config.bridge,
      workload: standing.workload,
      build: parts.version,
      at: formatTicks(ticksFromMs(atMs)),
      target: of.target,
      phase: standing.state.phase,
      phaseSince: standing.state.enteredAt[standing.state.phase] ?? formatTicks(ticksFromMs(atMs)),
      request: request ?? null,
      foldedTo,
      historians,
      cellTicks: Number(width),
      cells,
      classes,
      waivers: of.waivers.map((waiver): WaiverEvidence => ({
        ...waiver.scope,
        reason: waiver.reason,
        owner: waiver.owner,
        cells: tally.waivedBy(waiver.scope.id),
      })),
      ...measured(parts, of, atMs),
      bound: boundOf(cells),
      drill: standing.state.lastDrill ?? null,
      // Read sides are compared by whoever serves both; nobody does yet.
      shadow: null,
      approvals: standing.state.approvals,
      policy,
      spend: spendOf(store, historiansOf(tags)),
    }
    return { manifest, manifestHash: writer.finish(encodeManifest(manifest)), expected }
  } finally {
    writer.discard()
  }
}

/** As every report reads the cells: under the rules in force. */
export function parityScope({ config: { parity } }: Bridge): ParityScope {
  return { rules: rulesOf(parity), width: BigInt(parity.cellMs) * TICKS_PER_MS }
}

function evidenceOf(tag: TagId, { start, verdict, look, epoch, digest }: CellRecord): CellEvidence {
  return {
    tag,
    from: formatTicks(start),
    verdict,
    look: look ?? null,
    records: epoch,
    count: digest.count,
    digest: formatDigestSum(digest.sum),
  }
}

/** What the daemon noted as time went by. */
function measured(
  { store: { cutoverFacts } }: EvidenceParts,
  { standing: { workload, state }, consumers }: Case,
  nowMs: number,
): Pick<EvidenceManifest, 'streak' | 'diversity' | 'lag' | 'vitality'> {
  const sinceMs = state.streakSince === undefined ? nowMs : msOf(state.streakSince)
  const windows = cutoverFacts.windows(workload, sinceMs, nowMs + 1)
  const streak = streakOf(windows, nowMs)
  const vitality = lastVitality(cutoverFacts, workload)
  return {
    streak: streak ?? null,
    diversity: streak === undefined ? null : diversityOf(cutoverFacts, workload, msOf(streak.since)),
    lag: lagsOf(windows, consumers, nowMs),
    vitality:
      vitality === undefined ? null : { ...vitality, verifierLagWindows: verifierLagOf(windows, nowMs) ?? null },
  }
}

/** Null when nothing was ever compared. */
function spendOf(store: Store, historians: readonly string[]): EvidenceManifest['spend'] {
  const runs = historians.flatMap((name) => [verifyRunName(name), continuousRunName(name)])
  const spent = runs.flatMap((run) => store.verifyRuns.get(run)?.spent ?? [])
  if (spent.length === 0) return null
  return {
    requests: spent.reduce((sum, { requests }) => sum + requests, 0),
    rows: spent.reduce((sum, { rows }) => sum + rows, 0),
  }
}

function addClasses(sums: Partial<Record<DifferenceClass, number>>, found: ClassCounts): void {
  for (const name of DIFFERENCE_CLASSES) {
    const samples = found[name] ?? 0
    if (samples > 0) sums[name] = (sums[name] ?? 0) + samples
  }
}
