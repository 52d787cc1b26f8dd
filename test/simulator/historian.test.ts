import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createSimulator } from '../../src/simulator/simulator.ts'
import type { EventChange } from '../../src/simulator/historian.ts'
import { truthAt, truthOf } from '../../src/simulator/truth.ts'

const SECOND = 10_000_000n
/** 2026-01-01T00:00:00Z, where the manual clock stands. */
const NOW = 17_672_256_000_000_000n

function historianWithPoint(spec = {}) {
  const simulator = createSimulator({ scenario: 'empty' })
  const { historian } = simulator
  const { id } = historian.createPoint({ name: 'A', pointType: 'Float64', ...spec })
  const changes: EventChange[] = []
  historian.onChange((change) => changes.push(change))
  const values = (): unknown[] => [...simulator.truth()].map((row) => row.value)
  return { simulator, historian, id, changes, values }
}

describe('the live historian', () => {
  it('moves its clock only when told to', () => {
    const { historian } = historianWithPoint()
    expect(historian.clock.now()).toBe(NOW)
    historian.clock.advance(1500)
    expect(historian.clock.now()).toBe(NOW + 15_000_000n)
    expect(() => historian.clock.advance(-1)).toThrow(RangeError)
    historian.clock.step(-3500)
    expect(historian.clock.now()).toBe(NOW - 20_000_000n)
    const real = createSimulator({ scenario: 'empty', clock: 'real' }).historian.clock
    const before = BigInt(Date.now()) * 10_000n
    expect(real.now() >= before).toBe(true)
    expect(() => real.advance(1)).toThrow()
    expect(() => real.step(1)).toThrow()
    expect(() => real.run(1)).toThrow()
  })

  it('runs its clock by itself, at the rate asked for, from where it stands', () => {
    let machineMs = 5000
    const machine = vi.spyOn(performance, 'now').mockImplementation(() => machineMs)
    onTestFinished(() => machine.mockRestore())
    const { historian } = historianWithPoint()
    historian.clock.run(600)
    machineMs += 1000
    expect(historian.clock.now()).toBe(NOW + 600n * SECOND)
    historian.clock.step(-1000)
    expect(historian.clock.now()).toBe(NOW + 599n * SECOND)
    historian.clock.run(0)
    machineMs += 1000
    expect(historian.clock.now()).toBe(NOW + 599n * SECOND)
    expect(() => historian.clock.run(-1)).toThrow(RangeError)
    expect(() => historian.clock.run(Number.NaN)).toThrow(RangeError)
  })

  it('archives the snapshot when a newer value arrives, and an out-of-order value at once', () => {
    const { historian, id, values, changes } = historianWithPoint()
    historian.write(id, NOW, 1)
    expect(values()).toEqual([])
    historian.write(id, NOW + 2n * SECOND, 2)
    expect(values()).toEqual([1])
    historian.write(id, NOW + SECOND, 3)
    expect(values()).toEqual([1, 3])
    expect(changes.map((change) => change.action)).toEqual(['Add', 'Add', 'Insert'])
  })

  it('tells the snapshot too when asked, and what is at one time', () => {
    const { historian, id, values } = historianWithPoint()
    for (const value of [1, 2, 3]) historian.write(id, NOW, value)
    historian.insert(id, NOW - SECOND, 0)
    expect(values()).toEqual([0, 1, 2])
    expect([...truthOf(historian, { snapshots: true })].map((row) => row.value)).toEqual([0, 1, 2, 3])
    const point = historian.point(id)
    expect(truthAt(point, NOW).map((row) => [row.ord, row.value])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ])
    expect(truthAt(point, NOW + SECOND)).toEqual([])
  })

  it('a compressing point drops the snapshot that lies on the line, and says so', () => {
    const { historian, id, values, changes } = historianWithPoint({ compressing: true, compDev: 0.01 })
    for (const [second, value] of [
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 9],
    ] as const) {
      historian.write(id, NOW + BigInt(second) * SECOND, value)
    }
    expect(values()).toEqual([0, 3])
    expect(changes.map((change) => change.previousArchived)).toEqual([true, true, false, false, true])
  })

  it('edits mark Substituted, deletes remove one of a group, both are announced', () => {
    const { simulator, historian, id, values, changes } = historianWithPoint()
    for (const value of [1, 2, 3]) historian.insert(id, NOW, value)
    historian.edit(id, NOW, 1, 20)
    expect([...simulator.truth()].map((row) => [row.ord, row.value, row.substituted])).toEqual([
      [0, 1, false],
      [1, 20, true],
      [2, 3, false],
    ])
    historian.delete(id, NOW, 0)
    expect(values()).toEqual([20, 3])
    expect(changes.slice(3).map((change) => [change.action, change.event.value])).toEqual([
      ['Update', 20],
      ['Delete', 1],
    ])
    expect(() => historian.delete(id, NOW, 2)).toThrow(RangeError)
    expect(() => historian.edit(id, NOW + SECOND, 0, 1)).toThrow(RangeError)
  })

  it('renaming keeps id and history, names stay unique without case', () => {
    const { simulator, historian, id } = historianWithPoint()
    historian.insert(id, NOW, 1)
    historian.createPoint({ name: 'B', pointType: 'Int32' })
    historian.renamePoint('a', 'C')
    expect([...simulator.truth()].map((row) => [row.pointId, row.name])).toEqual([[id, 'C']])
    expect(() => historian.renamePoint(id, 'b')).toThrow(RangeError)
    historian.renamePoint(id, 'c')
    expect(historian.point('C').name).toBe('c')
    expect(() => historian.createPoint({ name: 'C', pointType: 'Int32' })).toThrow(RangeError)
  })

  it('a deleted id is never given again', () => {
    const { historian, id } = historianWithPoint()
    historian.deletePoint(id)
    expect(() => historian.point(id)).toThrow(RangeError)
    const { id: next } = historian.createPoint({ name: 'A', pointType: 'Int32' })
    expect(next).toBeGreaterThan(id)
    expect(historian.wasDeleted(historian.primary, id)).toBe(true)
    expect(historian.wasDeleted(historian.primary, next)).toBe(false)
  })

  it('a change of type carries values, states and flags over', () => {
    const { simulator, historian, id } = historianWithPoint()
    historian.insert(id, NOW, 1.75, { questionable: true })
    historian.insert(id, NOW + SECOND, { system: 246 })
    historian.retypePoint(id, 'String')
    const rows = [...simulator.truth()]
    expect(rows.map((row) => [row.pointType, row.value, row.questionable])).toEqual([
      ['String', '1.75', true],
      ['String', { code: 246, name: 'I/O Timeout' }, false],
    ])
    historian.retypePoint(id, 'Int32')
    expect([...simulator.truth()].map((row) => row.value)).toEqual([1, { code: 246, name: 'I/O Timeout' }])
  })

  it('keeps data ahead of the clock on future points', () => {
    const { historian, id, values } = historianWithPoint({ future: true })
    historian.write(id, NOW + 100n * SECOND, 2)
    historian.write(id, NOW + 50n * SECOND, 1)
    expect(values()).toEqual([1, 2])
  })
})
