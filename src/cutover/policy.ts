/**
 * Gate policy: what a workload's evidence must show before it moves. The defaults depend on what a wrong answer costs;
 * a site may set each of them, and the hash of the policy stands in every event, so that nobody moves under rules that
 * were changed in between.
 */
import { parseTicks } from '../domain/ticks.ts'
import type { Criticality } from '../domain/workload.ts'
import { canonicalJson, sha256Hex } from './canonical-json.ts'
import { amount, count, flag, list, name, object, percent, time, type Decoder } from './decode.ts'

export interface GatePolicy {
  /** How long everything must have been green without a break. Confidence, not safety. */
  readonly streakMs: number
  /** The longest cycle of a consumer (a shift report, a monthly closing): the streak spans at least one. */
  readonly consumerCycleMs: number
  /** How long a workload soaks before it may be retired. */
  readonly soakMs: number
  /** Must the streak have lived through a restart, an outage, a late batch and a change of the clocks? */
  readonly diversity: boolean
  /** A request older than this must be made again. */
  readonly requestMaxAgeMs: number
  /** Upper bound of the rate of wrong cells that is still accepted. */
  readonly maxUpperRate: number
  /** Seeded faults must have been found within this time. */
  readonly vitalityMaxAgeMs: number
  /** A rollback must have been exercised within this time, … */
  readonly drillMaxAgeMs: number
  /** … and must not have taken longer than this. */
  readonly drillMaxMs: number
  /** Age of the newest sample beyond which a historian is no side to go back to. */
  readonly historianMaxAgeMs: number
  /** Different people who must approve `live` and `retired`. */
  readonly approvals: number
  /** When nothing goes live and nothing is retired. */
  readonly freezes: readonly Freeze[]
  readonly shadow: ShadowPolicy
  /** Percent of the consumers served from the log, step by step, before all are. Ascending. */
  readonly canarySteps: readonly number[]
}

/** A stretch of the freeze calendar, `[from, until)` in UTC. */
export interface Freeze {
  readonly from: string
  readonly until: string
  readonly reason: string
}

export interface ShadowPolicy {
  /** Are shadow reads asked for at all? */
  readonly required: boolean
  readonly minComparisons: number
  /** Least share of the known kinds of queries that must have been compared, 0 to 1. */
  readonly minQueryShare: number
  /** Comparisons older than this do not count. */
  readonly withinMs: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const FOR_ALL = {
  consumerCycleMs: DAY_MS,
  requestMaxAgeMs: DAY_MS,
  vitalityMaxAgeMs: DAY_MS,
  drillMaxAgeMs: 30 * DAY_MS,
  drillMaxMs: MINUTE_MS,
  historianMaxAgeMs: HOUR_MS,
  freezes: [],
  shadow: { required: false, minComparisons: 1_000, minQueryShare: 0.99, withinMs: 7 * DAY_MS },
} as const satisfies Partial<GatePolicy>

export const DEFAULT_POLICIES: Readonly<Record<Criticality, GatePolicy>> = {
  A: {
    ...FOR_ALL,
    streakMs: 7 * DAY_MS,
    soakMs: 30 * DAY_MS,
    diversity: true,
    maxUpperRate: 1e-6,
    approvals: 2,
    canarySteps: [10, 50],
  },
  B: {
    ...FOR_ALL,
    streakMs: 3 * DAY_MS,
    soakMs: 14 * DAY_MS,
    diversity: false,
    maxUpperRate: 1e-5,
    approvals: 1,
    canarySteps: [10, 50],
  },
  C: {
    ...FOR_ALL,
    streakMs: DAY_MS,
    soakMs: 7 * DAY_MS,
    diversity: false,
    maxUpperRate: 1e-4,
    approvals: 0,
    canarySteps: [50],
  },
}

/** A calendar is kept by people: years of holidays and turnarounds fit. */
const FREEZES_MAX = 1_000
/** One step per percent; at 100 it would be live. */
const CANARY_STEPS_MAX = 99

const decodeFields = object<GatePolicy>({
  streakMs: amount,
  consumerCycleMs: amount,
  soakMs: amount,
  diversity: flag,
  requestMaxAgeMs: amount,
  maxUpperRate: amount,
  vitalityMaxAgeMs: amount,
  drillMaxAgeMs: amount,
  drillMaxMs: amount,
  historianMaxAgeMs: amount,
  approvals: count,
  freezes: list(object<Freeze>({ from: time, until: time, reason: name }), FREEZES_MAX),
  shadow: object<ShadowPolicy>({ required: flag, minComparisons: count, minQueryShare: amount, withinMs: amount }),
  canarySteps: list(percent, CANARY_STEPS_MAX),
})

/** Throws RangeError for anything that is not a policy. */
export const decodePolicy: Decoder<GatePolicy> = (value, at) => {
  const policy = decodeFields(value, at)
  const steps = policy.canarySteps
  if (steps.length === 0 || steps.includes(100) || steps.some((step, i) => step <= (steps[i - 1] ?? 0))) {
    throw new RangeError(`${at}.canarySteps do not ascend from above 0 to below 100`)
  }
  const reversed = policy.freezes.find(({ from, until }) => parseTicks(from) >= parseTicks(until))
  if (reversed !== undefined) throw new RangeError(`${at}.freezes holds one that ends before it begins`)
  return policy
}

/** Names a policy: 64 hex digits, the same for the same rules however they were written down. */
export function policyHash(policy: GatePolicy): string {
  return sha256Hex(canonicalJson(policy))
}
