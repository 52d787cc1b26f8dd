/**
 * Recorded rows as JSON text, straight from the columns: this is the hot path, so no object is made per row. The
 * parts that do not change from row to row (names, units, flags, states) are rendered once per answer.
 */
import { Archive, MARK, STATE_SHIFT } from '../archive.ts'
import { systemStateName } from '../enumeration.ts'
import { formatGrid, formatTicksTrimmed } from '../grid.ts'
import { float32Text, float64Text } from '../number-text.ts'
import { below, selectFields, type FieldSelection } from '../selected-fields.ts'
import { failedValue, NOT_FINITE } from '../timed-value.ts'
import { rowOfPage, type RowPage } from './page.ts'

/** Answers leave in pieces of about this many characters: large enough to be cheap, small enough to stream. */
const CHUNK_CHARS = 65_536

/** What goes wrong in a page, at the row with this place in it. */
export interface RowFault {
  readonly kind: 'valueError' | 'undecodable' | 'outOfOrder' | 'webException'
  readonly at: number
}

export interface RenderOptions {
  readonly units: string
  /** Selection below `Items`; undefined or `whole` selects everything. */
  readonly fields: FieldSelection | 'whole' | undefined
  readonly nonFinite: 'string' | 'error'
  /** Show what annotated rows are annotated with. */
  readonly annotations: boolean
  readonly fault: RowFault | undefined
}

/** The text of the rows, joined by commas, in chunks. Ends before the row of a `webException` fault. */
export function* renderRows(archive: Archive, page: RowPage, options: RenderOptions): Generator<string> {
  const row = rowRenderer(archive, options)
  const { fault } = options
  let text = ''
  for (let place = 0; place < page.count; place++) {
    if (fault?.kind === 'webException' && place === fault.at) break
    const source = rowOfPage(page, fault?.kind === 'outOfOrder' ? swapped(place, fault.at) : place)
    const spoilt = fault?.at === place ? spoiltRow(archive.gridAt(source), fault.kind, options.fields) : undefined
    if (place > 0) text += ','
    text += spoilt ?? row(source)
    if (text.length >= CHUNK_CHARS) {
      yield text
      text = ''
    }
  }
  if (text !== '') yield text
}

function swapped(place: number, at: number): number {
  if (place === at) return at + 1
  return place === at + 1 ? at : place
}

function spoiltRow(grid: number, kind: RowFault['kind'], fields: RenderOptions['fields']): string | undefined {
  if (kind === 'undecodable') return '{"Timestamp":"yesterday-ish","Value":{"Unexpected":[1,2]},"Good":"perhaps"}'
  return kind === 'valueError'
    ? errorRow(grid, 'The value could not be retrieved from the archive.', fields)
    : undefined
}

function errorRow(grid: number, message: string, fields: RenderOptions['fields']): string {
  const row = failedValue(formatGrid(grid), message)
  return JSON.stringify(selectFields(row, fields === 'whole' ? undefined : fields))
}

function rowRenderer(archive: Archive, options: RenderOptions): (row: number) => string {
  const wants = (name: string): boolean => options.fields === undefined || below(options.fields, name) !== undefined
  const withTime = wants('Timestamp')
  const withValue = wants('Value')
  const { grids, marks } = archive.columns
  const value = narrowed(valueRenderer(archive), below(options.fields, 'Value'))
  const suffixes = flagSuffixes(options, wants, !withTime && !withValue)
  const beforeValue = withTime ? ',"Value":' : '"Value":'
  const errorsOnNonFinite = options.nonFinite === 'error' && archive.pointType.startsWith('Float')
  return (row) => {
    const mark = marks[row] ?? 0
    let text = '{'
    if (withTime) text += `"Timestamp":"${formatGrid(grids[row] ?? 0)}"`
    if (withValue) {
      const valueText = value(row, mark >> STATE_SHIFT)
      if (errorsOnNonFinite && valueText.startsWith('"')) {
        return errorRow(grids[row] ?? 0, NOT_FINITE, options.fields)
      }
      text += beforeValue + valueText
    }
    return text + (suffixes[mark & FLAG_MASK] ?? '')
  }
}

/** Thins out the value itself when the selection reaches into it (`Items.Value.Name`): rare, so parsed back. */
function narrowed(
  value: (row: number, state: number) => string,
  selection: FieldSelection | 'whole' | undefined,
): (row: number, state: number) => string {
  if (selection === undefined || selection === 'whole') return value
  return (row, state) => JSON.stringify(selectFields(JSON.parse(value(row, state)), selection) ?? null)
}

const FLAG_MASK = MARK.good | MARK.questionable | MARK.substituted | MARK.annotated

/** Everything after the value, for each of the sixteen combinations of flags. */
function flagSuffixes(options: RenderOptions, wants: (name: string) => boolean, first: boolean): string[] {
  return Array.from({ length: FLAG_MASK + 1 }, (_, mark) => {
    const parts: string[] = []
    if (wants('UnitsAbbreviation')) parts.push(`"UnitsAbbreviation":${JSON.stringify(options.units)}`)
    for (const [name, bit] of [
      ['Good', MARK.good],
      ['Questionable', MARK.questionable],
      ['Substituted', MARK.substituted],
      ['Annotated', MARK.annotated],
    ] as const) {
      if (wants(name)) parts.push(`"${name}":${String((mark & bit) !== 0)}`)
    }
    if (options.annotations && wants('Annotations')) {
      parts.push(`"Annotations":${(mark & MARK.annotated) === 0 ? '[]' : ANNOTATIONS}`)
    }
    return `${first || parts.length === 0 ? '' : ','}${parts.join(',')}}`
  })
}

/** The archive keeps that an event is annotated, not with what: all share one note. */
const ANNOTATIONS = JSON.stringify([
  { Id: '1', Name: '', Description: '', Value: 'checked by operator', Creator: 'SIM', Modifier: 'SIM' },
])

/** Renders the value of a row; the second argument is its system state, 0 for none. */
function valueRenderer(archive: Archive): (row: number, state: number) => string {
  const stateText = cached((code) => stateJson(systemStateName(code), code, true))
  const plain = plainRenderer(archive)
  return (row, state) => (state === 0 ? plain(row) : stateText(state))
}

function plainRenderer(archive: Archive): (row: number) => string {
  const { values } = archive.columns
  switch (archive.pointType) {
    case 'Float16':
    case 'Float32':
      return (row) => float32Text(Number(values[row]))
    case 'Float64':
      return (row) => float64Text(Number(values[row]))
    case 'Int16':
    case 'Int32':
      return (row) => String(values[row])
    case 'Digital': {
      const text = cached((code) => stateJson(archive.stateName(code), code, false))
      return (row) => text(Number(values[row]))
    }
    case 'String':
      return (row) => JSON.stringify(values[row])
    case 'Timestamp':
      return (row) => `"${formatTicksTrimmed(values[row] as bigint)}"`
    case 'Blob':
      return (row) => `[${(values[row] as Uint8Array).join(',')}]`
  }
}

function stateJson(name: string, code: number, isSystem: boolean): string {
  return JSON.stringify({ Name: name, Value: code, IsSystem: isSystem })
}

function cached(render: (code: number) => string): (code: number) => string {
  const known = new Map<number, string>()
  return (code) => {
    let text = known.get(code)
    if (text === undefined) {
      text = render(code)
      known.set(code, text)
    }
    return text
  }
}
