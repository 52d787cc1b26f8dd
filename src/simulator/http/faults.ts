/** Draws what goes wrong with a request as a whole. The same number of dice is thrown whatever the switches say. */
import type { Random } from '../random.ts'
import type { Switches } from '../switches.ts'
import { html, json, plain, type Answer } from './answer.ts'

export type BodyFault =
  | { readonly kind: 'none' }
  /** The connection is reset, or the body ends, after this share of it. */
  | { readonly kind: 'cut' | 'truncate'; readonly share: number }
  | { readonly kind: 'drip'; readonly bytesPerSecond: number }
  /** The connection is reset before the first byte. */
  | { readonly kind: 'reset' }

export interface RequestFaults {
  readonly latencyMs: number
  /** Given instead of the real answer. */
  readonly answer: Answer | undefined
  readonly body: BodyFault
}

export function drawFaults(switches: Switches, dice: Random): RequestFaults {
  const latencyMs = switches.latencyMs + dice.next() * switches.latencyJitterMs
  const status = dice.pick([500, 502, 503, 504])
  const failing = dice.chance(switches.serverErrorProbability)
  const throttled = dice.chance(switches.throttleProbability)
  const page = dice.chance(switches.htmlProbability)
  const cut = dice.chance(switches.cutProbability)
  const truncated = dice.chance(switches.truncateProbability)
  const dripping = dice.chance(switches.slowDripProbability)
  const share = dice.next()
  let body: BodyFault = { kind: 'none' }
  if (switches.outage === 'reset') body = { kind: 'reset' }
  else if (cut) body = { kind: 'cut', share }
  else if (truncated) body = { kind: 'truncate', share }
  else if (dripping) body = { kind: 'drip', bytesPerSecond: switches.slowDripBytesPerSecond }
  let answer: Answer | undefined
  // A reset outage draws an answer too: what nobody gets to see must not be carried out.
  if (switches.outage !== 0) answer = failure(switches, switches.outage === 'reset' ? 503 : switches.outage)
  else if (throttled) answer = tooMany(switches)
  else if (failing) answer = failure(switches, status)
  else if (page) answer = html(200, 'Sign in to continue')
  return { latencyMs, answer, body }
}

/** 429 in the words of the real server. */
export function tooMany(switches: Switches): Answer {
  return plain(429, 'Rate limit was reached', retryAfter(switches))
}

/** 500 comes from a controller, the others from the web server or a proxy before it. */
function failure(switches: Switches, status: number): Answer {
  if (status === 429) return tooMany(switches)
  if (status === 500) return json(500, { Errors: ['An unexpected error occurred.'] })
  return html(status, `HTTP Error ${String(status)}`, status === 503 ? retryAfter(switches) : {})
}

function retryAfter(switches: Switches): Record<string, string> {
  switch (switches.retryAfter) {
    case 'none':
      return {}
    case 'seconds':
      return { 'Retry-After': String(switches.retryAfterSeconds) }
    case 'date':
      // Rounded up to the next whole second, the form's precision.
      return { 'Retry-After': new Date(Math.ceil(Date.now() / 1000 + switches.retryAfterSeconds) * 1000).toUTCString() }
  }
}
