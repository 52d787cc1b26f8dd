/** The tags of the view as a table, a page at a time: what the heat map says, in words. */
import { DIFFERENCE_CLASSES } from '../../../domain/verdict.ts'
import { formatCount } from '../../../util/format.ts'
import { verdictOfRank } from '../../heat-text.ts'
import type { HeatScale, TagParity } from '../../model.ts'
import { VERDICT_WORDS } from '../../words.ts'
import { button, foreign, make, table } from './dom.ts'
import { columnTime } from './heat-words.ts'
import { openRuns, type TagRow } from './tag-view.ts'
import { labelled } from './verdict-sign.ts'

const PAGE_ROWS = 50
/** Stretches of time named per tag. */
const RUNS_SHOWN = 4

export class TagTable {
  readonly element = make('div')
  readonly #scale: HeatScale
  #rows: readonly TagRow[] = []
  #page = 0

  constructor(scale: HeatScale) {
    this.#scale = scale
  }

  show(rows: readonly TagRow[]): void {
    this.#rows = rows
    this.#page = 0
    this.#render()
  }

  #render(): void {
    const from = this.#page * PAGE_ROWS
    const until = Math.min(this.#rows.length, from + PAGE_ROWS)
    const isLast = until === this.#rows.length
    const caption =
      this.#rows.length === 0
        ? 'No tag fits the choice above the heat map'
        : `Tags ${formatCount(from + 1)} to ${formatCount(until)} of ${formatCount(this.#rows.length)}, chosen and ordered above the heat map`
    const back = button('Previous tags', () => this.#turn(-1))
    const on = button('Next tags', () => this.#turn(1))
    back.disabled = this.#page === 0
    on.disabled = isLast
    this.element.replaceChildren(
      make(
        'div',
        { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Tags' },
        table(
          caption,
          [
            'Tag',
            'Id',
            'Worst',
            '#Different',
            '#Not comparable',
            '#Not compared',
            'Differences',
            'Probable cause',
            'Where',
          ],
          this.#rows.slice(from, until).map((row) => this.#cellsOf(row)),
        ),
      ),
      make('div', { class: 'controls' }, back, on),
    )
  }

  #turn(pages: number): void {
    this.#page += pages
    this.#render()
    this.element.querySelector<HTMLElement>('.scroll')?.focus()
  }

  #cellsOf({ tag, ranks }: TagRow): (Node | string)[] {
    return [
      foreign(tag.name),
      foreign(tag.id),
      labelled(tag.worst),
      formatCount(tag.verdicts.mismatch),
      formatCount(tag.verdicts.inconclusive),
      formatCount(tag.verdicts.pending),
      classesOf(tag),
      tag.cause ?? '',
      this.#where(ranks),
    ]
  }

  #where(ranks: Uint8Array): HTMLElement {
    const runs = openRuns(ranks)
    const named = runs.slice(0, RUNS_SHOWN).map(({ rank, from, until }) => {
      const verdict = verdictOfRank(rank)
      return `${verdict === undefined ? '' : VERDICT_WORDS[verdict].glyph} ${this.#time(from)} to ${this.#time(until)}`
    })
    if (runs.length > RUNS_SHOWN) named.push(`and ${formatCount(runs.length - RUNS_SHOWN)} more`)
    return make('ul', { class: 'stretches' }, ...named.map((stretch) => make('li', {}, stretch)))
  }

  /** Midnight goes without saying. */
  #time(column: number): string {
    return columnTime(this.#scale, column).replace(/( 00:00)? UTC$/, '')
  }
}

function classesOf({ classes }: TagParity): string {
  return DIFFERENCE_CLASSES.flatMap((name) => {
    const count = classes[name] ?? 0
    return count === 0 ? [] : [`${name} ${formatCount(count)}`]
  }).join(', ')
}
