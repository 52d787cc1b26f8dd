/** `/dataservers`: the list, one by name or path, its points page by page, its digital sets. */
import type { ApiContext } from '../context.ts'
import type { DataServer } from '../data-server.ts'
import { ApiError, ok } from '../http/answer.ts'
import type { ApiRequest, Routes } from '../http/router.ts'
import { nameMask } from '../name-mask.ts'
import type { HistorianPoint } from '../point.ts'
import { serverByName, serverByPath, serverByWebId } from '../resolve.ts'
import { describeEnumerationSet, describePoint, describeServer } from './describe.ts'
import { maxCountParameter, webIdTypeParameter } from '../parameters.ts'

export function dataServerRoutes(context: ApiContext): Routes {
  return {
    'GET dataservers': (request) => {
      const form = webIdTypeParameter(context, request)
      const asked = serverAsked(context, request)
      if (asked !== undefined) return ok(describeServer(context, asked, request.baseUrl, form))
      const items = context.historian.servers.map((server) => describeServer(context, server, request.baseUrl, form))
      return ok({ Links: {}, Items: items })
    },
    'GET dataservers/{webId}': (request, { webId = '' }) => {
      const server = serverByWebId(context, webId)
      return ok(describeServer(context, server, request.baseUrl, webIdTypeParameter(context, request)))
    },
    'GET dataservers/{webId}/points': (request, { webId = '' }) => {
      const server = serverByWebId(context, webId)
      if (!server.connected) throw ApiError.of(502, `The data server '${server.name}' is not connected.`)
      const form = webIdTypeParameter(context, request)
      const { items, links } = pageOf(context, request, filterPoints(server, request))
      return ok({
        Links: links,
        Items: items.map((point) => describePoint(server, point, request.baseUrl, form)),
      })
    },
    'GET dataservers/{webId}/enumerationsets': (request, { webId = '' }) => {
      const server = serverByWebId(context, webId)
      const form = webIdTypeParameter(context, request)
      const items = server.enumerationSets.map((set) => describeEnumerationSet(server, set, request.baseUrl, form))
      return ok({ Links: {}, Items: items })
    },
  }
}

function serverAsked(context: ApiContext, request: ApiRequest): DataServer | undefined {
  const path = request.query.get('path')
  if (path !== undefined) return serverByPath(context, path)
  const name = request.query.get('name')
  if (name === undefined) return undefined
  const server = serverByName(context, name)
  if (server === undefined) throw ApiError.notFound(`The data server '${name.slice(0, 256)}' was not found.`)
  return server
}

function filterPoints(server: DataServer, request: ApiRequest): HistorianPoint[] {
  const name = nameMask(request.query.get('nameFilter'))
  const source = nameMask(request.query.get('sourceFilter'))
  return server.points.filter((point) => name(point.name) && source(point.pointSource))
}

/** One page by startIndex and maxCount, with links to its neighbours that keep the request's other parameters. */
export function pageOf<T>(
  context: ApiContext,
  request: ApiRequest,
  all: readonly T[],
): { items: readonly T[]; links: Record<string, string> } {
  const maxCount = maxCountParameter(context, request.query)
  const startIndex = request.query.integer('startIndex', 0)
  const items = all.slice(startIndex, startIndex + maxCount)
  if (!context.switches().pagingLinks) return { items, links: {} }
  const linkTo = (start: number): string => withStartIndex(request, start)
  const lastStart = all.length === 0 ? 0 : Math.floor((all.length - 1) / maxCount) * maxCount
  const links: Record<string, string> = { First: linkTo(0) }
  if (startIndex > 0) links['Previous'] = linkTo(Math.max(0, startIndex - maxCount))
  if (startIndex + maxCount < all.length) links['Next'] = linkTo(startIndex + maxCount)
  links['Last'] = linkTo(lastStart)
  return { items, links }
}

function withStartIndex(request: ApiRequest, start: number): string {
  const question = request.url.indexOf('?')
  const path = question < 0 ? request.url : request.url.slice(0, question)
  const kept = request.url
    .slice(path.length + 1)
    .split('&')
    .filter((pair) => pair !== '' && !/^startindex=/i.test(pair))
  return `${path}?${[...kept, `startIndex=${String(start)}`].join('&')}`
}
