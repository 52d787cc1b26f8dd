/** What is done to the workload. Every event goes through the production reducer; what it refuses does not happen. */
import type { CutoverEvent, Decision, RollbackCause } from '../../src/cutover/events.ts'
import { outcomeOf, type GateResult } from '../../src/cutover/gate.ts'
import { apply } from '../../src/cutover/machine.ts'
import { needsRequest } from '../../src/cutover/state.ts'
import { advanceOf, approveOf, eventOf, requestDetail, rollbackOf, targetOf } from '../cutover/build-event.ts'
import type { Move } from './search.ts'
import type { StepGate } from './step-gates.ts'
import { CLOCKS, type Cell, type World } from './world.ts'

export interface Bridge {
  /** In the place of the as-of gate. */
  readonly gate: StepGate
  /** Whether people approve, freeze, drill and lift quarantines, and new epochs begin. */
  readonly arePeopleAtWork: boolean
  /** Whether a decision that passed may be kept, and be submitted whenever. */
  readonly areDecisionsKept: boolean
}

export const CANARY_STEPS = [50]
const ROLLBACKS: readonly RollbackCause[] = ['operator', 'mismatch']
/** Who must approve `live` and `retired` in the model, both. */
export const APPROVERS = ['ada', 'bob'] as const

export function* bridgeMoves(world: World, bridge: Bridge): Generator<Move<World>> {
  yield* moves(world, 'request', [eventOf('request', requestDetail())])
  const decision = decide(world, bridge)
  yield* moves(world, 'advance', decision === undefined ? [] : [advanceOf(world.machine, decision)])
  if (bridge.areDecisionsKept && decision !== undefined && !isSame(decision, world.decision)) {
    yield { name: 'decide', to: { ...world, decision } }
  }
  yield* moves(world, 'advance as decided before', world.decision ? [advanceOf(world.machine, world.decision)] : [])
  for (const cause of ROLLBACKS) yield* moves(world, `roll back (${cause})`, [rollbackOf(cause)])
  if (!bridge.arePeopleAtWork) return
  yield* moves(world, 'register', [eventOf('register', { canarySteps: CANARY_STEPS })])
  for (const actor of APPROVERS) yield* moves(world, `${actor} approves`, [approveOf(world.machine, actor)])
  yield* moves(world, 'freeze', [eventOf('freeze', {})])
  yield* moves(world, 'thaw', [eventOf('thaw', {})])
  yield* moves(world, 'drill', [eventOf('drill', { seconds: 1 })])
  yield* moves(world, 'begin an epoch', [eventOf('epoch', { canarySteps: CANARY_STEPS })])
  yield* moves(world, 'lift the quarantine', [eventOf('quarantine-lifted', {}, { reason: 'understood' })])
}

/** What the gates say now about the next step; undefined unless they let it pass. */
function decide(world: World, { gate, arePeopleAtWork }: Bridge): Decision | undefined {
  const target = targetOf(world.machine)
  const gates: GateResult[] = needsRequest(target.to) ? [gate(world)] : []
  if (arePeopleAtWork && (target.to === 'live' || target.to === 'retired')) gates.push(approvalsOf(world))
  const outcome = outcomeOf(gates)
  return outcome === 'pass' ? { ...target, outcome, gates, now: CLOCKS[world.clock] } : undefined
}

function approvalsOf({ machine }: World): GateResult {
  const isEnough = machine.approvals.length >= APPROVERS.length
  return { gate: 'approvals', outcome: isEnough ? 'pass' : 'fail', reasons: [] }
}

function* moves(world: World, name: string, events: readonly CutoverEvent[]): Generator<Move<World>> {
  for (const event of events) {
    const seq = world.seq + 1
    const transition = apply(world.machine, { ...event, seq, at: CLOCKS.fresh })
    if (transition.kind === 'refused') continue
    yield { name, to: afterEvent(world, { ...world, seq, machine: transition.state }) }
  }
}

/** Marks the moment of a new request in the cells, and forgets it with the request. */
function afterEvent(before: World, after: World): World {
  const { request } = after.machine
  if (request === before.machine.request) return after
  const isOpen = request !== undefined
  const [a, b] = after.cells
  const mark = (cell: Cell): Cell => {
    const isSent = cell.noticesBefore || cell.noticesAfter
    return {
      ...cell,
      asked: isOpen ? cell.historian : undefined,
      noticesBefore: isOpen && isSent,
      noticesAfter: !isOpen && isSent,
      isFoldOwed: isOpen && cell.log !== cell.folded,
      isBehind: isOpen && cell.log < cell.historian,
      verdict: cell.verdict && { ...cell.verdict, look: 0 },
    }
  }
  return { ...after, clock: 'fresh', cells: [mark(a), mark(b)], look: after.look && { ...after.look, look: 0 } }
}

function isSame(a: Decision, b: Decision | undefined): boolean {
  return (
    b !== undefined && a.to === b.to && a.percent === b.percent && a.requestId === b.requestId && a.epoch === b.epoch
  )
}
