/**
 * GET /api/routing/{workload}: which side its consumers are to read, for those that do not follow the routing topic.
 *
 * - `?consumer=NAME` adds the side of that consumer.
 * - `?after=ETAG&wait=SECONDS` holds the answer back until it would be another one, or the seconds are over.
 *
 * Whoever gets anything but a well-formed 200 reads the historian. While the kill switch is on the answer is the
 * historian, for whatever name, whether the store can be read or not.
 */
import type { Context } from 'hono'
import { sideFor, type RoutingRecord } from '../cutover/routing.ts'
import { following } from '../util/abort.ts'

/** What the routing is, as of now. */
export type RoutingState =
  | { readonly kind: 'record'; readonly record: RoutingRecord }
  /** Somebody turned the kill switch on. The record as far as one is known: it is overruled. */
  | { readonly kind: 'killed'; readonly record: RoutingRecord | undefined }
  /** No such workload, or it is not registered. */
  | { readonly kind: 'unknown' }
  /** What was decided cannot be read. */
  | { readonly kind: 'unavailable'; readonly reason: string }

export interface RoutingSource {
  routingOf(workload: string): RoutingState
  /** Resolves when any routing, or the kill switch, is another than it was; or when the signal aborts. Never rejects. */
  changed(signal: AbortSignal): Promise<void>
}

/** Less than an idle connection is kept. */
const WAIT_MAX_S = 30
/** Far less than the connections there may be: who waits must not keep a scraper out. */
const WAITERS_MAX = 60
const WORKLOAD = /^[a-z0-9-]{1,64}$/
const CONSUMER_MAX = 200
const ETAG_MAX = 40
const UNKNOWN = { error: 'no such workload' }

export class RoutingRoute {
  readonly #source: RoutingSource
  readonly #schemaVersion: number
  #waiters = 0

  constructor(source: RoutingSource, schemaVersion: number) {
    this.#source = source
    this.#schemaVersion = schemaVersion
  }

  async answer(c: Context): Promise<Response> {
    const workload = c.req.param('workload') ?? ''
    const asked = askedIn(c)
    if (!WORKLOAD.test(workload)) return c.json(UNKNOWN, 404)
    if (typeof asked === 'string') return c.json({ error: asked }, 400)
    let state = this.#source.routingOf(workload)
    if (asked.after !== undefined && etagOf(state) === asked.after && this.#waiters < WAITERS_MAX) {
      state = await this.#another(workload, asked.after, asked.waitS * 1_000, c.req.raw.signal)
    }
    if (state.kind === 'unknown') return c.json(UNKNOWN, 404)
    if (state.kind === 'unavailable') {
      return c.json({ error: state.reason, hint: 'read the historian until this is answered again' }, 503)
    }
    const etag = etagOf(state)
    c.header('ETag', `"${etag}"`)
    if (c.req.header('if-none-match') === `"${etag}"`) return c.body(null, 304)
    return c.json({ schemaVersion: this.#schemaVersion, ...bodyOf(state, workload, asked.consumer), etag })
  }

  /** What it is once its tag is not `after` any more, the time is over, or the client has gone. */
  async #another(workload: string, after: string, waitMs: number, gone: AbortSignal): Promise<RoutingState> {
    const over = new AbortController()
    const timer = setTimeout(() => over.abort(), waitMs)
    const { signal, release } = following([gone, over.signal])
    this.#waiters += 1
    try {
      for (;;) {
        // Before the look: what changes after it is not missed.
        const changed = this.#source.changed(signal)
        const state = this.#source.routingOf(workload)
        if (etagOf(state) !== after || signal.aborted) return state
        await changed
      }
    } finally {
      this.#waiters -= 1
      clearTimeout(timer)
      over.abort()
      release()
    }
  }
}

/** Other states have no tag: they are answered at once. */
function etagOf(state: RoutingState): string | undefined {
  if (state.kind === 'killed') return 'killed'
  return state.kind === 'record' ? String(state.record.version) : undefined
}

function bodyOf(
  state: Extract<RoutingState, { kind: 'record' | 'killed' }>,
  workload: string,
  consumer: string | undefined,
): object {
  const killed = state.kind === 'killed'
  const side = consumer !== undefined && { consumer, side: sideFor(state.record, consumer, { killed }) }
  if (state.kind === 'record') return { ...state.record, killed, ...side }
  return { ...state.record, v: 1, workload, serve: 'historian', cohort: 0, killed, ...side }
}

interface Asked {
  readonly consumer: string | undefined
  readonly after: string | undefined
  readonly waitS: number
}

/** What is wrong with the question, as text. */
function askedIn(c: Context): Asked | string {
  const { consumer, after, wait = '0' } = c.req.query()
  if (consumer !== undefined && (consumer === '' || consumer.length > CONSUMER_MAX)) {
    return `consumer is a name of 1 to ${CONSUMER_MAX} characters`
  }
  if (!/^\d{1,2}$/.test(wait) || Number(wait) > WAIT_MAX_S) return `wait is a number of seconds up to ${WAIT_MAX_S}`
  if (after !== undefined && after.length > ETAG_MAX) return 'after is the etag of an answer'
  return { consumer, after, waitS: Number(wait) }
}
