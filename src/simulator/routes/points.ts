/** `/points`: one by path or WebID, many at once, search, and the PI attributes of one. */
import type { ApiContext } from '../context.ts'
import { ApiError, json, ok, RawJson } from '../http/answer.ts'
import type { ApiRequest, Routes } from '../http/router.ts'
import { formatTicksTrimmed } from '../grid.ts'
import { nameMask } from '../name-mask.ts'
import { float32Text } from '../number-text.ts'
import type { HistorianPoint } from '../point.ts'
import { searchPoints } from '../point-search.ts'
import { pointByPath, pointByWebId, serverByWebId, type FoundPoint } from '../resolve.ts'
import { pageOf } from './data-servers.ts'
import { describePoint } from './describe.ts'
import { webIdTypeParameter } from '../parameters.ts'

/** points/search never answers with more, whatever is asked. */
const SEARCH_CEILING = 1000

export function pointRoutes(context: ApiContext): Routes {
  const describe = ({ server, point }: FoundPoint, request: ApiRequest): Record<string, unknown> =>
    describePoint(server, point, request.baseUrl, webIdTypeParameter(context, request))

  return {
    'GET points': (request) => {
      const path = request.query.get('path')
      if (path === undefined) throw ApiError.badRequest("Parameter 'path' is required.")
      return ok(describe(pointByPath(context, path), request))
    },
    'GET points/multiple': (request) => {
      const mode = request.query.choice('includeMode', ['All', 'ItemsWithExceptionOnly', 'ItemsWithoutExceptionOnly'])
      const items = [
        ...request.query.all('webId').map((webId) => ({ text: webId, type: 'WebId', find: pointByWebId })),
        ...request.query.all('path').map((path) => ({ text: path, type: 'Path', find: pointByPath })),
      ].map(({ text, type, find }) => {
        try {
          return { Identifier: text, IdentifierType: type, Object: describe(find(context, text), request) }
        } catch (error) {
          if (!(error instanceof ApiError)) throw error
          return { Identifier: text, IdentifierType: type, Exception: { Errors: [error.message] } }
        }
      })
      if (items.length === 0) throw ApiError.badRequest("Either 'webId' or 'path' is required.")
      const failed = items.filter((item) => 'Exception' in item)
      const shown =
        mode === 'All' ? items : items.filter((item) => 'Exception' in item === (mode === 'ItemsWithExceptionOnly'))
      return json(failed.length > 0 ? 207 : 200, { Links: {}, Items: shown })
    },
    'GET points/search': (request) => {
      if (!context.switches().pointsSearch) {
        throw ApiError.message(404, `No HTTP resource was found that matches the request URI '${request.url}'.`)
      }
      const serverWebId = request.query.get('dataServerWebId')
      const server = serverWebId === undefined ? context.historian.primary : serverByWebId(context, serverWebId)
      if (request.query.integer('maxCount', SEARCH_CEILING, 1) > SEARCH_CEILING) {
        throw ApiError.badRequest(
          `Parameter 'maxCount' is greater than the maximum allowed (${String(SEARCH_CEILING)}).`,
        )
      }
      const { items, links } = pageOf(context, request, searchPoints(server, request.query.get('query') ?? ''))
      return ok({ Links: links, Items: items.map((point) => describe({ server, point }, request)) })
    },
    'GET points/{webId}': (request, { webId = '' }) => ok(describe(pointByWebId(context, webId), request)),
    'GET points/{webId}/attributes': (request, { webId = '' }) => {
      const { point } = pointByWebId(context, webId)
      const attributes = pointAttributes(point)
      const names = request.query.all('name').map((name) => name.toLowerCase())
      const unknown = names.find((name) => !(name in attributes))
      if (unknown !== undefined) {
        throw ApiError.badRequest(`The attribute '${unknown.slice(0, 64)}' is not defined for the PI Point.`)
      }
      const mask = nameMask(request.query.get('nameFilter'))
      const items = Object.entries(attributes)
        .filter(([name]) => (names.length === 0 || names.includes(name)) && mask(name))
        .map(([name, value]) => ({ Name: name, Value: value, Links: attributeLinks(request, webId, name) }))
      return ok({ Links: {}, Items: items })
    },
  }
}

function attributeLinks(request: ApiRequest, webId: string, name: string): Record<string, string> {
  const point = `${request.baseUrl}/points/${webId}`
  return { Self: `${point}/attributes/${name}`, Point: point }
}

function pointAttributes(point: HistorianPoint): Record<string, unknown> {
  const single = (value: number): RawJson => new RawJson(float32Text(Math.fround(value)))
  return {
    archiving: 1,
    changedate: formatTicksTrimmed(point.createdAt),
    compdev: single(point.compDev),
    compdevpercent: single(point.span === 0 ? 0 : (100 * point.compDev) / point.span),
    compmax: 28_800,
    compmin: 0,
    compressing: point.compressing ? 1 : 0,
    creationdate: formatTicksTrimmed(point.createdAt),
    descriptor: point.descriptor,
    digitalset: point.digitalSet,
    displaydigits: point.displayDigits,
    engunits: point.engineeringUnits,
    excdev: single(0),
    excmax: 600,
    excmin: 0,
    future: point.future ? 1 : 0,
    pointid: point.id,
    pointsource: point.pointSource,
    pointtype: point.pointType,
    ptclassname: point.pointClass,
    shutdown: 0,
    span: single(point.span),
    step: point.step ? 1 : 0,
    tag: point.name,
    zero: single(point.zero),
  }
}
