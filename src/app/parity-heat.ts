/** Heat scale: how wide a column of the heat map is, so that the map of any period fits on a screen. Pure. */
import { cellStart } from '../domain/cell.ts'
import { parseTicks, TICKS_PER_SECOND, type Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { HeatColumns } from '../store/cell-states.ts'

/** A pixel or two each on a large screen; ten years are columns of ten days. */
const COLUMNS_MAX = 400

const HOUR = 3_600n * TICKS_PER_SECOND
const DAY = 24n * HOUR
/** Widths people can read; each divides or is a multiple of the others, as far as that can be. */
const WIDTHS = [HOUR, 2n * HOUR, 3n * HOUR, 6n * HOUR, 12n * HOUR, DAY, 2n * DAY, 5n * DAY, 10n * DAY]
/** Widths beyond those. */
const STEP = 10n * DAY

/** No column begins before the first time that can be written. */
const FIRST = parseTicks('0001-01-01T00:00:00.0000000Z')

/** `cells`: whole cells, each `width` ticks; a column is a whole number of cells. */
export function heatScaleOf({ from, until }: Window, width: bigint): HeatColumns {
  for (let columnTicks = width; ; columnTicks = widerThan(columnTicks)) {
    const start = columnStart(from, columnTicks)
    const columns = Number((until - start + columnTicks - 1n) / columnTicks)
    if (columnTicks % width === 0n && columns <= COLUMNS_MAX) return { from: start, columnTicks, columns }
  }
}

function widerThan(width: bigint): bigint {
  return WIDTHS.find((one) => one > width) ?? (width / STEP + 1n) * STEP
}

function columnStart(from: Ticks, columnTicks: bigint): Ticks {
  const start = cellStart(from, columnTicks)
  return start < FIRST ? FIRST : start
}
