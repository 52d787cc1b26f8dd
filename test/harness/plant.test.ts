import { describe, expect, it } from 'vitest'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { readCurrentTruth } from './current-truth.ts'
import { contentOfTruth } from './expected.ts'
import { Plant, type ChangeKind } from './plant.ts'
import { visibilityOf } from './visible-changes.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

function plantOf(seed = 1): { plant: Plant; simulator: ReturnType<typeof createSimulator> } {
  const simulator = createSimulator({ scenario: 'empty' })
  return { simulator, plant: new Plant(simulator, { seed }) }
}

function lines(plant: Plant): string[] {
  return Array.from(plant.truth(), (row) => JSON.stringify(row))
}

describe('the plant', () => {
  it('has the same history whatever the pieces its time is cut into', () => {
    const whole = plantOf().plant
    whole.step(6 * HOUR_MS)
    const cut = plantOf().plant
    for (let minute = 0; minute < 6 * 60; minute += 4) cut.step(4 * MINUTE_MS)
    expect(lines(cut)).toEqual(lines(whole))
    expect(cut.changes).toEqual(whole.changes)
    const other = plantOf(2).plant
    other.step(6 * HOUR_MS)
    expect(lines(other)).not.toEqual(lines(whole))
  })

  it('has a day of late, edited, deleted and put back samples, of ties and of second thoughts', () => {
    const { plant } = plantOf()
    plant.step(24 * HOUR_MS)
    const shareOf = (kind: ChangeKind): number =>
      plant.changes.filter((change) => change.kind === kind && !isForecast(change.point)).length / plant.sent
    const forecast = Math.max(...Array.from(plant.truth(), (row) => row.pointId))
    const isForecast = (point: number): boolean => point === forecast
    expect(plant.sent).toBeGreaterThan(20_000)
    expect(shareOf('late')).toBeGreaterThan(0.018)
    expect(shareOf('edited')).toBeGreaterThan(0.008)
    expect(shareOf('deleted')).toBeGreaterThan(0.004)
    expect(shareOf('put back')).toBeGreaterThan(0)
    expect(shareOf('taken back')).toBeGreaterThan(0)
    const sizes = plant.changes.map(({ before, after }) => [before.length, after.length] as const)
    expect(sizes.some(([before, after]) => before > 1 && after < before)).toBe(true)
    expect(sizes.some(([before, after]) => before > 0 && after > before)).toBe(true)
    expect([...plant.truth()].some((row) => row.isSystemState)).toBe(true)
    expect([...plant.truth()].some((row) => row.value === 'NaN')).toBe(true)
  })

  it('tells each change as it was: replayed, they lead to what is there', () => {
    const { plant } = plantOf()
    plant.step(3 * HOUR_MS)
    plant.retypeTag('INT32.003', 'Float64')
    plant.step(3 * HOUR_MS)
    const held = new Map<string, string[]>()
    for (const row of plant.truth()) {
      const name = `${String(row.pointId)}|${row.ts}`
      held.set(name, [...(held.get(name) ?? []), contentOfTruth(row)])
    }
    for (const { point, ts, before, after } of plant.changes.toReversed()) {
      const name = `${String(point)}|${ts}`
      expect(held.get(name) ?? []).toEqual(after)
      held.set(name, [...before])
    }
  })

  it('goes on when its clock is set, and when tags come, go and change their name', () => {
    const { plant, simulator } = plantOf()
    plant.step(HOUR_MS)
    const before = plant.sent
    plant.jump(-2 * HOUR_MS)
    plant.step(HOUR_MS)
    expect(plant.sent).toBeGreaterThan(before * 1.5)
    plant.addTag()
    plant.renameTag('FLOAT32.001', 'NEW.NAME')
    plant.deleteTag('STRING.005')
    plant.step(HOUR_MS)
    const names = new Set(Array.from(plant.truth(), (row) => row.name))
    expect(names).toContain('FLOAT32.025')
    expect(names).toContain('NEW.NAME')
    expect(names).not.toContain('FLOAT32.001')
    expect(names).not.toContain('STRING.005')
    expect(simulator.historian.clock.now() % 36_000_000_000n).toBe(0n)
  })
})

describe('changes a log does not show', () => {
  const TS = '2026-01-01T00:00:00.0000000Z'
  const text = (value: number): string => `float32|${String(value)}|0|`
  const record = (rev: number, value: number, before?: number): string =>
    JSON.stringify({
      ...{ v: 1, tag: 'sim/1', ts: TS, ord: 0, rev, op: 'put', type: 'float32', value, status: 0, src: 'pi-web-api' },
      ...(before === undefined ? {} : { before: { type: 'float32', value: before, status: 0 } }),
    })
  const edit = (epoch: number, before: number, after: number) =>
    ({
      kind: 'edited',
      point: 1,
      ts: TS,
      epoch,
      isOfMarked: true,
      before: [text(before)],
      after: [text(after)],
    }) as const
  const seen = (changes: readonly ReturnType<typeof edit>[], ...records: string[]) =>
    visibilityOf({ changes, epoch: 3, gone: new Map(), retyped: new Map() }, 'sim', readCurrentTruth(records))

  it('are found', () => {
    expect(seen([edit(1, 1, 2)], record(0, 1), record(1, 2, 1))).toEqual({ demanded: 1, invisible: [] })
    expect(seen([edit(1, 1, 2)], record(0, 2)).invisible).toHaveLength(1)
    expect(seen([edit(1, 1, 2)], record(0, 1), record(1, 2, 7)).invisible).toHaveLength(1)
    expect(seen([edit(1, 1, 2), edit(2, 2, 1)], record(0, 1), record(1, 2, 1)).invisible).toHaveLength(1)
  })

  it('need one record each', () => {
    const records = [record(0, 1), record(1, 2, 1), record(2, 1, 2), record(3, 2, 1)]
    expect(seen([edit(1, 1, 2), edit(2, 1, 2)], ...records).invisible).toEqual([])
    expect(seen([edit(1, 1, 2), edit(2, 1, 2)], ...records.slice(0, 3)).invisible).toHaveLength(1)
  })

  it('may come in the old type of a tag that was just retyped, and be revised', () => {
    const late = { ...edit(1, 1, 2), kind: 'late', before: [] } as const
    const seenRetyped = (retyped: ReadonlyMap<number, number>, ...records: string[]) =>
      visibilityOf({ changes: [late], epoch: 3, gone: new Map(), retyped }, 'sim', readCurrentTruth(records)).invisible
    const records = [record(0, 1), record(1, 2, 1)]
    expect(seenRetyped(new Map([[1, 1]]), ...records)).toEqual([])
    expect(seenRetyped(new Map([[1, 1]]), record(0, 1), record(1, 3, 1))).toHaveLength(1)
    expect(seenRetyped(new Map([[1, 2]]), ...records)).toHaveLength(1)
    expect(seenRetyped(new Map(), ...records)).toHaveLength(1)
  })

  it('are not demanded before the first mark, after the last, or when there were two between marks', () => {
    expect(seen([edit(0, 1, 2), edit(1, 2, 3), edit(1, 3, 4), edit(3, 4, 5)]).demanded).toBe(0)
  })
})
