/** The searches: one world, cut differently, since all of it at once is too large for a run of the tests. */
import { apply } from '../../src/cutover/machine.ts'
import { initial, type CutoverState } from '../../src/cutover/state.ts'
import { isServing } from '../../src/domain/workload.ts'
import { advanceOf, eventOf } from '../cutover/build-event.ts'
import { bridgeMoves, CANARY_STEPS, type Bridge } from './bridge-moves.ts'
import { brokenByFlip, brokenByMachine } from './invariants.ts'
import { plantMoves, type Plant } from './plant-moves.ts'
import { search, type Found } from './search.ts'
import { keyOf, worldOf, type World } from './world.ts'

export interface Setting extends Plant, Bridge {
  /** Whether anybody counts green windows. */
  readonly areStreaksCounted: boolean
}

/** From shadowing, everything copied, to the first flip: all that can go wrong with the evidence. */
export function searchToTheFlip(setting: Setting): Found<World> {
  return search({
    start: startOf(setting),
    // What a flip leads to is the other search's.
    movesFrom: (world) => (isServing(world.machine.phase) ? [] : movesFrom(world, setting)),
    keyOf,
    broken,
  })
}

/** From nothing to retired and everywhere else. */
export function searchTheWholeWay(setting: Setting): Found<World> {
  return search({
    start: worldOf(initial('w'), false),
    movesFrom: (world) => movesFrom(world, setting),
    keyOf,
    broken,
  })
}

function broken(from: World, move: { readonly name: string; readonly to: World }): string | undefined {
  const byMachine = move.to.machine === from.machine ? undefined : brokenByMachine(from.machine, move.to.machine)
  return brokenByFlip(from, move) ?? byMachine
}

/** Takes the named moves from shadowing, and says what the last one broke. Throws where one is not possible. */
export function walk(setting: Setting, names: readonly string[]): string | undefined {
  let world = startOf(setting)
  let last: string | undefined
  for (const name of names) {
    const move = [...movesFrom(world, setting)].find((one) => one.name === name)
    if (move === undefined) throw new Error(`nothing called ${JSON.stringify(name)} can happen here`)
    last = broken(world, move)
    world = move.to
  }
  return last
}

export function traceText(trace: readonly string[]): string {
  return trace.map((name, i) => `${i + 1}  ${name}`).join('\n')
}

function* movesFrom(world: World, setting: Setting) {
  yield* plantMoves(world, setting)
  yield* bridgeMoves(world, setting)
}

/** In shadowing, everything copied. */
function startOf({ areStreaksCounted }: Setting): World {
  const streak = areStreaksCounted ? ({ inARow: 0, wasGreen: [false, false] } as const) : undefined
  return { ...worldOf(shadowing(), true), streak }
}

function shadowing(): CutoverState {
  let state = must(initial('w'), eventOf('register', { canarySteps: CANARY_STEPS }))
  while (state.phase !== 'shadowing') state = must(state, advanceOf(state))
  return state
}

function must(state: CutoverState, event: Parameters<typeof apply>[1]): CutoverState {
  const transition = apply(state, event)
  if (transition.kind === 'refused') throw new Error(transition.reason)
  return transition.state
}
