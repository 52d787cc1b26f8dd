import { describe, expect, it } from 'vitest'
import { cellStart } from '../../src/domain/cell.ts'
import { countVerdicts, DIFFERENCE_CLASSES } from '../../src/domain/verdict.ts'
import { areEqual } from '../../src/verify/cell-digests.ts'
import { differencesOf, summarise } from '../../src/verify/classify/differences.ts'
import { Random } from '../../src/simulator/random.ts'
import { BENIGN, CATALOGUE, plant, REORDER, type Planted } from './catalogue.ts'
import { cleanCells } from './clean-cells.ts'
import { cellsOf, judge, tagOf, tallyOf } from './judge.ts'
import { classesOn, SIDES, type Mutator, type Side } from './mutator.ts'
import { cleanSeries, HOUR, type Signal } from './series.ts'

const SEEDS = [1, 2]
const DAY = 24n * HOUR

function planted(mutator: Pick<Mutator, 'apply'>, side: Side, signal: Signal, seed = 1): Planted {
  return plant(mutator, side, cleanSeries(signal, seed), new Random(seed), signal)
}

const cases = CATALOGUE.flatMap((mutator) =>
  mutator.signals.flatMap((signal) => SIDES.map((side) => ({ name: mutator.name, signal, side, mutator }))),
)

describe('the mutation catalogue', () => {
  it('has a name and words of its own for every fault, and every class', () => {
    expect(new Set(CATALOGUE.map(({ name }) => name)).size).toBe(CATALOGUE.length)
    expect(new Set(CATALOGUE.map(({ fault }) => fault)).size).toBe(CATALOGUE.length)
    const classes = new Set([...CATALOGUE, REORDER].flatMap((mutator) => mutator.classes))
    expect([...classes].sort()).toEqual([...DIFFERENCE_CLASSES].sort())
  })

  it.each(cases)('$name in the $side, $signal: detected, located, classified, cause', ({ mutator, signal, side }) => {
    for (const seed of SEEDS) {
      const sides = planted(mutator, side, signal, seed)
      const tally = tallyOf(sides)
      const { doubtful, found } = judge(sides, tagOf(0), tally, HOUR, mutator.isNewest)
      expect(doubtful.length).toBeGreaterThan(0)
      expect(new Set(doubtful)).toEqual(new Set(sides.touched.map((at) => cellStart(at, HOUR))))
      const classes = new Set(found.map((one) => one.class))
      for (const one of classesOn(side, mutator.also ?? [])) classes.delete(one)
      expect(classes).toEqual(new Set(classesOn(side, mutator.classes)))
      expect(tally.causeOf(tagOf(0))?.cause).toBe(mutator.cause?.[side])
    }
  })
})

describe('what changes nothing', () => {
  it.each(BENIGN.flatMap(({ name, signals, apply }) => signals.map((signal) => ({ name, signal, apply }))))(
    'raises no doubt: $name, $signal',
    ({ signal, apply }) => {
      for (const side of SIDES) {
        const sides = planted({ apply }, side, signal)
        expect(judge(sides, tagOf(0), tallyOf(sides), HOUR)).toEqual({ doubtful: [], found: [] })
        expect(differencesOf(sides.historian, sides.log)).toEqual([])
      }
    },
  )

  it('raises no doubt in 20,000 clean cells of all kinds of samples', () => {
    let cells = 0
    for (const sides of cleanCells(20_000, 7)) {
      const [cell] = cellsOf(sides, HOUR)
      if (cell !== undefined && !areEqual(cell.ofHistorian, cell.ofLog)) expect.unreachable(`cell ${cells}`)
      expect(differencesOf(sides.historian, sides.log)).toEqual([])
      cells += 1
    }
    expect(cells).toBe(20_000)
  })

  it('is remarked when asked: another order inside a tick', () => {
    const { historian, log } = planted(REORDER, 'log', 'ties')
    expect(Object.keys(summarise(differencesOf(historian, log, { order: true }), 0).counts)).toEqual(['ORDER'])
  })
})

describe('causes that need more than a cell of an hour', () => {
  it.each(['walk', 'sine', 'text'] as const)('sees a folded hour within a cell of a day, %s', (signal) => {
    const fold = CATALOGUE.find(({ name }) => name === 'fold-an-hour')!
    for (const side of SIDES) {
      const sides = planted(fold, side, signal)
      const tally = tallyOf(sides)
      const { found } = judge(sides, tagOf(0), tally, DAY)
      expect(found.length).toBeGreaterThan(600)
      expect(new Set(found.map((one) => one.class))).toEqual(new Set(['TIME']))
      expect(tally.causeOf(tagOf(0))?.cause).toBe('whole-hour-shift')
    }
  })

  it('sees a shifted series within a cell of a day', () => {
    const shift = CATALOGUE.find(({ name }) => name === 'shift-series-an-hour')!
    const sides = planted(shift, 'log', 'sine')
    const tally = tallyOf(sides)
    judge(sides, tagOf(0), tally, DAY)
    expect(tally.causeOf(tagOf(0))?.cause).toBe('whole-hour-shift')
  })

  it.each(['walk', 'digital', 'text'] as const)(
    'sees two tags swapped, and not the third that is merely wrong, %s',
    (signal) => {
      const [a, b, c] = [1, 2, 3].map((seed) => cleanSeries(signal, seed))
      const sides = [
        { historian: a!, log: b!, touched: [] },
        { historian: b!, log: a!, touched: [] },
        { historian: c!, log: a!, touched: [] },
      ]
      const tally = tallyOf(...sides)
      sides.forEach((one, i) => judge(one, tagOf(i), tally, HOUR))
      expect([0, 1, 2].map((i) => tally.causeOf(tagOf(i)))).toEqual([
        { cause: 'tag-swap', detail: 'with plant/1' },
        { cause: 'tag-swap', detail: 'with plant/0' },
        undefined,
      ])
      expect(tally.causes()).toMatchObject([{ cause: 'tag-swap', cells: 6, tags: 2 }])
    },
  )
})

it('keeps the conservation law over verdicts of all cells of the catalogue', () => {
  let [expected, counts] = [0, { match: 0, explained: 0, waived: 0, mismatch: 0, inconclusive: 0, pending: 0 }]
  for (const mutator of CATALOGUE) {
    const cells = cellsOf(planted(mutator, 'log', mutator.signals[0]!), HOUR)
    const doubtful = cells.filter((cell) => !areEqual(cell.ofHistorian, cell.ofLog)).length
    expected += cells.length
    counts = { ...counts, match: counts.match + cells.length - doubtful, mismatch: counts.mismatch + doubtful }
  }
  expect(countVerdicts(counts)).toBe(expected)
})
