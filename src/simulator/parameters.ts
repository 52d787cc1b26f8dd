/** Request parameters that several routes share. */
import type { ApiContext } from './context.ts'
import { ApiError } from './http/answer.ts'
import type { Query } from './http/query.ts'
import type { ApiRequest } from './http/router.ts'
import { resolveTime } from './time-string.ts'
import { parseWebIdType, type WebIdType } from './webid.ts'

/** A PI time string, in the zone the request names. */
export function timeParameter(context: ApiContext, query: Query, name: string, absent: string): bigint {
  return parseTimeText(context, query, name, query.get(name) ?? absent)
}

export function parseTimeText(context: ApiContext, query: Query, name: string, text: string): bigint {
  const at = resolveTime(text, { now: context.now(), timeZone: query.get('timeZone') })
  if (at === undefined) throw ApiError.invalid(name, text)
  return at
}

/** maxCount, refused above the server's ceiling in the words of the real one. */
export function maxCountParameter(context: ApiContext, query: Query, absent = 1000): number {
  const ceiling = context.switches().maxReturnedItems
  const maxCount = query.integer('maxCount', Math.min(absent, ceiling), 1)
  if (maxCount > ceiling) {
    throw ApiError.badRequest(`Parameter 'maxCount' is greater than the maximum allowed (${String(ceiling)}).`)
  }
  return maxCount
}

export function webIdTypeParameter(context: ApiContext, request: ApiRequest): WebIdType {
  const text = request.query.get('webIdType')
  if (text === undefined) return context.switches().webIdType
  const type = parseWebIdType(text)
  if (type === undefined) throw ApiError.invalid('webIdType', text)
  return type
}

/** Filters need an expression engine, and a reader of whole history has no use for one. */
export function refuseFilter(query: Query): void {
  if (query.get('filterExpression') !== undefined) {
    throw ApiError.of(409, 'Filter expressions are not supported by this server.')
  }
}
