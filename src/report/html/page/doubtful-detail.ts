/** One doubtful cell: what is known of it, both sides as a trend, and the samples that differ side by side. */
import { DIFFERENCE_CLASSES } from '../../../domain/verdict.ts'
import { formatCount } from '../../../util/format.ts'
import type { DoubtfulCell, ParityReport, ReportedDifference, ReportedSample } from '../../model.ts'
import { formatTime } from '../../phrases.ts'
import { CLASS_TEXT, INCONCLUSIVE_TEXT } from '../../words.ts'
import { foreign, make, table } from './dom.ts'
import { histogramsOf } from './histogram.ts'
import { Trend } from './trend.ts'
import { labelled } from './verdict-sign.ts'

/** A text of a historian may be long; the file has the whole. */
const VALUE_LENGTH = 200

/** Shows one cell at a time in its element. */
export class DoubtfulDetail {
  readonly element = make('div', { class: 'detail' })
  readonly #report: ParityReport
  #trend: Trend | undefined

  constructor(report: ParityReport) {
    this.#report = report
  }

  show(cell: DoubtfulCell): void {
    this.#trend?.close()
    const units = this.#report.tags.find(({ id }) => id === cell.tag)?.units ?? ''
    const hasTrend = cell.historian.at.length + cell.log.at.length > 0
    this.#trend = hasTrend ? new Trend(cell, units) : undefined
    const title = make(
      'h3',
      { tabindex: '-1' },
      foreign(cell.name),
      `, ${formatTime(cell.from)} to ${formatTime(cell.until)}`,
    )
    this.element.replaceChildren(
      title,
      this.#facts(cell, units),
      ...[this.#trend?.element, histogramsOf(cell.differences)].filter((part) => part !== undefined),
      sideBySide(cell),
    )
  }

  /** After the reader chose a cell elsewhere on the page. */
  focus(): void {
    this.element.scrollIntoView({ block: 'nearest' })
    this.element.querySelector('h3')?.focus({ preventScroll: true })
  }

  #facts(cell: DoubtfulCell, units: string): HTMLElement {
    const { verdict, reason, classes, first, last, maxDeviation, cause } = cell
    const found = DIFFERENCE_CLASSES.filter((name) => (classes[name] ?? 0) > 0)
    const causeText = this.#report.causes.find((known) => known.cause === cause)?.text
    const facts: (readonly [string, Node | string] | undefined)[] = [
      ['Verdict', labelled(verdict)],
      reason && ['Reason', INCONCLUSIVE_TEXT[reason]],
      found.length === 0
        ? undefined
        : [
            'Differences',
            found.map((name) => `${formatCount(classes[name] ?? 0)} ${name} (${CLASS_TEXT[name]})`).join(', '),
          ],
      first === undefined || last === undefined
        ? undefined
        : ['First and last', `${formatTime(first)}, ${formatTime(last)}`],
      typeof maxDeviation === 'number'
        ? ['Largest deviation', make('span', {}, `${maxDeviation.toPrecision(6)} `, foreign(units))]
        : undefined,
      cause === undefined
        ? undefined
        : ['Probable cause', `${cause}${causeText === undefined ? '' : `: ${causeText}`}`],
    ]
    return make(
      'dl',
      { class: 'facts' },
      ...facts.flatMap((fact) => (fact === undefined ? [] : [make('dt', {}, fact[0]), make('dd', {}, fact[1])])),
    )
  }
}

function sideBySide({ differences, differencesLeftOut }: DoubtfulCell): HTMLElement {
  if (differences.length === 0) return make('p', {}, 'The report holds no samples of this window.')
  const rest = differencesLeftOut === 0 ? '' : `; ${formatCount(differencesLeftOut)} more left out`
  return make(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Samples of both sides' },
    table(
      `Samples that differ, both sides${rest}`,
      ['Class', 'Historian: time', 'Value', 'Status', 'Log: time', 'Value', 'Status'],
      differences.map(rowOf),
    ),
  )
}

function rowOf({ class: name, historian, log }: ReportedDifference): (Node | string)[] {
  return [name, ...sampleCells(historian), ...sampleCells(log)]
}

function sampleCells(sample: ReportedSample | undefined): (Node | string)[] {
  if (sample === undefined) return ['—', '—', '—']
  const { ts, ord, type, value, status, flags } = sample
  return [
    ord === 0 ? ts : `${ts} #${ord}`,
    make('span', { title: type }, foreign(valueText(value))),
    [`0x${status.toString(16).padStart(8, '0')}`, ...flags].join(' '),
  ]
}

/** A state as `name (code)`, everything else as JSON or text. */
function valueText(value: unknown): string {
  const text = isState(value)
    ? `${value.name} (${String(value.code)})`
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)
  return text.length <= VALUE_LENGTH ? text : `${text.slice(0, VALUE_LENGTH - 1)}…`
}

function isState(value: unknown): value is { readonly code: number; readonly name: string } {
  return (
    typeof value === 'object' && value !== null && 'code' in value && 'name' in value && typeof value.name === 'string'
  )
}
