/**
 * Decodes a row of the chain to what the reducer reads. The envelope (version, hashes, fields unknown here) is the
 * chain's to check; the detail of each action is strict and bounded.
 */
import { PHASES } from '../domain/workload.ts'
import { decodeRequestDetail } from './as-of-request.ts'
import { amount, count, list, name, object, oneOf, orNull, percent, recordFrom, sha256, text, time } from './decode.ts'
import type { Decoder } from './decode.ts'
import { CUTOVER_ACTIONS, ROLLBACK_CAUSES } from './events.ts'
import type { CutoverAction, CutoverEvent, EpochRules, EventDetails, NoDetail, Target } from './events.ts'
import { GATES, GATE_OUTCOMES, type GateResult } from './gate.ts'
import type { RecordedEvent } from './machine.ts'

/** A gate names each place that is wrong up to a few; nobody reads more. */
const REASONS_MAX = 1_000
/** One step per percent. */
const CANARY_STEPS_MAX = 100

const target = { to: oneOf(PHASES), percent, epoch: count, requestId: orNull(count) }
const noDetail = object<NoDetail>({})

const canarySteps = list(percent, CANARY_STEPS_MAX)
const rulesAlone = object<Omit<EpochRules, 'basis'>>({ canarySteps })
const rulesAndBasis = object<Required<EpochRules>>({ canarySteps, basis: sha256 })
const epochRules: Decoder<EpochRules> = (value, at) => {
  const rules = (Object.hasOwn(recordFrom(value, at), 'basis') ? rulesAndBasis : rulesAlone)(value, at)
  const steps = rules.canarySteps
  if (steps.length === 0 || steps.some((step, i) => step <= (steps[i - 1] ?? 0))) {
    throw new RangeError(`${at}.canarySteps do not ascend from above 0`)
  }
  return rules
}

const DETAILS: { readonly [A in CutoverAction]: Decoder<EventDetails[A]> } = {
  register: epochRules,
  request: decodeRequestDetail,
  advance: object<EventDetails['advance']>({
    ...target,
    outcome: oneOf(GATE_OUTCOMES),
    gates: list(
      object<GateResult>({ gate: oneOf(GATES), outcome: oneOf(GATE_OUTCOMES), reasons: list(text, REASONS_MAX) }),
      GATES.length,
    ),
    now: time,
  }),
  approve: object<Target>(target),
  freeze: noDetail,
  thaw: noDetail,
  rollback: object<EventDetails['rollback']>({ cause: oneOf(ROLLBACK_CAUSES) }),
  'quarantine-lifted': noDetail,
  drill: object<EventDetails['drill']>({ seconds: amount }),
  epoch: epochRules,
  waive: object<EventDetails['waive']>({
    waiver: count,
    tag: name,
    from: time,
    until: time,
    owner: name,
    expiresAt: time,
  }),
}

/** Throws RangeError, naming the place, for anything that is not an event. */
export const decodeRecordedEvent: Decoder<RecordedEvent> = (value, at) => {
  const row = recordFrom(value, at)
  const field = <T>(key: string, decode: Decoder<T>): T => decode(row[key], `${at}.${key}`)
  const action = field('action', oneOf(CUTOVER_ACTIONS))
  const event = {
    seq: field('seq', count),
    at: field('at', time),
    actor: field('actor', name),
    manifestHash: field('manifestHash', orNull(sha256)),
    reason: field('reason', orNull(text)),
    action,
    detail: field('detail', DETAILS[action] as Decoder<unknown>),
  } as CutoverEvent
  return {
    workload: field('workload', name),
    event,
    from: field('from', oneOf(PHASES)),
    to: field('to', oneOf(PHASES)),
    percent: field('percent', percent),
    epoch: field('epoch', count),
  }
}
