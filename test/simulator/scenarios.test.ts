import { describe, expect, it } from 'vitest'
import { ODD_NAMES } from '../../src/simulator/scenarios/conformance.ts'
import { SCENARIO_NAMES } from '../../src/simulator/scenarios/named.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { formatTruthRow, type TruthRow } from '../../src/simulator/truth.ts'

const TYPES = ['Float16', 'Float32', 'Float64', 'Int16', 'Int32', 'Digital', 'String', 'Blob', 'Timestamp']

describe('scenarios', () => {
  it.each(SCENARIO_NAMES)('%s is the same to the last bit for the same seed, and another for another', (scenario) => {
    const text = (seed: number): string => {
      const rows: string[] = []
      for (const row of createSimulator({ scenario, seed, scale: 0.02 }).truth()) rows.push(formatTruthRow(row))
      return rows.join('\n')
    }
    expect(text(1)).toBe(text(1))
    if (scenario !== 'empty') expect(text(1)).not.toBe(text(2))
  })

  it('demo: some 64 tags over all types, several hundred thousand samples in 90 days', () => {
    const simulator = createSimulator({ scenario: 'demo' })
    const { points } = simulator.historian.primary
    expect(points).toHaveLength(64)
    expect(new Set(points.map((point) => point.pointType))).toEqual(new Set(TYPES))
    let rows = 0
    for (const point of points) rows += point.archive.archivedLength
    expect(rows).toBeGreaterThan(300_000)
    expect(rows).toBeLessThan(500_000)
    const [first] = simulator.truth()
    expect(first?.ts.slice(0, 10)).toBe('2025-10-03')
  })

  it('many-small and dense have the size they say, times scale', () => {
    const small = createSimulator({ scenario: 'many-small', scale: 0.1 }).historian.primary.points
    expect(small).toHaveLength(100)
    expect(small.every((point) => point.archive.archivedLength === 100)).toBe(true)
    const dense = createSimulator({ scenario: 'dense', scale: 0.01 }).historian.primary.points
    expect(dense.map((point) => point.archive.archivedLength)).toEqual([2500, 2500, 2500, 2500])
  })

  it('conformance holds what readers trip over', () => {
    const simulator = createSimulator({ scenario: 'conformance' })
    const rows = new Map<string, TruthRow[]>()
    for (const row of simulator.truth()) rows.set(row.name, [...(rows.get(row.name) ?? []), row])
    for (const name of ODD_NAMES) expect(rows.get(name)).toHaveLength(5)
    expect(simulator.historian.point('EMPTY.FLOAT').archive.length).toBe(0)
    for (const type of TYPES) {
      const own = rows.get(`TYPE.${type.toUpperCase()}`) ?? []
      expect(own.some((row) => row.isSystemState && !row.good)).toBe(true)
      expect(own.some((row) => row.isSystemState && row.good)).toBe(true)
      expect(own.some((row) => !row.isSystemState && !row.good)).toBe(true)
      expect(own.some((row) => row.questionable && row.substituted && row.annotated)).toBe(true)
    }
    const values = (name: string): unknown[] => (rows.get(name) ?? []).map((row) => row.value)
    expect(values('TYPE.FLOAT32')).toEqual(expect.arrayContaining(['NaN', 'Infinity', -0, Math.fround(1e-45)]))
    expect(values('TYPE.INT32')).toEqual(expect.arrayContaining([2_147_483_647, -2_147_483_648]))
    expect(values('TYPE.STRING')).toEqual(expect.arrayContaining(['']))
    const groups = (rows.get('TIES.LARGER-THAN-A-PAGE') ?? []).map((row) => row.ord)
    expect(Math.max(...groups)).toBe(2499)
    for (const size of [1, 2, 7, 1000]) {
      // Some page of this size ends in the middle of a group.
      const cut = [...rows.values()].some((list) => list.some((row, i) => i > 0 && i % size === 0 && row.ord > 0))
      expect(cut).toBe(true)
    }
    expect(values('TIME.FUTURE-FAR')).toHaveLength(2)
    expect(rows.get('TIME.FUTURE-FAR')?.at(-1)?.ts).toBe('2038-01-19T03:14:07.0000000Z')
  })

  it('truth lines keep the sign of zero', () => {
    const simulator = createSimulator({ scenario: 'conformance' })
    const lines = [...simulator.truth()].filter((row) => Object.is(row.value, -0)).map(formatTruthRow)
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(Object.is((JSON.parse(line) as TruthRow).value, -0)).toBe(true)
  })
})
