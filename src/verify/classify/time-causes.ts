/** Causes that show in the times of samples whose contents are equal. Each states what it takes to be named. */
import type { Ticks } from '../../domain/ticks.ts'
import { TICKS_PER_MS, TICKS_PER_SECOND } from '../../domain/ticks.ts'
import { pairsOf, type CellFacts } from './cell-facts.ts'
import { TICKS_PER_HOUR, WHOLE_HOURS } from './moved.ts'

/** One or two samples may lie on a grid, or an hour away, by chance. */
const LEAST_PAIRS = 3
/** Samples cut to the same time as a neighbour may be told otherwise. */
const MOVED_SHARE = 0.9
const GRID_STEPS_PER_SECOND = 65_536
const TICKS_PER_GRID_STEP = Number(TICKS_PER_SECOND) / GRID_STEPS_PER_SECOND

/**
 * Three samples or more, moved by the same whole hours; besides them what was moved out of the cell and into it, and one
 * in ten told otherwise. Samples that all lie at one time of their hour can only be whole hours apart: no proof.
 */
export function isHourShift({ found }: CellFacts): boolean {
  const bothSided = found.filter((one) => one.class !== 'MISSING' && one.class !== 'EXTRA')
  return WHOLE_HOURS.some((by) => {
    const moved = bothSided.filter(({ dtTicks }) => dtTicks === by)
    const times = new Set(moved.map(({ historian }) => (historian?.ticks ?? 0n) % TICKS_PER_HOUR))
    return times.size >= LEAST_PAIRS && moved.length >= bothSided.length * MOVED_SHARE
  })
}

/** Three samples or more, nine in ten of the differences, by less than a millisecond; one side has whole ones only. */
export function isMillisecondTruncation(facts: CellFacts): boolean {
  return isRounded(facts, TICKS_PER_MS - 1n, (at) => at % TICKS_PER_MS === 0n)
}

/** The same by at most one step of the 1/65536 s grid, where one side lies on the grid. */
export function isTimeGrid(facts: CellFacts): boolean {
  return isRounded(facts, BigInt(Math.ceil(TICKS_PER_GRID_STEP)), isOnGrid)
}

function isRounded(facts: CellFacts, most: bigint, isRound: (at: Ticks) => boolean): boolean {
  const moved = pairsOf({ ...facts, found: facts.found.filter((one) => one.class === 'TIME') })
  if (moved.length < LEAST_PAIRS || moved.length < facts.found.length * MOVED_SHARE) return false
  const isNear = moved.every(({ historian, log }) => {
    const by = log.ticks - historian.ticks
    return by <= most && by >= -most
  })
  return (
    isNear && (moved.every(({ log }) => isRound(log.ticks)) || moved.every(({ historian }) => isRound(historian.ticks)))
  )
}

/** As near to a multiple of 1/65536 s as 100 ns allow, rounded or cut. */
function isOnGrid(at: Ticks): boolean {
  const ofSecond = Number(((at % TICKS_PER_SECOND) + TICKS_PER_SECOND) % TICKS_PER_SECOND)
  const step = Math.round(ofSecond / TICKS_PER_GRID_STEP)
  return Math.abs(ofSecond - step * TICKS_PER_GRID_STEP) < 1
}
