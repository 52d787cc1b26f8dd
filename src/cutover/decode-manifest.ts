/**
 * Reads a manifest that somebody hands in: canonical to the letter, every field present, none too many, all bounded.
 * That it is well-formed says nothing about whether it is true; the bundle check compares it with the cells and the
 * chain.
 */
import { DIFFERENCE_CLASSES, VERDICTS, type DifferenceClass, type VerdictCounts } from '../domain/verdict.ts'
import { PHASES } from '../domain/workload.ts'
import { decodeAsOfRequest, type PartitionEnd } from './as-of-request.ts'
import { parseCanonicalJson } from './canonical-json.ts'
import type { CellSum } from './cell-tally.ts'
import {
  amount,
  count,
  finite,
  list,
  name,
  object,
  offset,
  oneOf,
  orNull,
  partial,
  percent,
  sha256,
  text,
  time,
  type Decoder,
} from './decode.ts'
import type { Target } from './events.ts'
import type {
  BoundEvidence,
  DiversityEvidence,
  EvidenceManifest,
  HistorianEvidence,
  LagEvidence,
  ShadowEvidence,
  StreakEvidence,
  VitalityEvidence,
  WaiverEvidence,
} from './manifest.ts'
import { decodePolicy } from './policy.ts'
import type { Approval, Drill } from './state.ts'

/** Kafka clusters end far below; so do sites. */
const PARTITIONS_MAX = 100_000
const HISTORIANS_MAX = 1_000
const CONSUMERS_MAX = 10_000
/** Nobody reads more before signing. */
const WAIVERS_MAX = 10_000
const APPROVALS_MAX = 100
/** A cell is at most 400 days, so that its width is a safe integer of ticks. */
const CELL_TICKS_MAX = 400 * 864_000_000_000

const target = object<Target>({ to: oneOf(PHASES), percent, epoch: count, requestId: orNull(count) })

const partitionEnd = object<PartitionEnd>({ partition: count, offset })

const historian = object<HistorianEvidence>({
  name,
  identity: orNull(text),
  clockOffsetMs: orNull(finite),
  newestAgeMs: orNull(finite),
})

const verdictCounts = object<VerdictCounts>(
  Object.fromEntries(VERDICTS.map((verdict) => [verdict, count])) as Record<keyof VerdictCounts, Decoder<number>>,
)

const cellSum = object<CellSum>({
  root: sha256,
  tags: count,
  cells: count,
  from: orNull(time),
  until: orNull(time),
  verdicts: verdictCounts,
  verifiedSince: count,
})

const cellTicks: Decoder<number> = (value, at) => {
  const width = count(value, at)
  if (width < 1 || width > CELL_TICKS_MAX) throw new RangeError(`${at} is not the width of a cell`)
  return width
}

const waiver = object<WaiverEvidence>({
  id: count,
  tag: name,
  from: time,
  until: time,
  expiry: time,
  reason: name,
  owner: name,
  cells: count,
})

const diversity = object<DiversityEvidence>({
  restarts: orNull(count),
  outages: orNull(count),
  lateBatches: orNull(count),
  clockChanges: orNull(count),
})

const lag = object<LagEvidence>({
  consumer: name,
  stalenessMs: amount,
  p99Ms: orNull(amount),
  maxMs: orNull(amount),
  windowMs: orNull(amount),
})

const vitality = object<VitalityEvidence>({
  at: time,
  epoch: count,
  planted: count,
  found: count,
  verifierLagWindows: orNull(amount),
})

const shadow = object<ShadowEvidence>({
  since: time,
  comparisons: count,
  unexplained: count,
  queriesKnown: count,
  queriesSeen: count,
})

const decodeFields = object<EvidenceManifest>({
  v: oneOf([1]),
  bridge: name,
  workload: name,
  build: name,
  at: time,
  target,
  phase: oneOf(PHASES),
  phaseSince: time,
  request: orNull(decodeAsOfRequest),
  foldedTo: list(partitionEnd, PARTITIONS_MAX),
  historians: list(historian, HISTORIANS_MAX),
  cellTicks,
  cells: cellSum,
  classes: partial<DifferenceClass, number>(DIFFERENCE_CLASSES, count),
  waivers: list(waiver, WAIVERS_MAX),
  streak: orNull(object<StreakEvidence>({ since: time, greenWindows: count })),
  diversity: orNull(diversity),
  lag: list(lag, CONSUMERS_MAX),
  bound: orNull(object<BoundEvidence>({ upperRate: amount, cells: count, confidence: amount })),
  vitality: orNull(vitality),
  drill: orNull(object<Drill>({ at: time, seconds: amount })),
  shadow: orNull(shadow),
  approvals: list(object<Approval>({ actor: name, at: time, manifestHash: sha256 }), APPROVALS_MAX),
  policy: decodePolicy,
  spend: orNull(object<{ readonly requests: number; readonly rows: number }>({ requests: count, rows: count })),
})

/** Throws RangeError, naming the field, for anything but the canonical text of a manifest of this version. */
export function decodeManifest(manifestText: string): EvidenceManifest {
  return decodeFields(parseCanonicalJson(manifestText), 'manifest')
}
