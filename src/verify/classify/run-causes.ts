/** Causes that show in where samples are lost or doubled. Each states what it takes to be named. */
import { addDigests, EMPTY_DIGEST, hashSample, type Digest } from '../../domain/digest.ts'
import { FLAG, type Sample } from '../../domain/sample.ts'
import { TICKS_PER_SECOND, type Ticks } from '../../domain/ticks.ts'
import { areAll, pairsOf, type CellFacts } from './cell-facts.ts'

/** A single lost state may be any lost sample. */
const LEAST_STATES = 2
const LEAST_DOUBLED = 3
/** Shorter pages would make a paging fault of every other loss. */
const LEAST_PAGE = 200
/** A loss or a double at each of so many page edges. */
const LEAST_EDGES = 3
/** More are not late, they are lost. */
const MOST_LATE = 16
/** Interfaces buffer for longer; what they then send is many samples. */
const LATE_WITHIN = 3_600n * TICKS_PER_SECOND

/**
 * The log still holds exactly what both held when the cell was last found equal; or each sample that differs has
 * another value and is marked as substituted in the historian alone, which editing by hand does. A mark that is the
 * only difference may as well have been lost on the way.
 */
export function isEdited(facts: CellFacts): boolean {
  const { lastEqual, log } = facts
  if (lastEqual !== undefined) {
    const { count, sum } = digestOf(log)
    return count === lastEqual.count && sum === lastEqual.sum
  }
  return (
    areAll(facts, ['VALUE', 'STATE'], 1) &&
    pairsOf(facts).every((pair) => isSubstituted(pair.historian) && !isSubstituted(pair.log))
  )
}

function isSubstituted({ flags }: Sample): boolean {
  return (flags & FLAG.substituted) !== 0
}

function digestOf(samples: readonly Sample[]): Digest {
  return samples.reduce((sum, sample) => addDigests(sum, { count: 1, sum: hashSample(sample) }), EMPTY_DIGEST)
}

/** Two samples or more, all differences: the historian has a system state, and the log has none in the whole cell. */
export function areStatesLost(facts: CellFacts): boolean {
  return (
    areAll(facts, ['MISSING', 'STATE'], LEAST_STATES) &&
    facts.found.every(({ historian }) => historian?.type === 'state') &&
    facts.log.every(({ type }) => type !== 'state')
  )
}

/** Three or more, all differences: every time from the first to the last of them is doubled. */
export function isSegmentDoubled(facts: CellFacts): boolean {
  if (!areAll(facts, ['DUPLICATE'], LEAST_DOUBLED)) return false
  const doubled = new Set(timesOf(facts, 'log'))
  const [first, last] = [facts.found[0]?.log?.ticks ?? 0n, facts.found.at(-1)?.log?.ticks ?? 0n]
  return (
    doubled.size >= LEAST_DOUBLED &&
    facts.historian.every(({ ticks: at }) => at < first || at > last || doubled.has(at))
  )
}

function timesOf({ found }: CellFacts, side: 'historian' | 'log'): Ticks[] {
  return found.flatMap((one) => one[side]?.ticks ?? [])
}

/**
 * All differences are samples only one side has. Either one unbroken run of them of whole pages; or one that begins
 * whole pages after the cell's beginning and ends with it, of more samples than may be late; or, at three edges or more,
 * one of them lost or doubled, exactly a page apart, or a page less the row that begins the next.
 */
export function isPageEdge(facts: CellFacts): boolean {
  const pages = facts.pageSizes.filter((size) => size >= LEAST_PAGE)
  const isMissing = areAll(facts, ['MISSING'], 1)
  if (!isMissing && !areAll(facts, ['EXTRA'], 1) && !areAll(facts, ['DUPLICATE'], 1)) return false
  // Counted where the rows are: what the log has besides is counted in the log.
  const side = isMissing ? 'historian' : 'log'
  const rows = facts[side]
  const runs = runsOf(rows, new Set(facts.found.map((one) => one[side])))
  const [only] = runs
  const isWhole = (length: number): boolean => pages.some((size) => length > 0 && length % size === 0)
  if (runs.length === 1 && only !== undefined) {
    const isTail = only.from + only.length === rows.length && only.length > MOST_LATE
    return isWhole(only.length) || (isTail && isWhole(only.from))
  }
  const distances = new Set(runs.slice(1).map(({ from }, i) => from - (runs[i]?.from ?? 0)))
  const [distance = 0] = distances
  // The rows doubled in the log stand between those that are a page apart.
  const own = areAll(facts, ['DUPLICATE'], 1) ? distance - 1 : distance
  return (
    runs.length >= LEAST_EDGES &&
    distances.size === 1 &&
    runs.every(({ length }) => length === 1) &&
    pages.some((size) => own === size || own === size - 1)
  )
}

interface Run {
  /** Index of the first row. */
  readonly from: number
  readonly length: number
}

function runsOf(rows: readonly Sample[], marked: ReadonlySet<Sample | undefined>): Run[] {
  const runs: Run[] = []
  rows.forEach((row, i) => {
    if (!marked.has(row)) return
    const last = runs.at(-1)
    if (last !== undefined && last.from + last.length === i)
      runs[runs.length - 1] = { ...last, length: last.length + 1 }
    else runs.push({ from: i, length: 1 })
  })
  return runs
}

/** All differences are samples the log lacks, at most sixteen, in the last hour of what was compared. */
export function areLate(facts: CellFacts): boolean {
  const { edge, found } = facts
  if (edge === undefined || found.length > MOST_LATE || !areAll(facts, ['MISSING'], 1)) return false
  return timesOf(facts, 'historian').every((at) => at >= edge - LATE_WITHIN)
}
