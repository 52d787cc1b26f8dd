/** Who may ask, how often, and with which headers. */
import { timingSafeEqual } from 'node:crypto'
import type { Switches } from '../switches.ts'
import { ApiError, html, plain, type Answer } from './answer.ts'
import { tooMany } from './faults.ts'
import type { ApiRequest } from './router.ts'

export type SimulatorAuth =
  | { readonly type: 'none' }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string }

const WINDOW_MS = 1000

export class AccessControl {
  readonly #auth: SimulatorAuth
  readonly #recent = new Map<string, { since: number; count: number }>()

  constructor(auth: SimulatorAuth) {
    this.#auth = auth
  }

  /** Who `system/userinfo` says the client is. */
  get userName(): string {
    if (this.#auth.type === 'none') return ''
    return this.#auth.type === 'basic' ? this.#auth.username : 'bearer-client'
  }

  /** The refusal, or undefined when the request may go on. */
  refuse(request: ApiRequest, client: string, atMs: number, switches: Switches): Answer | undefined {
    if (!this.#withinRate(client, atMs, switches.rateLimitPerSecond)) return tooMany(switches)
    if (!this.#isKnown(request.headers['authorization'] ?? '', switches.acceptedSecret)) {
      return html(401, 'Unauthorized', { 'WWW-Authenticate': this.#challenge() })
    }
    if (request.segments.some((segment) => encodeURIComponent(segment).length > switches.maxPathSegment)) {
      return html(400, 'Bad Request - Invalid URL')
    }
    const guarded = request.method !== 'GET' && request.method !== 'HEAD'
    if (guarded && switches.csrfDefence && (request.headers['x-requested-with'] ?? '') === '') {
      const text = 'The request is missing the required X-Requested-With header (cross-site request forgery defense).'
      return switches.csrfStatus === 403 ? plain(403, text) : ApiError.badRequest(text).answer
    }
    return undefined
  }

  /** Fixed windows of one second per client address. */
  #withinRate(client: string, atMs: number, limit: number): boolean {
    if (limit === 0) return true
    const known = this.#recent.get(client)
    if (known === undefined || atMs - known.since >= WINDOW_MS) {
      this.#recent.set(client, { since: atMs, count: 1 })
      return true
    }
    known.count += 1
    return known.count <= limit
  }

  #isKnown(authorization: string, acceptedSecret: string | null): boolean {
    if (this.#auth.type === 'none') return true
    const [scheme = '', credentials = ''] = authorization.split(' ', 2)
    if (scheme.toLowerCase() !== this.#auth.type) return false
    if (this.#auth.type === 'bearer') return isSame(credentials, acceptedSecret ?? this.#auth.token)
    const expected = `${this.#auth.username}:${acceptedSecret ?? this.#auth.password}`
    return isSame(Buffer.from(credentials, 'base64').toString('utf8'), expected)
  }

  #challenge(): string {
    return this.#auth.type === 'basic' ? 'Basic realm="piwebapi"' : 'Bearer'
  }
}

function isSame(given: string, expected: string): boolean {
  const a = Buffer.from(given)
  const b = Buffer.from(expected)
  return a.length === b.length && timingSafeEqual(a, b)
}
