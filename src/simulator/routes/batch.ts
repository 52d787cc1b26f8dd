/** `POST /batch` (2015 R3 and later). */
import { runBatch, type SubRequest, type SubResponse } from '../batch.ts'
import type { ApiContext } from '../context.ts'
import { ApiError, json, JSON_TYPE, jsonText, type Answer } from '../http/answer.ts'
import { BASE_PATH, isBelowBase, type ApiServer } from '../http/api-server.ts'
import type { ApiRequest, Routes } from '../http/router.ts'

/** Sub-requests worked on at a time; a bound of ours, the real one is not known. */
const CONCURRENCY = 16

export function batchRoutes(context: ApiContext, server: ApiServer): Routes {
  return {
    'POST batch': async (request) => {
      const { batch, maxBatchRequests } = context.switches()
      if (!batch) {
        throw ApiError.message(404, `No HTTP resource was found that matches the request URI '${request.url}'.`)
      }
      // Observed: a batch that carries this header is refused.
      if (request.headers['cache-control'] !== undefined) {
        throw ApiError.badRequest('The Cache-Control header is not supported for batch requests.')
      }
      const outcome = await runBatch(parseJson(request.body), {
        dispatch: (sub) => dispatch(context, server, request, sub),
        maxRequests: maxBatchRequests,
        concurrency: CONCURRENCY,
      })
      return outcome.status === 207 ? json(207, outcome.answers) : ApiError.badRequest(outcome.error).answer
    },
  }
}

async function dispatch(
  context: ApiContext,
  server: ApiServer,
  outer: ApiRequest,
  sub: SubRequest,
): Promise<SubResponse> {
  const { switches, dice } = context
  if (dice.chance(switches().batchItemErrorProbability)) {
    const status = dice.pick([500, 503, 504, 429])
    return { status, headers: {}, content: 'The request failed in the backend.', isJson: false }
  }
  const { answer } = await server.dispatch({
    method: sub.method.toUpperCase(),
    url: targetOf(sub.resource),
    headers: Object.fromEntries(Object.entries(sub.headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: sub.content ?? '',
    origin: outer.origin,
  })
  return {
    status: answer.status,
    headers: answer.headers,
    content: textOf(answer),
    isJson: answer.headers['Content-Type'] === JSON_TYPE,
  }
}

/** Whatever host the resource names, it is this server that is meant; a relative one starts at the base path. */
function targetOf(resource: string): string {
  const path = resource.replace(/^https?:\/\/[^/]*/i, '')
  if (isBelowBase(path)) return path
  return `${BASE_PATH}/${path.replace(/^\/+/, '')}`
}

function textOf({ body }: Answer): string {
  return body.kind === 'json' ? jsonText(body.value) : [...body.chunks].join('')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw ApiError.badRequest('The request body is not valid JSON.')
  }
}
