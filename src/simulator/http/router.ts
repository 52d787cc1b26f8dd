/** Finds the route of a request: literal segments in any case, `{name}` segments captured. */
import { ApiError, type Answer } from './answer.ts'
import type { Query } from './query.ts'

export interface ApiRequest {
  readonly method: string
  /** Below the base path, decoded, no empty segment. */
  readonly segments: readonly string[]
  readonly query: Query
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Decoded text; empty when there is none. */
  readonly body: string
  /** `http://host:port`. */
  readonly origin: string
  /** The origin with the base path: what links in the answer start with. */
  readonly baseUrl: string
  /** As it was asked for, for error texts. */
  readonly url: string
}

export type Handler = (request: ApiRequest, captured: Readonly<Record<string, string>>) => Answer | Promise<Answer>

/** Keys are `GET streams/{webId}/recorded`; the key names the route in the counters. */
export type Routes = Readonly<Record<string, Handler>>

export interface RouteMatch {
  readonly name: string
  readonly handle: (request: ApiRequest) => Answer | Promise<Answer>
}

interface CompiledRoute {
  readonly name: string
  readonly method: string
  readonly parts: readonly string[]
  readonly handler: Handler
}

export class Router {
  readonly #routes: readonly CompiledRoute[]

  /** Literal routes must stand before captured ones of the same length. */
  constructor(routes: Routes) {
    this.#routes = Object.entries(routes).map(([name, handler]) => {
      const [method = '', pattern = ''] = name.split(' ')
      return { name, method, parts: pattern === '' ? [] : pattern.split('/'), handler }
    })
  }

  /** Throws the routing layer's 404 or 405. */
  match(request: ApiRequest): RouteMatch {
    let otherMethod = false
    for (const route of this.#routes) {
      const captured = capture(route.parts, request.segments)
      if (captured === undefined) continue
      if (route.method === request.method) {
        return { name: route.name, handle: (asked) => route.handler(asked, captured) }
      }
      otherMethod = true
    }
    if (otherMethod) {
      throw ApiError.message(405, `The requested resource does not support http method '${request.method}'.`)
    }
    throw ApiError.message(404, `No HTTP resource was found that matches the request URI '${request.url}'.`)
  }
}

function capture(parts: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (parts.length !== segments.length) return undefined
  const captured: Record<string, string> = {}
  for (const [index, part] of parts.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith('{')) captured[part.slice(1, -1)] = segment
    else if (part !== segment.toLowerCase()) return undefined
  }
  return captured
}
