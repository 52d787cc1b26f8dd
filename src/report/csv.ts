/**
 * A parity report as CSV (RFC 4180: CRLF, quotes doubled), in two forms: one row per tag, and one row per difference.
 *
 * A text that a spreadsheet would run as a formula gets an apostrophe in front; control characters, line breaks and
 * direction overrides are spelled out, so a row is always one line. Numbers stay numbers.
 */
import { DIFFERENCE_CLASSES, VERDICTS } from '../domain/verdict.ts'
import { printable } from '../util/printable.ts'
import type { DoubtfulCell, ParityReport, ReportedSample } from './model.ts'

type Field = string | number | undefined

const SAMPLE_COLUMNS = ['ts', 'ord', 'type', 'value', 'status', 'flags'] as const

/** One row per tag, in the order of the report. */
export function renderTagsCsv({ tags }: ParityReport): string {
  return renderCsv(
    ['tag', 'name', 'units', 'type', 'worst', ...VERDICTS, ...DIFFERENCE_CLASSES, 'cause'],
    tags.map((tag) => [
      tag.id,
      tag.name,
      tag.units,
      tag.type,
      tag.worst,
      ...VERDICTS.map((verdict) => tag.verdicts[verdict]),
      ...DIFFERENCE_CLASSES.map((name) => tag.classes[name] ?? 0),
      tag.cause,
    ]),
  )
}

/**
 * One row per difference that the report shows of its doubtful cells. A cell whose differences are not all shown ends
 * with a row without a class that counts the rest; so does one that has none to show.
 */
export function renderDifferencesCsv({ doubtful }: ParityReport): string {
  return renderCsv(
    [
      ...['tag', 'name', 'from', 'until', 'verdict', 'reason', 'cause', 'class', 'leftOut'],
      ...SAMPLE_COLUMNS.map((column) => `historian.${column}`),
      ...SAMPLE_COLUMNS.map((column) => `log.${column}`),
    ],
    doubtful.flatMap(cellRows),
  )
}

function cellRows(cell: DoubtfulCell): Field[][] {
  const of: Field[] = [cell.tag, cell.name, cell.from, cell.until, cell.verdict, cell.reason, cell.cause]
  const shown = cell.differences.map((difference): Field[] => [
    ...of,
    difference.class,
    undefined,
    ...sampleFields(difference.historian),
    ...sampleFields(difference.log),
  ])
  if (cell.differencesLeftOut === 0 && shown.length > 0) return shown
  const rest = [...of, undefined, cell.differencesLeftOut, ...sampleFields(undefined), ...sampleFields(undefined)]
  return [...shown, rest]
}

function sampleFields(sample: ReportedSample | undefined): Field[] {
  if (sample === undefined) return SAMPLE_COLUMNS.map(() => undefined)
  const { ts, ord, type, value, status, flags } = sample
  return [ts, ord, type, valueField(value), status, flags.join(' ')]
}

/** Text and numbers as they are, everything else as JSON. */
function valueField(value: unknown): Field {
  if (typeof value === 'string' || typeof value === 'number') return value
  return JSON.stringify(value)
}

export function renderCsv(head: readonly string[], rows: readonly (readonly Field[])[]): string {
  return [head, ...rows].map((row) => `${row.map(renderField).join(',')}\r\n`).join('')
}

/** What a spreadsheet takes for a formula, full-width forms included. */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/

function renderField(field: Field): string {
  if (field === undefined) return ''
  if (typeof field === 'number') return Object.is(field, -0) ? '-0' : String(field)
  // Tested before control characters are spelled out: a formula may hide behind a tab.
  const text = `${FORMULA.test(field) ? "'" : ''}${printable(field)}`
  return /[",\s]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
