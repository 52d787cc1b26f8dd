import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Archive } from '../../src/simulator/archive.ts'
import { ticksFromGrid } from '../../src/simulator/grid.ts'

interface ModelRow {
  readonly grid: number
  value: number
  substituted: boolean
}

const change = fc.oneof(
  fc.record({ op: fc.constant('insert' as const), grid: fc.integer({ min: 0, max: 20 }), value: fc.integer() }),
  fc.record({ op: fc.constant('remove' as const), at: fc.nat(40) }),
  fc.record({ op: fc.constant('replace' as const), at: fc.nat(40), value: fc.integer() }),
)

function rowsOf(archive: Archive): ModelRow[] {
  return Array.from({ length: archive.length }, (_, row) => ({
    grid: archive.gridAt(row),
    value: archive.eventAt(row).value as number,
    substituted: archive.eventAt(row).substituted,
  }))
}

describe('archive', () => {
  it('behaves as a list sorted by time with ties in insert order', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const archive = new Archive('Int32')
        const model: ModelRow[] = []
        for (const step of changes) {
          if (step.op === 'insert') {
            archive.insert(step.grid, step.value)
            const after = model.findIndex((row) => row.grid > step.grid)
            model.splice(after < 0 ? model.length : after, 0, { ...step, substituted: false })
          } else if (model.length > 0) {
            const row = step.at % model.length
            if (step.op === 'remove') {
              archive.remove(row)
              model.splice(row, 1)
            } else {
              archive.replace(row, step.value, { substituted: true })
              model[row] = { grid: model[row]!.grid, value: step.value, substituted: true }
            }
          }
        }
        expect(rowsOf(archive)).toEqual(model.map(({ grid, value, substituted }) => ({ grid, value, substituted })))
        expect(archive.archivedLength).toBe(model.length)
      }),
    )
  })

  it('keeps the values of every type, and strings and blobs in their place when a late event comes in between', () => {
    const strings = new Archive('String')
    for (const [grid, text] of [
      [1, 'a'],
      [3, 'c'],
      [2, 'b'],
    ] as const) {
      strings.insert(grid, text)
    }
    strings.insert(4, { system: 246 })
    expect(Array.from({ length: 4 }, (_, row) => strings.valueAt(row))).toEqual([
      'a',
      'b',
      'c',
      { name: 'I/O Timeout', value: 246, isSystem: true },
    ])
    strings.remove(0)
    expect(strings.valueAt(0)).toBe('b')
    const times = new Archive('Timestamp')
    times.insert(2, 5n)
    times.insert(1, -5n)
    expect([times.valueAt(0), times.valueAt(1)]).toEqual([-5n, 5n])
    expect(() => times.insert(3, 1)).toThrow(TypeError)
    const singles = new Archive('Float32')
    singles.insert(0, -0)
    singles.insert(1, 0.1)
    expect(singles.valueAt(0)).toBe(-0)
    expect(singles.valueAt(1)).toBe(Math.fround(0.1))
  })

  it('a state is not good unless it is said to be, and says so on a digital point too', () => {
    const archive = new Archive('Digital', new Map([[1, 'On']]))
    archive.insert(0, 1)
    archive.insert(1, { system: 254 })
    archive.insert(2, { system: 254 }, { good: true })
    expect(archive.eventAt(0)).toMatchObject({ value: { name: 'On', value: 1, isSystem: false }, good: true })
    expect(archive.eventAt(1)).toMatchObject({ value: { name: 'Shutdown', value: 254, isSystem: true }, good: false })
    expect(archive.eventAt(2).good).toBe(true)
  })

  it('keeps the snapshot apart from what is archived', () => {
    const archive = new Archive('Int32')
    archive.insert(10, 1)
    archive.setSnapshot(20, 2)
    archive.setSnapshot(21, 3)
    expect([archive.length, archive.archivedLength]).toEqual([2, 1])
    archive.insert(15, 4)
    expect(archive.valueAt(2)).toBe(3)
    archive.archiveSnapshot()
    expect(archive.archivedLength).toBe(3)
    archive.setSnapshot(30, 5)
    archive.insert(40, 6)
    expect(archive.archivedLength).toBe(5)
    expect(() => archive.setSnapshot(5, 0)).toThrow(RangeError)
  })

  it('knows nothing of rows that were removed', () => {
    const archive = new Archive('Int32')
    archive.insert(5, 1)
    archive.insert(6, 2)
    archive.remove(1)
    expect(archive.gridAt(1)).toBeNaN()
    expect(() => archive.valueAt(1)).toThrow(RangeError)
    expect(() => archive.remove(1)).toThrow(RangeError)
  })

  it('a late insert or a delete does not move rows under a reader that holds the columns', () => {
    const archive = new Archive('Int32')
    for (let i = 0; i < 10; i++) archive.insert(i, i)
    const { grids, values } = archive.columns
    archive.insert(3, 99)
    archive.remove(0)
    expect([...grids.slice(0, 10)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect([...values.slice(0, 10)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('finds the first row at or after a tick', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { maxLength: 20 }), fc.nat(5000), (grids, at) => {
        const archive = new Archive('Int32')
        for (const grid of grids) archive.insert(grid, 0)
        const ticks = grids.map(ticksFromGrid).sort((a, b) => (a < b ? -1 : 1))
        const expected = ticks.findIndex((tick) => tick >= BigInt(at))
        expect(archive.lowerBound(BigInt(at))).toBe(expected < 0 ? grids.length : expected)
      }),
    )
  })
})
