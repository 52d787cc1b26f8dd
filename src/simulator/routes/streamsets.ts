/**
 * Ad hoc streamsets: the calls of one stream for many. Duplicates are answered once; a point that is gone is an error
 * on its own value, under HTTP 200; a WebID that never was fails the request.
 */
import { CalculationRefused } from '../calc/calculated.ts'
import type { ApiContext } from '../context.ts'
import { formatTicksTrimmed } from '../grid.ts'
import { ApiError, jsonText, ok, streamed } from '../http/answer.ts'
import type { ApiRequest, Routes } from '../http/router.ts'
import {
  readRecorded,
  recordedItems,
  recordedParameters,
  WEB_EXCEPTION,
  type RecordedAnswer,
} from '../recorded/stream.ts'
import { pointByWebId, pointToRead, type FoundPoint } from '../resolve.ts'
import { below, parseSelectedFields, selectFields, type FieldSelection } from '../selected-fields.ts'
import { failedValue } from '../timed-value.ts'
import { encodePointWebId } from '../webid.ts'
import { webIdTypeParameter } from '../parameters.ts'
import { STREAM_CALLS, type StreamResult } from './stream-calls.ts'

interface Member {
  /** As asked for. */
  readonly webId: string
  readonly found: FoundPoint | { readonly error: string }
}

export function streamsetRoutes(context: ApiContext): Routes {
  const calls = Object.entries(STREAM_CALLS).map(([name, call]): [string, Routes[string]] => [
    `GET streamsets/${name}`,
    (request) => {
      const answer = call(context, request.query)
      const items = members(context, request, pointByWebId).map((member) => {
        const result = resultOf(member, (found) => answer(found.point))
        if ('error' in result) return { ...head(context, request, member), ...failed(context, name, result.error) }
        return { ...head(context, request, member), ...body(member, result) }
      })
      return ok({ Links: {}, Items: items })
    },
  ])
  return {
    ...Object.fromEntries(calls),
    'GET streamsets/recorded': (request) => {
      const fields = parseSelectedFields(request.query.get('selectedFields'))
      return streamed(recordedSetText(context, recordedSet(context, request), fields))
    },
  }
}

function members(context: ApiContext, request: ApiRequest, resolve: typeof pointByWebId): Member[] {
  const webIds = request.query.all('webId')
  if (webIds.length === 0) throw ApiError.badRequest("Parameter 'webId' is required.")
  const seen = new Map<unknown, Member>()
  for (const webId of webIds) {
    const found = orGone(() => resolve(context, webId))
    const identity = 'error' in found ? webId : found.point
    if (!seen.has(identity)) seen.set(identity, { webId, found })
  }
  const list = [...seen.values()]
  if (request.query.get('sortField') !== undefined) {
    request.query.choice('sortField', ['Name'])
    const sign = request.query.choice('sortOrder', ['Ascending', 'Descending']) === 'Ascending' ? 1 : -1
    list.sort((a, b) => sign * nameOf(a).localeCompare(nameOf(b)))
  }
  return list
}

function orGone(find: () => FoundPoint): Member['found'] {
  try {
    return find()
  } catch (error) {
    if (error instanceof ApiError && error.answer.status === 410) return { error: error.message }
    throw error
  }
}

function nameOf({ found }: Member): string {
  return 'error' in found ? '' : found.point.name
}

function resultOf(
  { found }: Member,
  call: (found: FoundPoint) => StreamResult,
): StreamResult | { readonly error: string } {
  if ('error' in found) return found
  try {
    return call(found)
  } catch (error) {
    if (error instanceof CalculationRefused) return { error: error.message }
    throw error
  }
}

function head(context: ApiContext, request: ApiRequest, member: Member): Record<string, unknown> {
  const { webId, found } = member
  if ('error' in found) return { WebId: webId, Name: '', Path: '', Links: {} }
  const { server, point } = found
  const form = encodePointWebId(server, point, webIdTypeParameter(context, request))
  return {
    WebId: form,
    Name: point.name,
    Path: `\\\\${server.name}\\${point.name}`,
    Links: { Source: `${request.baseUrl}/points/${form}` },
  }
}

function body({ found }: Member, result: StreamResult): Record<string, unknown> {
  if (result.kind === 'value') return { Value: result.value }
  if (result.kind === 'summaries') return { Items: result.items }
  return { Items: result.items, UnitsAbbreviation: 'error' in found ? '' : found.point.engineeringUnits }
}

const SINGLE_VALUE_CALLS: ReadonlySet<string> = new Set(['value', 'end', 'recordedattime'])

function failed(context: ApiContext, call: string, message: string): Record<string, unknown> {
  const value = failedValue(formatTicksTrimmed(context.now()), message)
  if (SINGLE_VALUE_CALLS.has(call)) return { Value: value }
  return call === 'summary' ? { Items: [{ Type: 'None', Value: value }] } : { Items: [value], UnitsAbbreviation: '' }
}

interface RecordedMember {
  readonly head: Record<string, unknown>
  readonly answer: RecordedAnswer | { readonly error: string }
}

function recordedSet(context: ApiContext, request: ApiRequest): RecordedMember[] {
  if (request.query.get('associations') !== undefined) {
    throw ApiError.of(409, 'Associations are not supported for ad hoc stream sets.')
  }
  const parameters = recordedParameters(context, request.query)
  let left = parameters.maxCount
  const total = context.switches().streamsetMaxCount === 'total'
  return members(context, request, pointToRead).map((member) => {
    const own = head(context, request, member)
    if ('error' in member.found) return { head: own, answer: member.found }
    const answer = readRecorded(context, member.found.point, { ...parameters, maxCount: left })
    if (total) left -= answer.page.count
    return { head: own, answer }
  })
}

function* recordedSetText(
  context: ApiContext,
  set: readonly RecordedMember[],
  fields: FieldSelection | undefined,
): Generator<string> {
  const stream = below(fields, 'Items')
  if (fields !== undefined && stream === undefined) {
    yield below(fields, 'Links') === undefined ? '{}' : '{"Links":{}}'
    return
  }
  const selection = stream === 'whole' ? undefined : stream
  yield fields === undefined || below(fields, 'Links') !== undefined ? '{"Links":{},"Items":[' : '{"Items":['
  for (const [index, member] of set.entries()) {
    if (index > 0) yield ','
    yield* memberText(context, member, selection)
  }
  yield ']}'
}

function* memberText(
  context: ApiContext,
  { head: own, answer }: RecordedMember,
  fields: FieldSelection | undefined,
): Generator<string> {
  if ('error' in answer) {
    yield jsonText(selectFields({ ...own, ...failed(context, 'recorded', answer.error) }, fields))
    return
  }
  const rest = {
    UnitsAbbreviation: answer.point.engineeringUnits,
    ...(answer.fault?.kind === 'webException' ? { WebException: WEB_EXCEPTION } : {}),
  }
  const before = jsonText(selectFields(own, fields)).slice(1, -1)
  const after = jsonText(selectFields(rest, fields)).slice(1, -1)
  yield `{${before}`
  if (fields === undefined || below(fields, 'Items') !== undefined) {
    yield `${before === '' ? '' : ','}"Items":[`
    yield* recordedItems(context, answer, below(fields, 'Items'))
    yield `]${after === '' ? '' : ','}`
  } else if (before !== '' && after !== '') yield ','
  yield `${after}}`
}
