/** Stream updates (2019 and later): registrations and what happened since a marker, for one stream or many. */
import type { ApiContext } from '../context.ts'
import { asRecorded } from '../calc/calculated.ts'
import { ApiError, json, ok } from '../http/answer.ts'
import type { ApiRequest, Handler, Routes } from '../http/router.ts'
import { pointByWebId, type FoundPoint } from '../resolve.ts'
import { timedValue } from '../timed-value.ts'
import { StreamUpdates, type Retrieved } from '../updates.ts'
import { encodePointWebId } from '../webid.ts'
import { webIdTypeParameter } from '../parameters.ts'
import type { HistorianPoint } from '../point.ts'

/** Events held for a client that does not come; beyond them its registration is void. */
const MAX_EVENTS = 100_000
const TICKS_PER_SECOND = 10_000_000

export function updateRoutes(context: ApiContext): { readonly routes: Routes; readonly restart: () => void } {
  const updates = new StreamUpdates<HistorianPoint>({
    newGuid: () => Array.from({ length: 32 }, () => context.dice.below(16).toString(16)).join(''),
    lifetime: () => BigInt(Math.round(context.switches().markerLifetimeSeconds * TICKS_PER_SECOND)),
    maxEvents: MAX_EVENTS,
  })
  const found = new Map<HistorianPoint, FoundPoint>()
  context.historian.onChange(({ point, action, event, previousArchived }) => {
    const previousEventAction = previousArchived === true ? 'PreviousEventArchived' : 'None'
    updates.record(point, { action, previousEventAction, event })
  })

  const source = (request: ApiRequest, { server, point }: FoundPoint): Record<string, string> => ({
    Source: encodePointWebId(server, point, webIdTypeParameter(context, request)),
    SourceName: point.name,
    SourcePath: `\\\\${server.name}\\${point.name}`,
  })

  const register = (request: ApiRequest, webId: string): Record<string, unknown> => {
    const stream = pointByWebId(context, webId)
    found.set(stream.point, stream)
    const { status, latestMarker } = updates.register(stream.point, context.now())
    return { ...source(request, stream), LatestMarker: latestMarker, Status: status }
  }

  const events = (request: ApiRequest, retrieved: Extract<Retrieved<HistorianPoint>, { ok: true }>): unknown => {
    const stream = found.get(retrieved.stream)
    const { nonFinite } = context.switches()
    return {
      ...(stream === undefined ? {} : source(request, stream)),
      RequestedMarker: retrieved.requestedMarker,
      LatestMarker: retrieved.latestMarker,
      Status: 'Succeeded',
      Events: retrieved.events.map(({ action, previousEventAction, event }) => ({
        Action: action,
        PreviousEventAction: previousEventAction,
        ...timedValue(retrieved.stream, asRecorded(retrieved.stream, event), nonFinite),
      })),
    }
  }

  const routes: Routes = {
    'GET streams/updates/{marker}': (request, { marker = '' }) => {
      const retrieved = updates.retrieve(marker, context.now())
      if (!retrieved.ok) throw ApiError.of(retrieved.status, retrieved.error)
      return ok(events(request, retrieved))
    },
    'POST streams/{webId}/updates': (request, { webId = '' }) => {
      const registered = badWebIdIs400(() => register(request, webId))
      const location = `${request.baseUrl}/streams/updates/${String(registered['LatestMarker'])}`
      return json(200, registered, { Location: location })
    },
    'POST streamsets/updates': (request) => {
      const items = request.query.all('webId').map((webId) => {
        try {
          return register(request, webId)
        } catch (error) {
          if (!(error instanceof ApiError)) throw error
          return { Source: webId, Status: 'Failed', Exception: { Errors: [error.message] } }
        }
      })
      return ok({ Links: {}, Items: items })
    },
    'GET streamsets/updates': (request) => {
      const items = request.query.all('marker').map((marker) => {
        const retrieved = updates.retrieve(marker, context.now())
        if (retrieved.ok) return events(request, retrieved)
        return { RequestedMarker: marker, Status: 'Failed', Exception: { Errors: [retrieved.error] } }
      })
      return ok({ Links: {}, Items: items })
    },
  }
  return {
    routes: Object.fromEntries(
      Object.entries(routes).map(([name, handler]) => [name, whenPresent(context, handler)] as const),
    ),
    restart: () => updates.restart(),
  }
}

/** Older servers do not know these routes. */
function whenPresent(context: ApiContext, handler: Handler): Handler {
  return (request, captured) => {
    if (!context.switches().streamUpdates) {
      throw ApiError.message(404, `No HTTP resource was found that matches the request URI '${request.url}'.`)
    }
    return handler(request, captured)
  }
}

function badWebIdIs400<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    if (error instanceof ApiError && error.answer.status === 404) throw ApiError.badRequest(error.message)
    throw error
  }
}
