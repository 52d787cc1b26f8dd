/**
 * Tiers: the ways to compare a cell, from the cheapest, and which faults of the catalogue each sees. A tier sees a fault
 * when it sees it every time it is planted: in every side that it looks at, in every kind of signal, with every seed.
 */
import { numberOf } from '../../src/verify/classify/meaning.ts'
import type { Sample } from '../../src/domain/sample.ts'
import type { TierCapability } from '../../src/report/model.ts'
import { areEqual } from '../../src/verify/cell-digests.ts'
import { differencesOf } from '../../src/verify/classify/differences.ts'
import { Random } from '../../src/simulator/random.ts'
import { CATALOGUE, plant, REORDER } from './catalogue.ts'
import { cellsOf, type CellSides } from './judge.ts'
import { SIDES, type Mutator, type Side } from './mutator.ts'
import { cleanSeries, HOUR } from './series.ts'

interface Tier {
  readonly tier: string
  readonly text: string
  /** Where it looks. */
  readonly sides: readonly Side[]
  /** True when the two sides of the cell are not the same to it. */
  readonly differ: (cell: CellSides) => boolean
}

const TIERS: readonly Tier[] = [
  {
    tier: 'count',
    text: 'The number of samples in each cell.',
    sides: SIDES,
    differ: ({ ofHistorian, ofLog }) => ofHistorian.count !== ofLog.count,
  },
  {
    tier: 'summary',
    text: "The historian's own summary of each cell (how many samples; sum, minimum and maximum of good numbers), asked for again and held against what it was before. It shows what the historian changed since, and nothing of the log.",
    sides: ['historian'],
    // The log is what the historian was before the fault.
    differ: ({ historian: now, log: before }) =>
      [isCounted, isGood].every((counts) => !areAlike(summaryOf(now, counts), summaryOf(before, counts))),
  },
  {
    tier: 'digest',
    text: 'A digest of each cell over time, type, value, status and flags of every sample, read from the historian again.',
    sides: SIDES,
    differ: ({ ofHistorian, ofLog }) => !areEqual(ofHistorian, ofLog),
  },
  {
    tier: 'rows',
    text: 'Every sample of a cell whose digests differ, one by one, which also tells how they differ.',
    sides: SIDES,
    differ: ({ historian, log }) => differencesOf(historian, log).length > 0,
  },
]

type Summary = readonly [count: number, sum: number, min: number, max: number]

function summaryOf(samples: readonly Sample[], counts: (sample: Sample) => boolean): Summary {
  const numbers = samples.flatMap((sample) => {
    const number = numberOf(sample)
    return number === undefined || !isGood(sample) ? [] : [Number(number)]
  })
  const sum = numbers.reduce((total, number) => total + number, 0)
  return [samples.filter(counts).length, sum, Math.min(...numbers), Math.max(...numbers)]
}

function isGood({ status }: Sample): boolean {
  return status >>> 30 === 0
}

/** Some historians count bad samples, others do not: what is promised holds for both. */
function isCounted(): boolean {
  return true
}

/** Answers are compared to the last bit; but how exactly a historian adds is not known, so no smaller change is promised. */
const SUMMARY_ROUNDING = 1e-9

function areAlike(a: Summary, b: Summary): boolean {
  return a.every((number, i) => {
    const other = b[i] ?? NaN
    const smaller = Math.min(Math.abs(number), Math.abs(other))
    return Object.is(number, other) || Math.abs(number - other) <= SUMMARY_ROUNDING * smaller
  })
}

const SEEDS = [1, 2]

/** What the report says the tiers see; takes some seconds. */
export function computeCapability(): TierCapability[] {
  const faults = [...CATALOGUE, REORDER].map((mutator) => ({ fault: mutator.fault, seenBy: tiersSeeing(mutator) }))
  return TIERS.map((one) => {
    const sees = faults.filter(({ seenBy }) => seenBy.has(one)).map(({ fault }) => fault)
    const cannotSee = faults.filter(({ seenBy }) => !seenBy.has(one)).map(({ fault }) => fault)
    return { tier: one.tier, text: one.text, sees, cannotSee }
  })
}

function tiersSeeing(mutator: Mutator): Set<Tier> {
  const seeing = new Set(TIERS)
  for (const signal of mutator.signals) {
    for (const seed of SEEDS) {
      for (const side of SIDES) {
        const cells = cellsOf(plant(mutator, side, cleanSeries(signal, seed), new Random(seed), signal), HOUR)
        for (const tier of seeing) if (tier.sides.includes(side) && !cells.some(tier.differ)) seeing.delete(tier)
      }
    }
  }
  return seeing
}
