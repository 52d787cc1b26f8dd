/**
 * Heat map: tags down, time across, drawn on one canvas as large as its frame, so that thousands of tags cost no more
 * than a screenful. One cell has the focus and moves with the arrow keys; what it says is spoken and shown below.
 */
import { VERDICTS } from '../../../domain/verdict.ts'
import { plural } from '../../../util/format.ts'
import { rankOf } from '../../heat-text.ts'
import type { HeatScale } from '../../model.ts'
import { button, make } from './dom.ts'
import { moveOf } from './heat-keys.ts'
import { HEAD_HEIGHT, NAME_WIDTH, paint, ROW_HEIGHT } from './heat-paint.ts'
import { columnsOf, fitLayout, layoutOf, type Cell, type HeatLayout } from './heat-scale.ts'
import { describePlace, type HeatPlace } from './heat-words.ts'
import { worstIn, type TagRow } from './tag-view.ts'
import { onThemeChange, readTheme } from './theme.ts'
import { labelled } from './verdict-sign.ts'

/** CSS pixels: two thirds of a usual screen. */
const HEIGHT_MAX = 520
const DIFFERENT = rankOf('mismatch')
const HELP =
  'Arrow keys move, Home and End go to the ends of a row, Page Up and Page Down leaf, N goes to the next difference, ' +
  'plus and minus zoom, Enter shows the samples. The table of tags below says the same in words.'

/** What happens when a cell is opened; answers whether there was anything to show. */
export type OpenPlace = (place: HeatPlace) => boolean

export class HeatMap {
  readonly element: HTMLElement
  readonly #scale: HeatScale
  readonly #open: OpenPlace
  readonly #canvas = make('canvas', { 'aria-hidden': 'true' })
  readonly #space = make('div', { class: 'heat-space' }, this.#canvas)
  readonly #frame = make(
    'div',
    {
      class: 'heat-frame',
      tabindex: '0',
      role: 'application',
      'aria-roledescription': 'heat map',
      'aria-describedby': 'heat-help',
    },
    this.#space,
  )
  readonly #readout = make('p', { class: 'readout', role: 'status', 'aria-live': 'polite' }, 'Choose a cell.')
  readonly #zoomOut = button('−', () => this.#zoom(2), { 'aria-label': 'Zoom out' })
  readonly #zoomIn = button('+', () => this.#zoom(0.5), { 'aria-label': 'Zoom in' })
  readonly #zoomText = make('output', { class: 'count' })
  #rows: readonly TagRow[] = []
  #theme = readTheme()
  /** Columns per cell; undefined: as many as it takes to show all. */
  #merge: number | undefined
  #focus: Cell = { row: 0, cell: 0 }
  #isDrawing = false

  constructor(scale: HeatScale, open: OpenPlace) {
    this.#scale = scale
    this.#open = open
    const zoom = make(
      'div',
      { class: 'controls', role: 'group', 'aria-label': 'Zoom' },
      'Zoom ',
      this.#zoomOut,
      this.#zoomIn,
      button('Show all', () => this.#zoomTo(undefined)),
      this.#zoomText,
    )
    const help = make('p', { id: 'heat-help', class: 'note' }, HELP)
    this.element = make('div', {}, zoom, this.#frame, this.#readout, legend(), help)
    this.#listen()
  }

  show(rows: readonly TagRow[]): void {
    this.#rows = rows
    this.#focus = { row: 0, cell: 0 }
    this.#frame.setAttribute(
      'aria-label',
      `Heat map of ${plural(rows.length, 'tag')} by ${plural(this.#scale.columns, 'column')} of time`,
    )
    this.#frame.scrollTop = 0
    this.#resize()
  }

  #listen(): void {
    const frame = this.#frame
    frame.addEventListener('scroll', () => this.#draw())
    frame.addEventListener('focus', () => this.#moveTo(this.#focus))
    frame.addEventListener('blur', () => this.#draw())
    frame.addEventListener('keydown', (event) => {
      if (this.#onKey(event)) event.preventDefault()
    })
    frame.addEventListener('click', (event) => {
      const cell = this.#cellAt(event)
      if (cell === undefined) return
      this.#moveTo(cell)
      this.#openFocus()
    })
    frame.addEventListener('pointermove', (event) => {
      const cell = this.#cellAt(event)
      const text = cell === undefined ? '' : this.#describe(cell)
      if (this.#canvas.title !== text) this.#canvas.title = text
    })
    new ResizeObserver(() => this.#resize()).observe(frame)
    onThemeChange(() => {
      this.#theme = readTheme()
      this.#draw()
    })
  }

  /** Answers whether the key meant anything here. */
  #onKey(event: KeyboardEvent): boolean {
    const leaf = Math.max(1, Math.floor((this.#frame.clientHeight - HEAD_HEIGHT) / ROW_HEIGHT) - 1)
    const size = { rows: this.#rows.length, cells: this.#layout().cells, leaf }
    const move = moveOf(event.key, event.ctrlKey || event.metaKey, this.#focus, size)
    if (move !== undefined) return this.#moveTo(move)
    switch (event.key) {
      case 'n':
      case 'N':
        return this.#moveTo(this.#nextDifference())
      case '+':
      case '=':
        return this.#zoom(0.5)
      case '-':
        return this.#zoom(2)
      case 'Enter':
      case ' ':
        return this.#openFocus()
      default:
        return false
    }
  }

  /** Row by row, from behind the focus, once around; the focus itself when there is none. */
  #nextDifference(): Cell {
    const layout = this.#layout()
    const total = this.#rows.length * layout.cells
    const start = this.#focus.row * layout.cells + this.#focus.cell
    for (let step = 1; step < total; step++) {
      const at = (start + step) % total
      const cell = { row: Math.floor(at / layout.cells), cell: at % layout.cells }
      const place = this.#placeOf(cell)
      if (place !== undefined && worstIn(place.row.ranks, place.from, place.until).rank === DIFFERENT) return cell
    }
    return this.#focus
  }

  #moveTo({ row, cell }: Cell): boolean {
    const layout = this.#layout()
    this.#focus = { row: clamp(row, this.#rows.length), cell: clamp(cell, layout.cells) }
    const top = this.#focus.row * ROW_HEIGHT
    const left = this.#focus.cell * layout.cellWidth
    const frame = this.#frame
    frame.scrollTop = keepInView(frame.scrollTop, top, ROW_HEIGHT, frame.clientHeight - HEAD_HEIGHT)
    frame.scrollLeft = keepInView(frame.scrollLeft, left, layout.cellWidth, frame.clientWidth - NAME_WIDTH)
    this.#readout.textContent = this.#describe(this.#focus)
    this.#draw()
    return true
  }

  #openFocus(): boolean {
    const place = this.#placeOf(this.#focus)
    if (place === undefined) return false
    if (!this.#open(place)) {
      this.#readout.textContent = `${this.#describe(this.#focus)} The report holds no samples of it.`
    }
    return true
  }

  #zoom(factor: number): boolean {
    return this.#zoomTo(Math.round(this.#layout().merge * factor))
  }

  /** The focus stays on its time. */
  #zoomTo(merge: number | undefined): boolean {
    const column = this.#focus.cell * this.#layout().merge
    const fit = fitLayout(this.#scale.columns, this.#room()).merge
    this.#merge = merge === undefined || merge >= fit ? undefined : Math.max(1, merge)
    this.#focus = { ...this.#focus, cell: Math.floor(column / this.#layout().merge) }
    this.#resize()
    return this.#moveTo(this.#focus)
  }

  #layout(): HeatLayout {
    const { columns } = this.#scale
    return this.#merge === undefined ? fitLayout(columns, this.#room()) : layoutOf(columns, this.#room(), this.#merge)
  }

  /** CSS pixels for cells. */
  #room(): number {
    return Math.max(0, this.#frame.clientWidth - NAME_WIDTH)
  }

  #resize(): void {
    const layout = this.#layout()
    const contentHeight = HEAD_HEIGHT + this.#rows.length * ROW_HEIGHT
    this.#frame.style.height = `${Math.min(HEIGHT_MAX, contentHeight + 14)}px`
    this.#space.style.height = `${contentHeight}px`
    this.#space.style.width = `${NAME_WIDTH + Math.floor(layout.cells * layout.cellWidth)}px`
    const { clientWidth, clientHeight } = this.#frame
    this.#canvas.style.width = `${clientWidth}px`
    this.#canvas.style.height = `${Math.min(clientHeight, contentHeight)}px`
    this.#canvas.width = clientWidth * devicePixelRatio
    this.#canvas.height = Math.min(clientHeight, contentHeight) * devicePixelRatio
    this.#zoomOut.disabled = this.#merge === undefined
    this.#zoomIn.disabled = layout.merge === 1
    this.#zoomText.textContent = `${plural(layout.merge, 'column')} per cell${layout.merge === 1 ? '' : ', the worst shown'}`
    this.#draw()
  }

  /** At most once per frame of the screen. */
  #draw(): void {
    if (this.#isDrawing) return
    this.#isDrawing = true
    requestAnimationFrame(() => {
      this.#isDrawing = false
      this.#paint()
    })
  }

  #paint(): void {
    const context = this.#canvas.getContext('2d')
    if (context === null) return
    const { scrollLeft, scrollTop } = this.#frame
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
    const picture = {
      rows: this.#rows,
      scale: this.#scale,
      layout: this.#layout(),
      scrollLeft,
      scrollTop,
      width: this.#canvas.width / devicePixelRatio,
      height: this.#canvas.height / devicePixelRatio,
      focus: document.activeElement === this.#frame ? this.#focus : undefined,
    }
    paint(context, picture, this.#theme)
  }

  #cellAt(event: MouseEvent): Cell | undefined {
    const box = this.#canvas.getBoundingClientRect()
    const x = event.clientX - box.left - NAME_WIDTH
    const y = event.clientY - box.top - HEAD_HEIGHT
    if (x < 0 || y < 0) return undefined
    const layout = this.#layout()
    const row = Math.floor((y + this.#frame.scrollTop) / ROW_HEIGHT)
    const cell = Math.floor((x + this.#frame.scrollLeft) / layout.cellWidth)
    return row < this.#rows.length && cell < layout.cells ? { row, cell } : undefined
  }

  #placeOf({ row, cell }: Cell): HeatPlace | undefined {
    const of = this.#rows[row]
    return of === undefined ? undefined : { row: of, ...columnsOf(this.#layout(), cell, this.#scale.columns) }
  }

  #describe(cell: Cell): string {
    const place = this.#placeOf(cell)
    return place === undefined ? 'No tag is shown.' : describePlace(place, this.#scale)
  }
}

function legend(): HTMLElement {
  return make(
    'ul',
    { class: 'legend', 'aria-label': 'Signs' },
    ...VERDICTS.map((verdict) => make('li', {}, labelled(verdict))),
    make('li', { class: 'note' }, 'Colours after Okabe and Ito, safe for colour-blind readers'),
  )
}

function clamp(index: number, count: number): number {
  return Math.max(0, Math.min(count - 1, index))
}

/** The scroll position nearest to `scroll` at which `[at, at + size)` is visible. */
function keepInView(scroll: number, at: number, size: number, room: number): number {
  return Math.max(at + size - room, Math.min(scroll, at))
}
