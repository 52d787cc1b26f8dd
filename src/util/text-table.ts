/** Tables without boxes: names left, numbers right, two blanks between, so that they survive a pipe and a mail. */
import Table from 'cli-table3'
import { formatCount } from './format.ts'
import { printable } from './printable.ts'

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

export function renderTable(columns: readonly Column[], rows: readonly (readonly (string | number)[])[]): string {
  const table = new Table({
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    head: columns.map((column) => column.title),
    colAligns: columns.map((column) => column.align ?? 'left'),
  })
  for (const row of rows)
    table.push(row.map((cell) => (typeof cell === 'number' ? formatCount(cell) : printable(cell))))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
