/** The recorded values of one stream: parameters, the rows they select, and the answer's text. */
import { interpolateAt } from '../calc/interpolate.ts'
import type { ApiContext } from '../context.ts'
import { gridFromTicks, ticksFromGrid } from '../grid.ts'
import { ApiError, jsonText } from '../http/answer.ts'
import type { Query } from '../http/query.ts'
import type { HistorianPoint } from '../point.ts'
import { maxCountParameter, refuseFilter, timeParameter } from '../parameters.ts'
import { below, selectFields, type FieldSelection } from '../selected-fields.ts'
import { timedValue } from '../timed-value.ts'
import { drawRowFault } from './faults.ts'
import { selectRows, type BoundaryType, type RowPage } from './page.ts'
import { renderRows, type RowFault } from './render.ts'

const BOUNDARY_TYPES = ['Inside', 'Outside', 'Interpolated'] as const satisfies readonly BoundaryType[]

/** What a failing archive says under HTTP 200 once the first rows are out. */
export const WEB_EXCEPTION = {
  StatusCode: 503,
  Errors: ['The data archive became unavailable while the response was being written.'],
}

export interface RecordedParameters {
  readonly start: bigint
  readonly end: bigint
  readonly boundaryType: BoundaryType
  readonly maxCount: number
  readonly annotations: boolean
}

export interface RecordedAnswer {
  readonly point: HistorianPoint
  readonly page: RowPage
  readonly fault: RowFault | undefined
  /** Times of synthetic events before and after the rows (boundaryType Interpolated). */
  readonly head: bigint | undefined
  readonly tail: bigint | undefined
  readonly annotations: boolean
}

export function recordedParameters(context: ApiContext, query: Query): RecordedParameters {
  refuseFilter(query)
  const associations = query.get('associations')
  if (associations !== undefined && associations.toLowerCase() !== 'annotations') {
    throw ApiError.of(409, `The association '${associations.slice(0, 64)}' is not supported.`)
  }
  return {
    start: timeParameter(context, query, 'startTime', '*-1d'),
    end: timeParameter(context, query, 'endTime', '*'),
    boundaryType: query.choice('boundaryType', BOUNDARY_TYPES),
    maxCount: maxCountParameter(context, query),
    annotations: associations !== undefined,
  }
}

export function readRecorded(context: ApiContext, point: HistorianPoint, asked: RecordedParameters): RecordedAnswer {
  const switches = context.switches()
  const { archive } = point
  const descending = asked.end < asked.start
  const start = gridFromTicks(asked.start, switches.timeParsing)
  const end = gridFromTicks(asked.end, switches.timeParsing)
  const low = Math.min(start, end)
  const high = Math.max(start, end)
  const hasEventAt = (grid: number): boolean => archive.gridAt(archive.lowerBoundGrid(grid)) === grid
  const interpolated = asked.boundaryType === 'Interpolated'
  const head = interpolated && !hasEventAt(start) ? ticksFromGrid(start) : undefined
  const rest = asked.maxCount - (head === undefined ? 0 : 1)
  const range = { low, high, descending, boundaryType: asked.boundaryType, maxCount: rest }
  const page = selectRows(archive, range, switches, context.dice)
  const room = page.count < rest
  const tail = interpolated && room && end !== start && !hasEventAt(end) ? ticksFromGrid(end) : undefined
  context.counters.served(page.count)
  const fault = drawRowFault(archive, page, switches, context.dice)
  return { point, page, fault, head, tail, annotations: asked.annotations }
}

/** The elements of `Items`, joined by commas; `fields` is the selection below it. */
export function* recordedItems(
  context: ApiContext,
  answer: RecordedAnswer,
  fields: FieldSelection | 'whole' | undefined,
): Generator<string> {
  const { point, page, fault, head, tail } = answer
  const synthetic = (at: bigint): string => {
    const value = timedValue(point, interpolateAt(point, at), context.switches().nonFinite)
    return jsonText(selectFields(value, fields === 'whole' ? undefined : fields))
  }
  if (head !== undefined) yield synthetic(head) + (page.count > 0 ? ',' : '')
  yield* renderRows(point.archive, page, {
    units: point.engineeringUnits,
    fields,
    nonFinite: context.switches().nonFinite,
    annotations: answer.annotations,
    fault,
  })
  if (tail !== undefined && fault?.kind !== 'webException') {
    yield (head !== undefined || page.count > 0 ? ',' : '') + synthetic(tail)
  }
}

/** The whole answer of `streams/{webId}/recorded`. */
export function* recordedText(
  context: ApiContext,
  answer: RecordedAnswer,
  fields: FieldSelection | undefined,
): Generator<string> {
  const wants = (name: string): boolean => fields === undefined || below(fields, name) !== undefined
  let before = '{'
  if (wants('Items')) {
    yield `${before}"Items":[`
    yield* recordedItems(context, answer, below(fields, 'Items'))
    yield ']'
    before = ','
  }
  if (wants('UnitsAbbreviation')) {
    yield `${before}"UnitsAbbreviation":${JSON.stringify(answer.point.engineeringUnits)}`
    before = ','
  }
  if (answer.fault?.kind === 'webException' && wants('WebException')) {
    yield `${before}"WebException":${JSON.stringify(WEB_EXCEPTION)}`
    before = ','
  }
  yield before === '{' ? '{}' : '}'
}
