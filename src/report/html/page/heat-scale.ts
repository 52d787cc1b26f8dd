/**
 * Heat scale: where the columns of a heat map lie on the screen, in CSS pixels. A cell of the picture merges as many
 * columns as it takes to be wide enough for its glyph, and shows the worst of them.
 */
import type { HeatScale } from '../../model.ts'

/** Narrower, a glyph is a smudge, and colour alone must not carry the meaning. */
const CELL_WIDTH_MIN = 11
/** Wider cells say no more. */
const CELL_WIDTH_MAX = 34

/** A place in the picture, both counted from 0. */
export interface Cell {
  readonly row: number
  readonly cell: number
}

export interface HeatLayout {
  /** Columns merged into one cell. */
  readonly merge: number
  readonly cells: number
  readonly cellWidth: number
}

/** The layout that shows all columns in `width` pixels. */
export function fitLayout(columns: number, width: number): HeatLayout {
  const most = Math.max(1, Math.floor(width / CELL_WIDTH_MIN))
  return layoutOf(columns, width, Math.max(1, Math.ceil(columns / most)))
}

/** The layout for a given number of merged columns: it may be wider than `width`. */
export function layoutOf(columns: number, width: number, merge: number): HeatLayout {
  const cells = Math.max(1, Math.ceil(columns / merge))
  return { merge, cells, cellWidth: Math.min(CELL_WIDTH_MAX, Math.max(CELL_WIDTH_MIN, width / cells)) }
}

/** The columns of a cell, `until` exclusive. */
export function columnsOf({ merge }: HeatLayout, cell: number, columns: number): { from: number; until: number } {
  return { from: cell * merge, until: Math.min(columns, (cell + 1) * merge) }
}

/** When a column begins, milliseconds since 1970. */
export function columnStartMs({ from, columnSeconds }: HeatScale, column: number): number {
  return Date.parse(from) + column * columnSeconds * 1000
}
