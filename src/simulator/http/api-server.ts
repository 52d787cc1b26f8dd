/**
 * The PI Web API over HTTP: counts, delays, refuses, routes, thins out by selectedFields, answers. Everything under
 * the base path comes through here; sub-requests of a batch come through `dispatch` only.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { CalculationRefused } from '../calc/calculated.ts'
import type { ApiContext } from '../context.ts'
import { parseSelectedFields, selectFields } from '../selected-fields.ts'
import { AccessControl, type SimulatorAuth } from './access.ts'
import { ApiError, html, json, type Answer } from './answer.ts'
import { readBody } from './body.ts'
import { drawFaults, type BodyFault } from './faults.ts'
import { decodePercent, Query } from './query.ts'
import { respond } from './respond.ts'
import { Router, type ApiRequest, type Routes } from './router.ts'

export const BASE_PATH = '/piwebapi'

/** Requests other than GET that change nothing on the data server. */
const READING_POSTS: ReadonlySet<string> = new Set([
  'POST batch',
  'POST streams/{webId}/updates',
  'POST streamsets/updates',
])

export interface Asked {
  readonly method: string
  /** Path and query as on the wire, base path included. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  readonly origin: string
}

export interface Dispatched {
  readonly route: string
  readonly answer: Answer
}

export class ApiServer {
  readonly #context: ApiContext
  readonly #access: AccessControl
  readonly #observers = new Set<(request: ApiRequest) => void>()
  #router = new Router({})

  constructor(context: ApiContext, auth: SimulatorAuth) {
    this.#context = context
    this.#access = new AccessControl(auth)
  }

  get userName(): string {
    return this.#access.userName
  }

  use(routes: Routes): void {
    this.#router = new Router(routes)
  }

  /** Calls back before each routed request, batched ones too; returns how to stop that. */
  observe(observer: (request: ApiRequest) => void): () => void {
    this.#observers.add(observer)
    return () => this.#observers.delete(observer)
  }

  async serve(incoming: IncomingMessage, outgoing: ServerResponse, origin: string): Promise<void> {
    const { counters, loop, switches, dice } = this.#context
    counters.begin(performance.now(), loop.earliestArrivalMs())
    const faults = drawFaults(switches(), dice)
    let fault: BodyFault = faults.body
    let failed = fault.kind === 'cut' || fault.kind === 'truncate' || fault.kind === 'reset'
    const ended = new Promise<void>((resolve) => outgoing.once('close', resolve))
    try {
      const body = await readBodyOrRefuse(incoming, switches().maxBodyBytes)
      if (faults.latencyMs > 0) await sleep(faults.latencyMs)
      let answer: Answer
      if (typeof body !== 'string') answer = body
      else {
        const headers = incoming.headers as Record<string, string | undefined>
        const asked = { method: incoming.method ?? 'GET', url: incoming.url ?? '', headers, body, origin }
        answer = await this.#answer(asked, incoming.socket.remoteAddress ?? '', faults.answer)
      }
      failed ||= answer.status >= 400
      if (answer === faults.answer && fault.kind !== 'reset') fault = { kind: 'none' }
      const gzip = switches().gzip && /\bgzip\b/.test(incoming.headers['accept-encoding']?.toString() ?? '')
      await respond(outgoing, answer, { gzip, fault })
      await ended
    } finally {
      counters.end(failed)
    }
  }

  async #answer(asked: Asked, client: string, forced: Answer | undefined): Promise<Answer> {
    const { counters, switches } = this.#context
    let request: ApiRequest
    try {
      request = toRequest(asked)
    } catch (error) {
      return refusal(error)
    }
    const refused = forced ?? this.#access.refuse(request, client, performance.now(), switches())
    if (refused !== undefined) {
      // Whatever the answer: it was asked for.
      if (!isRead(this.#routeName(request))) counters.wrote()
      return refused
    }
    const { route, answer } = await this.#run(request)
    counters.routed(route)
    return answer
  }

  /** Answers one request that has passed the door: the way of a batch's sub-requests. */
  async dispatch(asked: Asked): Promise<Dispatched> {
    try {
      const dispatched = await this.#run(toRequest(asked))
      this.#context.counters.batched(dispatched.route)
      return dispatched
    } catch (error) {
      return { route: UNROUTED, answer: refusal(error) }
    }
  }

  async #run(request: ApiRequest): Promise<Dispatched> {
    let route = unroutedName(request.method)
    try {
      const match = this.#router.match(request)
      route = match.name
      for (const observer of this.#observers) observer(request)
      return { route, answer: thinOut(await match.handle(request), request) }
    } catch (error) {
      return { route, answer: refusal(error) }
    } finally {
      if (!isRead(route)) this.#context.counters.wrote()
    }
  }

  #routeName(request: ApiRequest): string {
    try {
      return this.#router.match(request).name
    } catch {
      return unroutedName(request.method)
    }
  }
}

const UNROUTED = 'unrouted'

function unroutedName(method: string): string {
  return method === 'GET' || method === 'HEAD' ? UNROUTED : `${method} ${UNROUTED}`
}

function isRead(route: string): boolean {
  return route === UNROUTED || route.startsWith('GET ') || READING_POSTS.has(route)
}

async function readBodyOrRefuse(incoming: IncomingMessage, maxBytes: number): Promise<string | Answer> {
  try {
    return await readBody(incoming, maxBytes)
  } catch (error) {
    return refusal(error)
  }
}

function toRequest(asked: Asked): ApiRequest {
  const question = asked.url.indexOf('?')
  const path = question < 0 ? asked.url : asked.url.slice(0, question)
  if (!isBelowBase(path)) throw new ApiError(html(404, 'Not Found'), 'outside the base path')
  return {
    method: asked.method,
    segments: path
      .slice(BASE_PATH.length)
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodePercent),
    query: new Query(question < 0 ? '' : asked.url.slice(question + 1)),
    headers: asked.headers,
    body: asked.body,
    origin: asked.origin,
    baseUrl: asked.origin + BASE_PATH,
    url: asked.origin + asked.url,
  }
}

export function isBelowBase(path: string): boolean {
  const next = path.charAt(BASE_PATH.length)
  return path.slice(0, BASE_PATH.length).toLowerCase() === BASE_PATH && (next === '' || next === '/' || next === '?')
}

function thinOut(answer: Answer, request: ApiRequest): Answer {
  const fields = parseSelectedFields(request.query.get('selectedFields'))
  if (fields === undefined || answer.body.kind !== 'json' || answer.status >= 300) return answer
  return { ...answer, body: { kind: 'json', value: selectFields(answer.body.value, fields) } }
}

/** Any error as an answer. An unexpected one is a defect of the simulator and says so. */
function refusal(error: unknown): Answer {
  if (error instanceof ApiError) return error.answer
  if (error instanceof CalculationRefused) return json(error.status, { Errors: [error.message] })
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return json(500, { Errors: [`simulator defect: ${text}`] })
}
