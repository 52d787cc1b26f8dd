/** The list of doubtful cells, worst first as the report has them, and the one that is looked at. */
import { formatCount, plural } from '../../../util/format.ts'
import type { DoubtfulCell, ParityReport } from '../../model.ts'
import { formatTime } from '../../phrases.ts'
import { button, foreign, make, table } from './dom.ts'
import { DoubtfulDetail } from './doubtful-detail.ts'
import { onThemeChange } from './theme.ts'
import { labelled } from './verdict-sign.ts'

export class DoubtfulCells {
  readonly element: HTMLElement
  readonly #cells: readonly DoubtfulCell[]
  readonly #buttons: readonly HTMLButtonElement[]
  readonly #detail: DoubtfulDetail
  #shown = 0

  constructor(report: ParityReport) {
    this.#cells = report.doubtful
    this.#detail = new DoubtfulDetail(report)
    this.#buttons = this.#cells.map(({ tag, name }, i) => {
      const show = button('', () => this.#show(i), { class: 'choice' })
      // A button without a name cannot be spoken.
      show.append(foreign(name === '' ? tag : name))
      return show
    })
    if (this.#cells.length === 0) {
      this.element = make('p', {}, 'There is no doubtful window.')
      return
    }
    this.element = make('div', {}, this.#list(report.doubtfulLeftOut), this.#detail.element)
    this.#show(0)
    // The charts take their colours when they are made.
    onThemeChange(() => this.#show(this.#shown))
  }

  /** Shows the first doubtful cell of the tag within the times, milliseconds since 1970; false: there is none. */
  open(tag: string, fromMs: number, untilMs: number): boolean {
    const found = this.#cells.findIndex(
      (cell) => cell.tag === tag && Date.parse(cell.from) < untilMs && Date.parse(cell.until) > fromMs,
    )
    if (found < 0) return false
    this.#show(found)
    this.#detail.focus()
    return true
  }

  #show(index: number): void {
    const cell = this.#cells[index]
    if (cell === undefined) return
    this.#shown = index
    for (const [i, choice] of this.#buttons.entries()) choice.setAttribute('aria-pressed', String(i === index))
    this.#detail.show(cell)
  }

  #list(leftOut: number): HTMLElement {
    const rest = leftOut === 0 ? '' : `; ${plural(leftOut, 'window')} more without samples here`
    return make(
      'div',
      { class: 'scroll list', tabindex: '0', role: 'region', 'aria-label': 'List of doubtful windows' },
      table(
        `${formatCount(this.#cells.length)} doubtful windows with samples, worst first${rest}`,
        ['Tag', 'From', 'Verdict', 'Differences', 'Probable cause'],
        this.#cells.map(({ from, verdict, classes, cause, reason }, i) => [
          this.#buttons[i],
          formatTime(from),
          labelled(verdict),
          Object.entries(classes)
            .map(([name, count]) => `${name} ${formatCount(count)}`)
            .join(', '),
          cause ?? reason ?? '',
        ]),
      ),
    )
  }
}
