/**
 * Sweep plan: which windows of a tag a sweep compares, and in which pieces it reads them. Pure.
 *
 * Compared is what is covered and settled of the look-back and of the dirty windows, both rounded outwards to whole
 * cells: a cell's digest speaks of all its samples, so half a cell could only be compared row by row.
 */
import { cellStart, outwards } from '../domain/cell.ts'
import { addWindows, NOTHING_COVERED, within, type Coverage } from '../domain/coverage.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'

export interface Wanted {
  /** Everything from here on; undefined: only what is dirty. */
  readonly lookBackFrom: Ticks | undefined
  readonly dirty: readonly Window[]
  /**
   * Exclusive: what is newer may still change by normal means, and nobody looks. Undefined for a tag that holds future
   * data, whose forecasts are compared up to the last one covered.
   */
  readonly settled: Ticks | undefined
}

/** The windows to compare, ascending and disjoint; `width` of a cell, in ticks. */
export function windowsToCompare(covered: Coverage, wanted: Wanted, width: bigint): Coverage {
  const end = covered.at(-1)?.until
  if (end === undefined) return NOTHING_COVERED
  const until = wanted.settled === undefined || wanted.settled > end ? end : wanted.settled
  const { lookBackFrom } = wanted
  const doubtful = lookBackFrom === undefined || lookBackFrom >= until ? [] : [{ from: lookBackFrom, until }]
  // Of a doubt nobody has copied yet there is nothing to compare, its cell included.
  const dirty = wanted.dirty.flatMap((window) =>
    within(covered, { from: window.from, until: window.until < until ? window.until : until }),
  )
  const whole = [...doubtful, ...dirty].map((window) => outwards(window, width))
  return addWindows(NOTHING_COVERED, whole).flatMap((window) =>
    window.from >= until
      ? []
      : within(covered, { from: window.from, until: window.until < until ? window.until : until }),
  )
}

/** Cells the windows touch. */
export function countCells(windows: Coverage, width: bigint): number {
  let cells = 0n
  let counted: Ticks | undefined
  for (const window of windows) {
    const { from, until } = outwards(window, width)
    // Two windows may share a cell: what is between them is not covered.
    const start = counted !== undefined && counted > from ? counted : from
    cells += (until - start) / width
    counted = until
  }
  return Number(cells)
}

/** The windows cut where a multiple of `length` ticks, itself a multiple of the cell width, lies; grouped by it. */
export function* blocksOf(windows: Coverage, length: bigint): Generator<Coverage> {
  let block: Window[] = []
  let end: bigint | undefined
  for (const { from, until } of windows) {
    for (let at = from; at < until;) {
      const blockEnd = (cellStart(at, length) + length) as Ticks
      if (end !== blockEnd && block.length > 0) {
        yield block
        block = []
      }
      end = blockEnd
      const cut = blockEnd < until ? blockEnd : until
      block.push({ from: at, until: cut })
      at = cut
    }
  }
  if (block.length > 0) yield block
}

export interface Slice {
  readonly window: Window
  /** Samples the log has there, or a few more. */
  readonly expected: number
}

/**
 * The windows cut at cell starts so that a slice is expected to hold at most `rowLimit` samples: one page, however
 * densely a tag is sampled, unless a single cell holds more. `cells` ascending.
 */
export function* slicesOf(
  windows: Coverage,
  cells: readonly { readonly window: Window; readonly digest: { readonly count: number } }[],
  rowLimit: number,
): Generator<Slice> {
  for (const { from, until } of windows) {
    let at = from
    let expected = 0
    for (const { window, digest } of cells) {
      if (window.until <= from || window.from >= until) continue
      if (window.from > at && expected > 0 && expected + digest.count > rowLimit) {
        yield { window: { from: at, until: window.from }, expected }
        at = window.from
        expected = 0
      }
      expected += digest.count
    }
    yield { window: { from: at, until }, expected }
  }
}
