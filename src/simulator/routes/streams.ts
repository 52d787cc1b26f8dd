/** `/streams/{webId}/…` other than recorded. */
import type { ApiContext } from '../context.ts'
import { ok } from '../http/answer.ts'
import type { Routes } from '../http/router.ts'
import type { HistorianPoint } from '../point.ts'
import { pointByWebId } from '../resolve.ts'
import { STREAM_CALLS, type StreamResult } from './stream-calls.ts'

export function streamRoutes(context: ApiContext): Routes {
  return Object.fromEntries(
    Object.entries(STREAM_CALLS).map(([name, call]) => [
      `GET streams/{webId}/${name}`,
      (request, { webId = '' }) => {
        const { point } = pointByWebId(context, webId)
        return ok(answerOf(point, call(context, request.query)(point)))
      },
    ]) satisfies [string, Routes[string]][],
  )
}

function answerOf(point: HistorianPoint, result: StreamResult): unknown {
  switch (result.kind) {
    case 'value':
      return result.value
    case 'values':
      return { Items: result.items, UnitsAbbreviation: point.engineeringUnits }
    case 'summaries':
      return { Links: {}, Items: result.items }
  }
}
