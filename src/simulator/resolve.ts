/** From WebIDs and paths to data servers and points. Full is resolved by id first, then by path (inferred). */
import type { ApiContext } from './context.ts'
import type { DataServer } from './data-server.ts'
import { ApiError } from './http/answer.ts'
import type { HistorianPoint } from './point.ts'
import { decodeWebId, toUpperInvariant, type DecodedWebId } from './webid.ts'

export interface FoundPoint {
  readonly server: DataServer
  readonly point: HistorianPoint
}

/** Throws 404 for what never was, 410 for a point that was deleted. */
export function pointByWebId(context: ApiContext, webId: string): FoundPoint {
  const decoded = decodeWebId(webId)
  if (decoded?.kind !== 'point') throw unknownWebId(webId)
  const server = serverOf(context, decoded)
  if (server !== undefined) {
    if (decoded.pointId !== undefined) {
      const point = server.pointById(decoded.pointId)
      if (point !== undefined) return { server, point }
      if (context.historian.wasDeleted(server, decoded.pointId)) {
        throw ApiError.of(410, `The PI Point with ID ${String(decoded.pointId)} no longer exists.`)
      }
    }
    const point = decoded.path === undefined ? undefined : pointByUpperPath(server, decoded.path)
    if (point !== undefined) return { server, point }
  }
  throw unknownWebId(webId)
}

/** As pointByWebId, for a read of recorded values: the moment at which a tag may vanish midway. */
export function pointToRead(context: ApiContext, webId: string): FoundPoint {
  const { server, point } = pointByWebId(context, webId)
  if (server === context.historian.primary) context.midway.beforeRead(point, context.switches())
  return pointByWebId(context, webId)
}

export function serverByWebId(context: ApiContext, webId: string): DataServer {
  const decoded = decodeWebId(webId)
  const server = decoded?.kind === 'server' ? serverOf(context, decoded) : undefined
  if (server === undefined) throw unknownWebId(webId)
  return server
}

/** The data server a decoded WebID points into; Local and Default forms mean the first one. */
export function serverOf(context: ApiContext, decoded: DecodedWebId): DataServer | undefined {
  const { servers } = context.historian
  const byGuid = servers.find((server) => server.guid === decoded.serverGuid)
  if (byGuid !== undefined || decoded.serverGuid !== undefined) return byGuid
  if (decoded.path === undefined) return servers[0]
  const name = decoded.path.split('\\', 1)[0]
  return servers.find((server) => toUpperInvariant(server.name) === name)
}

function pointByUpperPath(server: DataServer, path: string): HistorianPoint | undefined {
  const upper = path.slice(path.indexOf('\\') + 1)
  return server.points.find((point) => toUpperInvariant(point.name) === upper)
}

/** `\\SERVER\tag`; the tag may hold further backslashes. */
export function pointByPath(context: ApiContext, path: string): FoundPoint {
  const match = /^\\\\([^\\]+)\\(.+)$/s.exec(path)
  if (match === null) throw ApiError.badRequest(`The path '${path.slice(0, 256)}' is not a valid PI Point path.`)
  const server = serverByName(context, match[1] ?? '')
  const point = server?.pointByName(match[2] ?? '')
  if (server === undefined || point === undefined) {
    throw ApiError.notFound(`The specified path was not found: '${path.slice(0, 256)}'.`)
  }
  return { server, point }
}

/** `\\SERVER` or `\\PIServers[SERVER]`. */
export function serverByPath(context: ApiContext, path: string): DataServer {
  const name = /^\\\\PIServers\[(.+)\]$/i.exec(path)?.[1] ?? /^\\\\([^\\]+)$/.exec(path)?.[1]
  const server = name === undefined ? undefined : serverByName(context, name)
  if (server === undefined) throw ApiError.notFound(`The specified path was not found: '${path.slice(0, 256)}'.`)
  return server
}

export function serverByName(context: ApiContext, name: string): DataServer | undefined {
  return context.historian.servers.find((server) => server.name.toUpperCase() === name.toUpperCase())
}

function unknownWebId(webId: string): ApiError {
  return ApiError.notFound(`The WebID '${webId.slice(0, 256)}' was not found or is not valid for this resource.`)
}
