/** Cell: a tag's samples of one aligned UTC window, the unit of comparison. All cells of a bridge have one width. */
import { addWindows, NOTHING_COVERED, type Coverage } from './coverage.ts'
import type { Ticks } from './ticks.ts'
import type { Window } from './window.ts'

/** Start of the aligned window of `width` ticks that holds `at`. */
export function cellStart(at: Ticks, width: bigint): Ticks {
  const rest = at % width
  return (rest < 0n ? at - rest - width : at - rest) as Ticks
}

/** The window of whole cells around a window. */
export function outwards({ from, until }: Window, width: bigint): Window {
  const start = cellStart(until, width)
  return { from: cellStart(from, width), until: start === until ? until : ((start + width) as Ticks) }
}

/** All cells the windows touch, ascending and disjoint. */
export function cellsTouched(windows: Coverage, width: bigint): Coverage {
  return addWindows(
    NOTHING_COVERED,
    windows.map((window) => outwards(window, width)),
  )
}

/** The cells that lie wholly inside the windows, in their order. */
export function wholeCells(windows: Coverage, width: bigint): Window[] {
  const cells: Window[] = []
  for (const { from, until } of windows) {
    const first = cellStart(from, width)
    for (let at = first < from ? first + width : first; at + width <= until; at += width) {
      cells.push({ from: at as Ticks, until: (at + width) as Ticks })
    }
  }
  return cells
}
