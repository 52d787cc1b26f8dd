import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellStart } from '../../src/domain/cell.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'
import { coarsened, latestOf, overlay, type CheckedWindow } from '../../src/store/checked-windows.ts'

const WIDTH = 4n

function span(from: number, until: number): Window {
  return { from: ticks(BigInt(from)), until: ticks(BigInt(until)) }
}

function checked(from: number, until: number, look: number): CheckedWindow {
  return { ...span(from, until), look, outcome: 'compared' }
}

/** The look that counts at each place, worked out place by place. */
class Places {
  readonly #looks = new Map<number, number>()

  see(window: Window, look: number): void {
    for (let at = Number(window.from); at < Number(window.until); at++) {
      const cell = Number(cellStart(ticks(BigInt(at)), WIDTH))
      const isLater = [0, 1, 2, 3].some((i) => (this.#looks.get(cell + i) ?? 0) > look)
      if (!isLater) this.#wanted.set(at, look)
    }
    for (const [at, one] of this.#wanted) this.#looks.set(at, one)
    this.#wanted.clear()
  }

  readonly #wanted = new Map<number, number>()

  all(): [number, number][] {
    return [...this.#looks].sort(([a], [b]) => a - b)
  }
}

function placesOf(windows: readonly CheckedWindow[]): [number, number][] {
  return windows.flatMap(({ from, until, look }) =>
    Array.from({ length: Number(until - from) }, (_, i): [number, number] => [Number(from) + i, look]),
  )
}

describe('checked windows', () => {
  it('tell the latest look at each place, whichever is told first, and never half a cell of it', () => {
    const look = fc.record({
      from: fc.nat(40),
      length: fc.integer({ min: 1, max: 20 }),
      look: fc.integer({ min: 1, max: 6 }),
    })
    fc.assert(
      fc.property(fc.array(look, { maxLength: 12 }), (looks) => {
        let windows: CheckedWindow[] = []
        const places = new Places()
        for (const { from, length, look: number } of looks) {
          const seen = latestOf(windows, [span(from, from + length)], number, WIDTH)
          windows = overlay(windows, seen, { look: number, outcome: 'compared' })
          places.see(span(from, from + length), number)
        }
        expect(placesOf(windows)).toEqual(places.all())
        // One window for neighbours of one look.
        expect(windows.some((one, i) => windows[i - 1]?.until === one.from && windows[i - 1]?.look === one.look)).toBe(
          false,
        )
      }),
    )
  })

  it('keep what a failure says apart from what was compared', () => {
    const windows = overlay([checked(0, 8, 3)], [span(4, 8)], { look: 3, outcome: 'unreadable' })
    expect(windows.map(({ outcome }) => outcome)).toEqual(['compared', 'unreadable'])
  })

  it('are made fewer by the oldest neighbours, under the older look, and never across a gap', () => {
    const known = [checked(0, 4, 5), checked(4, 8, 2), checked(8, 12, 3), checked(16, 20, 1), checked(20, 24, 9)]
    expect(coarsened(known, 4, () => true)).toEqual([
      checked(0, 4, 5),
      checked(4, 12, 2),
      checked(16, 20, 1),
      checked(20, 24, 9),
    ])
    expect(coarsened(known, 1, () => true)).toEqual([checked(0, 12, 2), checked(16, 24, 1)])
    expect(coarsened(known, 1, (a, b) => Math.max(a, b) < 4)).toHaveLength(4)
    expect(coarsened(known, 5, () => true)).toEqual(known)
  })
})
