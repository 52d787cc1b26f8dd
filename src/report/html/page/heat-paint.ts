/** Draws what is visible of a heat map: names at the left, times above, one square per cell with its glyph. */
import type { Verdict } from '../../../domain/verdict.ts'
import { printable } from '../../../util/printable.ts'
import { verdictOfRank } from '../../heat-text.ts'
import type { HeatScale } from '../../model.ts'
import { columnsOf, columnStartMs, type Cell, type HeatLayout } from './heat-scale.ts'
import { worstIn, type TagRow } from './tag-view.ts'
import type { Theme } from './theme.ts'

// In CSS pixels.
export const ROW_HEIGHT = 18
export const HEAD_HEIGHT = 26
export const NAME_WIDTH = 190
const GAP = 1
const TIME_SPACING = 96
/** Longer names are cut: the readout and the table show them whole. */
const NAME_LENGTH = 28

export interface Picture {
  readonly rows: readonly TagRow[]
  readonly scale: HeatScale
  readonly layout: HeatLayout
  readonly scrollLeft: number
  readonly scrollTop: number
  readonly width: number
  readonly height: number
  /** Drawn with a frame; undefined while the map has no focus. */
  readonly focus: Cell | undefined
}

export function paint(context: CanvasRenderingContext2D, picture: Picture, theme: Theme): void {
  const { rows, width, height, scrollTop } = picture
  context.clearRect(0, 0, width, height)
  context.font = theme.font
  context.textBaseline = 'middle'
  const first = Math.floor(scrollTop / ROW_HEIGHT)
  const last = Math.min(rows.length, Math.ceil((scrollTop + height - HEAD_HEIGHT) / ROW_HEIGHT))
  context.save()
  context.beginPath()
  context.rect(0, HEAD_HEIGHT, width, height - HEAD_HEIGHT)
  context.clip()
  for (let row = first; row < last; row++) paintRow(context, row, picture, theme)
  context.restore()
  paintTimes(context, picture, theme)
}

function paintRow(context: CanvasRenderingContext2D, index: number, picture: Picture, theme: Theme): void {
  const { rows, scale, layout, scrollLeft, scrollTop, width, focus } = picture
  const row = rows[index]
  if (row === undefined) return
  const top = HEAD_HEIGHT + index * ROW_HEIGHT - scrollTop
  context.fillStyle = theme.ink
  context.textAlign = 'left'
  context.direction = 'ltr'
  context.fillText(shorten(row.tag.name === '' ? row.tag.id : row.tag.name), 4, top + ROW_HEIGHT / 2, NAME_WIDTH - 10)
  context.save()
  context.beginPath()
  context.rect(NAME_WIDTH, HEAD_HEIGHT, width - NAME_WIDTH, picture.height)
  context.clip()
  const first = Math.floor(scrollLeft / layout.cellWidth)
  const last = Math.min(layout.cells, Math.ceil((scrollLeft + width - NAME_WIDTH) / layout.cellWidth))
  for (let cell = first; cell < last; cell++) {
    const { from, until } = columnsOf(layout, cell, scale.columns)
    const left = NAME_WIDTH + cell * layout.cellWidth - scrollLeft
    const verdict = verdictOfRank(worstIn(row.ranks, from, until).rank)
    if (verdict !== undefined) paintCell(context, verdict, left, top, layout.cellWidth, theme)
    if (focus?.row === index && focus.cell === cell) {
      context.strokeStyle = theme.focus
      context.lineWidth = 3
      context.strokeRect(left + 0.5, top + 0.5, layout.cellWidth - 1, ROW_HEIGHT - 1)
    }
  }
  context.restore()
}

function paintCell(
  context: CanvasRenderingContext2D,
  verdict: Verdict,
  left: number,
  top: number,
  cellWidth: number,
  theme: Theme,
): void {
  const width = cellWidth - GAP
  const height = ROW_HEIGHT - GAP
  context.fillStyle = theme.verdicts[verdict]
  context.fillRect(left, top, width, height)
  context.fillStyle = theme.glyphs[verdict]
  context.strokeStyle = theme.glyphs[verdict]
  context.lineWidth = 1.6
  paintGlyph(context, verdict, left + width / 2, top + height / 2)
}

/** Drawn by hand: the glyphs of a font differ between machines. `x`, `y`: the middle. */
function paintGlyph(context: CanvasRenderingContext2D, verdict: Verdict, x: number, y: number): void {
  context.beginPath()
  switch (verdict) {
    case 'match':
      context.rect(x - 1.5, y - 1.5, 3, 3)
      context.fill()
      return
    case 'explained':
      context.moveTo(x - 3.5, y + 3.5)
      context.lineTo(x - 3.5, y - 3.5)
      context.lineTo(x + 3.5, y - 3.5)
      context.fill()
      return
    case 'waived':
      context.arc(x, y, 3, 0, 2 * Math.PI)
      context.stroke()
      return
    case 'mismatch':
      context.lineWidth = 2
      context.moveTo(x - 3.5, y - 3.5)
      context.lineTo(x + 3.5, y + 3.5)
      context.moveTo(x + 3.5, y - 3.5)
      context.lineTo(x - 3.5, y + 3.5)
      context.stroke()
      return
    case 'inconclusive':
      context.save()
      context.textAlign = 'center'
      context.font = context.font.replace(/^\d+px/, 'bold 12px')
      context.fillText('?', x, y + 0.5)
      context.restore()
      return
    case 'pending':
      context.arc(x, y, 1.3, 0, 2 * Math.PI)
      context.fill()
      return
  }
}

function paintTimes(context: CanvasRenderingContext2D, picture: Picture, theme: Theme): void {
  const { scale, layout, scrollLeft, width } = picture
  const every = Math.max(1, Math.ceil(TIME_SPACING / layout.cellWidth))
  context.save()
  context.beginPath()
  context.rect(NAME_WIDTH, 0, width - NAME_WIDTH, HEAD_HEIGHT)
  context.clip()
  context.textAlign = 'left'
  const first = Math.floor(scrollLeft / layout.cellWidth / every) * every
  for (let cell = first; cell < layout.cells; cell += every) {
    const left = NAME_WIDTH + cell * layout.cellWidth - scrollLeft
    if (left > width) break
    context.fillStyle = theme.line
    context.fillRect(left, 0, 1, HEAD_HEIGHT)
    context.fillStyle = theme.faint
    context.fillText(timeText(columnStartMs(scale, cell * layout.merge), scale), left + 4, HEAD_HEIGHT / 2)
  }
  context.restore()
}

/** The day, and the minute where columns are shorter than a day. */
function timeText(atMs: number, { columnSeconds }: HeatScale): string {
  const text = new Date(atMs).toISOString()
  return columnSeconds % 86_400 === 0 ? text.slice(0, 10) : `${text.slice(5, 10)} ${text.slice(11, 16)}`
}

function shorten(name: string): string {
  const text = printable(name)
  return text.length <= NAME_LENGTH ? text : `${text.slice(0, NAME_LENGTH - 1)}…`
}
