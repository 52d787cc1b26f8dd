/** Events as tests need them: valid by default, about the next step of a state. */
import type {
  CutoverAction,
  CutoverEvent,
  Decision,
  EventDetails,
  RollbackCause,
  Target,
} from '../../src/cutover/events.ts'
import type { GateResult } from '../../src/cutover/gate.ts'
import type { RequestDetail } from '../../src/cutover/as-of-request.ts'
import { nextStep, type CutoverState } from '../../src/cutover/state.ts'

export const MANIFEST = 'a'.repeat(64)
export const NOON = '2024-05-01T12:00:00Z'

const AS_OF: GateResult = { gate: 'as-of', outcome: 'pass', reasons: [] }

export interface Signature {
  readonly seq?: number
  readonly at?: string
  readonly actor?: string
  readonly manifestHash?: string | null
  readonly reason?: string | null
}

export function eventOf<A extends CutoverAction>(
  action: A,
  detail: EventDetails[A],
  { seq = 1, at = NOON, actor = 'ada', manifestHash = null, reason = null }: Signature = {},
): CutoverEvent<A> {
  return { seq, at, actor, manifestHash, reason, action, detail }
}

/** The next step under the open request, in this epoch. */
export function targetOf(state: CutoverState): Target {
  const step = nextStep(state)
  return {
    to: step?.phase ?? 'retired',
    percent: step?.percent ?? 100,
    epoch: state.epoch,
    requestId: state.request?.id ?? null,
  }
}

export function advanceOf(state: CutoverState, change: Partial<Decision> = {}, signature: Signature = {}) {
  const detail: Decision = { ...targetOf(state), outcome: 'pass', gates: [AS_OF], now: NOON, ...change }
  return eventOf('advance', detail, { manifestHash: MANIFEST, ...signature })
}

export function approveOf(state: CutoverState, actor: string, change: Partial<Target> = {}) {
  return eventOf('approve', { ...targetOf(state), ...change }, { actor, manifestHash: MANIFEST })
}

export function rollbackOf(cause: RollbackCause, signature: Signature = {}) {
  return eventOf('rollback', { cause }, signature)
}

export function requestDetail(change: Partial<RequestDetail> = {}): RequestDetail {
  return {
    historians: [{ name: 'pi-north', serverTime: NOON, clockOffsetMs: 0 }],
    lookFence: 0,
    logEnd: [{ partition: 0, offset: '0' }],
    scope: { tags: 1, cells: 2, from: '2024-05-01T00:00:00Z', until: '2024-05-01T02:00:00Z' },
    ...change,
  }
}
