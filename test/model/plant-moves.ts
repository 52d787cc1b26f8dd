/** What happens around the machine: the plant edits, the bridge copies, folds and looks, notices come or are lost. */
import type { Move } from './search.ts'
import type { Cell, Clock, LookUnderWay, World } from './world.ts'

export interface Plant {
  /**
   * `ordered`: every notice comes, in order. `lossy`: any may be lost, and a crash loses all on their way. `erratic`:
   * a notice may come at any moment, of an edit or of nothing, or never; whatever a feed can do, this can.
   */
  readonly feed: 'ordered' | 'lossy' | 'erratic'
  /** Whether records of the log may go wrong, and folding them takes time. */
  readonly isLogDamaged: boolean
  /** Whether a look takes time, so that anything may happen between its reading and its verdict. */
  readonly areLooksSlow: boolean
  readonly doesClockStep: boolean
}

const BOTH = [0, 1] as const
type At = (typeof BOTH)[number]

export function* plantMoves(world: World, plant: Plant): Generator<Move<World>> {
  for (const at of BOTH) {
    yield* edits(world, plant, at)
    yield* notices(world, plant, at)
    yield* writes(world, plant, at)
    yield* looks(world, plant, at)
  }
  if (world.look !== undefined) yield { name: 'record the look', to: record(world, world.look) }
  if (world.cells.some(({ log, folded, isFoldOwed }) => log !== folded || isFoldOwed)) {
    yield { name: 'fold the log', to: fold(world) }
  }
  if (world.look !== undefined || world.decision !== undefined) {
    yield { name: 'crash and restart', to: crash(world, plant) }
  }
  if (!plant.doesClockStep || world.machine.request === undefined) return
  for (const clock of ['behind', 'fresh', 'late'] satisfies Clock[]) {
    if (clock !== world.clock) yield { name: `the clock steps to ${clock}`, to: { ...world, clock } }
  }
}

function* edits(world: World, { feed }: Plant, at: At): Generator<Move<World>> {
  const cell = world.cells[at]
  const edited = { ...cell, historian: cell.historian + 1, noticesAfter: feed !== 'erratic' }
  yield { name: `edit w${at}`, to: withCell(world, at, edited) }
}

function* notices(world: World, plant: Plant, at: At): Generator<Move<World>> {
  if (plant.feed === 'erratic') {
    yield { name: `notice of w${at} comes`, to: voided(world, at) }
    return
  }
  const cell = world.cells[at]
  if (!cell.noticesBefore && !cell.noticesAfter) return
  // In order: what was sent before the request comes first.
  const rest = cell.noticesBefore ? { ...cell, noticesBefore: false } : { ...cell, noticesAfter: false }
  yield { name: `notice of w${at} comes`, to: voided(withCell(world, at, rest), at) }
  if (plant.feed === 'lossy') yield { name: `notice of w${at} is lost`, to: withCell(world, at, rest) }
}

function* writes(world: World, plant: Plant, at: At): Generator<Move<World>> {
  const cell = world.cells[at]
  const write = (log: number): World => {
    const written = withCell(world, at, { ...cell, log, isBehind: false })
    return plant.isLogDamaged ? written : fold(written)
  }
  if (cell.log !== cell.historian) yield { name: `copy w${at}`, to: write(cell.historian) }
  if (plant.isLogDamaged && cell.log >= 0) yield { name: `damage w${at} in the log`, to: write(-1) }
}

function* looks(world: World, plant: Plant, at: At): Generator<Move<World>> {
  const { historian, folded } = world.cells[at]
  const isGreen = historian === folded
  const look: LookUnderWay = {
    cell: at,
    look: world.machine.request === undefined ? 0 : 1,
    historian,
    isGreen,
    isVoid: false,
  }
  const colour = isGreen ? 'green' : 'red'
  yield { name: `verify w${at} -> ${colour}`, to: { ...record(world, look), look: world.look } }
  if (plant.areLooksSlow && world.look === undefined) {
    yield { name: `a look at w${at} reads ${colour}`, to: { ...world, look } }
  }
}

function record(world: World, { cell: at, look, historian, isGreen, isVoid }: LookUnderWay): World {
  const cell = world.cells[at]
  const seen: Cell = {
    ...cell,
    verdict: isVoid ? undefined : { look, isGreen },
    provenAt: isGreen ? Math.max(cell.provenAt, historian) : cell.provenAt,
  }
  const recorded = { ...withCell(world, at, seen), look: undefined }
  const { streak } = world
  if (streak === undefined) return recorded
  const [a, b] = streak.wasGreen
  return {
    ...recorded,
    streak: {
      // Nobody counts beyond what a gate asks for.
      inARow: isGreen ? Math.min(streak.inARow + 1, 2) : 0,
      wasGreen: [a || (at === 0 && isGreen), b || (at === 1 && isGreen)],
    },
  }
}

function fold(world: World): World {
  return BOTH.reduce((folded, at) => {
    const cell = folded.cells[at]
    const caughtUp = withCell(folded, at, { ...cell, folded: cell.log, isFoldOwed: false })
    return cell.folded === cell.log ? caughtUp : voided(caughtUp, at)
  }, world)
}

/** What was seen of the cell, or is being seen, counts no more. */
function voided(world: World, at: At): World {
  const without = withCell(world, at, { ...world.cells[at], verdict: undefined })
  return { ...without, look: world.look?.cell === at ? { ...world.look, isVoid: true } : world.look }
}

/** Only what was recorded is left. */
function crash(world: World, { feed }: Plant): World {
  const [a, b] = world.cells
  const lost = feed === 'lossy' ? { noticesBefore: false, noticesAfter: false } : {}
  return {
    ...world,
    look: undefined,
    decision: undefined,
    cells: [
      { ...a, ...lost },
      { ...b, ...lost },
    ],
  }
}

function withCell(world: World, at: At, cell: Cell): World {
  return { ...world, cells: at === 0 ? [cell, world.cells[1]] : [world.cells[0], cell] }
}
