import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ticks } from '../../src/domain/ticks.ts'
import { countVerdicts, NO_VERDICTS, WORST_FIRST } from '../../src/domain/verdict.ts'
import type { Window } from '../../src/domain/window.ts'
import { CellStates, type CellState } from '../../src/store/cell-states.ts'
import { refusal } from './refusal.ts'

function span(from: number, until: number): Window {
  return { from: ticks(BigInt(from)), until: ticks(BigInt(until)) }
}

const STATE: fc.Arbitrary<CellState> = fc.constantFrom<CellState[]>(
  { verdict: 'match' },
  { verdict: 'explained' },
  { verdict: 'waived' },
  { verdict: 'mismatch' },
  { verdict: 'inconclusive', reason: 'moving' },
  { verdict: 'pending', reason: 'changed-since' },
  { verdict: 'pending', reason: 'not-settled' },
)

describe('cell states', () => {
  it('refuse to be counted while a cell has no verdict', () => {
    const states = new CellStates(span(0, 100), 10n)
    states.paint([span(0, 90)], { verdict: 'match' })
    expect(refusal(() => states.count()).code).toBe('BANYAN_INTERNAL')
    states.paint([span(95, 96)], { verdict: 'pending', reason: 'not-settled' })
    expect(states.count()).toEqual({
      verdicts: { ...NO_VERDICTS, match: 9, pending: 1 },
      inconclusive: {},
      pending: { 'not-settled': 1 },
    })
  })

  it('paint every cell a window touches, and nothing outside', () => {
    const states = new CellStates(span(-20, 40), 10n)
    states.paint([span(-20, 40)], { verdict: 'match' })
    states.paint([span(-100, -19), span(9, 11), span(39, 100)], { verdict: 'mismatch' })
    expect(states.runs(({ verdict }) => verdict === 'mismatch')).toEqual([span(-20, -10), span(0, 20), span(30, 40)])
    expect(states.at(ticks(-21n))).toBeUndefined()
    expect(states.at(ticks(40n))).toBeUndefined()
  })

  it('add up whatever is painted, and never show a column better than its worst cell', () => {
    const paints = fc.array(fc.tuple(fc.integer({ min: -5, max: 60 }), fc.integer({ min: 1, max: 30 }), STATE), {
      maxLength: 10,
    })
    fc.assert(
      fc.property(paints, fc.integer({ min: 1, max: 25 }), fc.integer({ min: -12, max: 12 }), (some, column, from) => {
        const states = new CellStates(span(0, 60), 3n)
        states.paint([span(0, 60)], { verdict: 'match' })
        for (const [start, length, state] of some) states.paint([span(start, start + length)], state)
        expect(countVerdicts(states.count().verdicts)).toBe(20)
        const columns = 40
        const heat = states.heat({ from: ticks(BigInt(from)), columnTicks: BigInt(column), columns })
        const letters = [...heat.matchAll(/(\d+)([a-z.])/g)].map(([, n, letter]) => letter!.repeat(Number(n))).join('')
        expect(letters).toHaveLength(columns)
        for (let i = 0; i < columns; i++) {
          const [begin, end] = [from + i * column, from + (i + 1) * column]
          const inside = Array.from({ length: 20 }, (_, n) => n * 3)
            .filter((at) => at < end && at + 3 > begin)
            .map((at) => states.at(ticks(BigInt(at)))!.verdict)
          const worst = WORST_FIRST.find((verdict) => inside.includes(verdict))
          expect(letters[i]).toBe(worst === undefined ? '.' : worst === 'mismatch' ? 'x' : worst[0])
        }
      }),
    )
  })
})
