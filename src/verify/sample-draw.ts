/**
 * Sample draw: which cells a sample looks at. Pure.
 *
 * Each tag's cells are cut into strata of `every` neighbours, aligned to time, and one cell of each is drawn by a hash of
 * the seed, the tag and the stratum. So every tag and every time is looked at, every cell is drawn with the same chance
 * of one in `every`, whatever is suspected there, and who knows the seed draws the same cells again: nothing has to be
 * remembered. History that grows adds strata and redraws none.
 */
import { createHash } from 'node:crypto'
import { cellStart } from '../domain/cell.ts'
import type { Coverage } from '../domain/coverage.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'

/** Of one request: a request for nothing costs a historian about as much as so many rows. */
const READ_ALONG_SAMPLES = 200

export interface SampleDraw {
  /** Cells in a stratum. */
  readonly every: number
  readonly seed: number
}

/**
 * A stratum that has cells in the windows, and its drawn cell if that is one of them; undefined: it is not, and nothing
 * is known of the others.
 */
export interface Stratum {
  readonly drawn: Ticks | undefined
}

/** The strata of whole cells, ascending. `windows`: ascending and disjoint; `width` of a cell, in ticks. */
export function* strataOf(draw: SampleDraw, tag: TagId, windows: Coverage, width: bigint): Generator<Stratum> {
  const stratumWidth = BigInt(draw.every) * width
  let at: Ticks | undefined
  let isDrawn = false
  let drawn = 0n as Ticks
  for (const window of windows) {
    const first = cellStart(window.from, stratumWidth)
    for (let start = first; start < window.until; start = (start + stratumWidth) as Ticks) {
      if (start !== at) {
        if (at !== undefined) yield { drawn: isDrawn ? drawn : undefined }
        at = start
        isDrawn = false
        drawn = drawnCell(draw, tag, start, width)
      }
      isDrawn ||= drawn >= window.from && drawn < window.until
    }
  }
  if (at !== undefined) yield { drawn: isDrawn ? drawn : undefined }
}

/** The drawn cells among whole cells, ascending and disjoint. */
export function drawnWithin(draw: SampleDraw, tag: TagId, windows: Coverage, width: bigint): Window[] {
  const cells: Window[] = []
  for (const { drawn } of strataOf(draw, tag, windows, width)) {
    if (drawn !== undefined) cells.push({ from: drawn, until: (drawn + width) as Ticks })
  }
  return cells
}

/**
 * Drawn windows as they are best read: where hardly a sample lies between two of them, one request for both costs the
 * historian less than two. What lies between is compared along, and is no part of the sample.
 */
export function readTogether(drawn: Coverage, samplesIn: (gap: Window) => number): Window[] {
  const windows: Window[] = []
  let between = 0
  for (const { from, until } of drawn) {
    const last = windows.at(-1)
    if (last !== undefined) between += samplesIn({ from: last.until, until: from })
    if (last !== undefined && between <= READ_ALONG_SAMPLES) windows[windows.length - 1] = { from: last.from, until }
    else {
      windows.push({ from, until })
      between = 0
    }
  }
  return windows
}

function drawnCell({ every, seed }: SampleDraw, tag: TagId, stratum: Ticks, width: bigint): Ticks {
  const hash = createHash('sha256')
    .update(JSON.stringify([seed, tag, stratum.toString()]))
    .digest()
  // 64 bits: what the remainder prefers is beyond all counting.
  return (stratum + (hash.readBigUInt64BE() % BigInt(every)) * width) as Ticks
}
