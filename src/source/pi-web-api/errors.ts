/**
 * Foreign failures become BanyanErrors here and nowhere else.
 *
 * Statuses are judged by class and messages are never parsed: both may change between releases. Texts are only shown,
 * cut short and freed from control characters, because they come from a peer.
 */
import { BanyanError, isBanyanError, messageOf, type ErrorCode } from '../../domain/errors.ts'

/** An answer that asks us to stay away for longer must not stop the bridge for good. */
const MAX_RETRY_AFTER_MS = 3_600_000
const MAX_EXCERPT = 300

export interface FailedAnswer {
  readonly status: number
  /** Parsed JSON or text, whatever came. */
  readonly body: unknown
  readonly retryAfterMs?: number | undefined
  /** Where a redirect points. */
  readonly location?: string | undefined
}

/** `what` is the request in the reader's words, e.g. "reading tag FIC101". */
export function errorOfStatus(answer: FailedAnswer, what: string): BanyanError {
  const { status, retryAfterMs } = answer
  const said = excerptOf(answer.body)
  const message = `${what}: the historian answered ${status}${said === '' ? '' : ` (${said})`}`
  const { code, retryable, hint } = classOf(answer)
  return new BanyanError(code, message, {
    retryable,
    ...(hint === undefined ? {} : { hint }),
    context: { status, retryAfterMs },
  })
}

function classOf({ status, location }: FailedAnswer): { code: ErrorCode; retryable: boolean; hint?: string } {
  switch (status) {
    case 401:
      return {
        code: 'BANYAN_SOURCE_UNAUTHORIZED',
        retryable: false,
        hint: 'Check the account and its password or token file, and that the server allows this kind of sign-in.',
      }
    case 403:
      return {
        code: 'BANYAN_SOURCE_FORBIDDEN',
        retryable: false,
        hint: 'Give the account read access in PI (point and data security), then try again.',
      }
    case 404:
    case 410:
      return {
        code: 'BANYAN_SOURCE_NOT_FOUND',
        retryable: false,
        hint: '`banyan tags` lists what the historian has now; what was deleted there cannot be copied any more.',
      }
    case 429:
      return {
        code: 'BANYAN_SOURCE_THROTTLED',
        retryable: true,
        hint: 'Lower limits.requestsPerSecond of this historian below what PI Web API allows one client.',
      }
    case 501:
    case 505:
      return { code: 'BANYAN_SOURCE_REJECTED', retryable: false, hint: REFUSED }
    default:
  }
  if (status >= 500 || status === 408) {
    return {
      code: 'BANYAN_SOURCE_UNAVAILABLE',
      retryable: true,
      hint: 'See whether PI Web API and the PI Data Archive behind it are well; then run the same command again.',
    }
  }
  if (status >= 300 && status < 400) {
    return {
      code: 'BANYAN_SOURCE_REJECTED',
      retryable: false,
      hint: `The url redirects to ${printable(location ?? 'another page')}; configure the address of PI Web API itself.`,
    }
  }
  return { code: 'BANYAN_SOURCE_REJECTED', retryable: false, hint: REFUSED }
}

const REFUSED = 'The log of PI Web API says why it refuses this request; a proxy before it may be the one that does.'

const TLS_TRUST_CODES = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])
const TLS_IDENTITY_CODES = new Set(['ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])

/**
 * No answer at all, or a cut one. Wrong certificates do not mend themselves; everything else may. The HTTP client's own
 * error is not kept as the cause: it carries the request's headers, and with them the credentials.
 */
export function errorOfTransport(error: unknown, what: string, host: string): BanyanError {
  const code = codeOf(error)
  const message = `${what}: ${host} could not be read (${[code, printable(messageOf(error))].filter(Boolean).join(', ')})`
  if (TLS_TRUST_CODES.has(code)) {
    const hint = "Put the PEM of the authority that signed the server's certificate in tls.caFile."
    return new BanyanError('BANYAN_SOURCE_UNAVAILABLE', message, { hint, context: { code } })
  }
  if (TLS_IDENTITY_CODES.has(code)) {
    const hint = "Use the host name the server's certificate was made for, or renew the certificate."
    return new BanyanError('BANYAN_SOURCE_UNAVAILABLE', message, { hint, context: { code } })
  }
  const hint =
    code === 'EPROTO'
      ? 'The two sides do not agree on TLS: should the url begin with http: instead, or name another port?'
      : 'Check the url, and that this machine may reach the PI Web API server.'
  return new BanyanError('BANYAN_SOURCE_UNAVAILABLE', message, {
    retryable: true,
    hint,
    context: { code: code === '' ? undefined : code },
  })
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : ''
}

/** Seconds or an HTTP date; undefined when absent or unreadable. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined || header.trim() === '') return undefined
  const seconds = Number(header)
  const ms = Number.isNaN(seconds) ? Date.parse(header) - nowMs : seconds * 1000
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS)
}

/** The server's own words from any of its error bodies: `{Errors}`, `{Message}`, plain text, HTML. */
function excerptOf(body: unknown): string {
  if (typeof body === 'string') {
    const title = /<title[^>]*>([^<]{0,200})/i.exec(body)?.[1]
    if (title !== undefined) return printable(`HTML page "${title.trim()}"`)
    return /^\s*</.test(body) ? 'HTML page' : printable(body)
  }
  if (typeof body !== 'object' || body === null) return ''
  if ('Errors' in body && Array.isArray(body.Errors)) {
    return printable(body.Errors.filter((text) => typeof text === 'string').join('; '))
  }
  return 'Message' in body && typeof body.Message === 'string' ? printable(body.Message) : ''
}

/** Foreign text made fit for one line of a log or terminal. */
export function printable(text: string): string {
  const line = text
    .slice(0, MAX_EXCERPT * 2)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
  return line.length > MAX_EXCERPT ? `${line.slice(0, MAX_EXCERPT)}…` : line
}

export type ProtocolFault =
  /** Not JSON, cut short, or a value that could not be read: worth as many attempts as a lost answer. */
  | 'unreadable'
  /** More bytes than we take: ask for fewer rows. */
  | 'too-large'
  /** Well-formed, but not what the contract says. */
  | 'contradiction'

const HINT_OF_FAULT: Readonly<Record<ProtocolFault, string>> = {
  unreadable:
    'Nothing of it was copied. Open the url in a browser: a proxy or a sign-in page may be answering in place of PI Web API.',
  'too-large': 'Lower pageSize.',
  contradiction: 'Nothing of it was copied. Look at that place in the historian itself.',
}

export function protocolError(
  message: string,
  fault: ProtocolFault,
  context: Readonly<Record<string, string | number | undefined>> = {},
  cause?: unknown,
): BanyanError {
  const hint = HINT_OF_FAULT[fault]
  return new BanyanError('BANYAN_SOURCE_PROTOCOL', message, { hint, context: { ...context, fault }, cause })
}

export function isTooLarge(error: unknown): boolean {
  return isBanyanError(error, 'BANYAN_SOURCE_PROTOCOL') && error.context['fault'] === 'too-large'
}

/** The deadline passed before the answer was complete. */
export function lateError(what: string, host: string, timeoutMs: number): BanyanError {
  return new BanyanError(
    'BANYAN_SOURCE_UNAVAILABLE',
    `${what}: no complete answer from ${host} within ${timeoutMs} ms`,
    {
      retryable: true,
      hint: 'Raise timeout or lower pageSize of this historian, or find out what keeps it busy.',
      context: { timeoutMs },
    },
  )
}

export function isLate(error: unknown): boolean {
  return isBanyanError(error, 'BANYAN_SOURCE_UNAVAILABLE') && error.context['timeoutMs'] !== undefined
}

/** Many asked together that miss the deadline once would miss it again: that is more than can be asked for at once. */
export function tooMuchIfLate(error: unknown): never {
  throw isLate(error) ? protocolError(messageOf(error), 'too-large', {}, error) : error
}

/** `refusal`: what the historian answered to the last attempt at a registration. */
export function noUpdatesError(refusal: BanyanError): BanyanError {
  return new BanyanError(
    'BANYAN_SOURCE_REJECTED',
    'the historian gives no notices of change: it refuses to register stream updates',
    {
      hint: 'PI Web API has them since 2019. Nothing depends on them: without notices changes are found by looking.',
      context: { status: refusal.context['status'] },
      cause: refusal,
    },
  )
}

/** A contradicting page may be the work of a proxy; after five it is believed to be what the historian says. */
const CONTRADICTION_ATTEMPTS = 5

/** Cost of a failure for `withRetry`, given how often a request that fails for passing reasons may be tried. */
export function retryCost(error: unknown, maxAttempts: number): number {
  if (!(error instanceof BanyanError)) return 1
  if (error.code === 'BANYAN_SOURCE_PROTOCOL') {
    switch (error.context['fault']) {
      case 'unreadable':
        return 1 / maxAttempts
      case 'contradiction':
        return 1 / Math.min(CONTRADICTION_ATTEMPTS, maxAttempts)
      default:
        return 1
    }
  }
  return error.retryable ? 1 / maxAttempts : 1
}

export function retryAfterOf(error: unknown): number {
  const asked = error instanceof BanyanError ? error.context['retryAfterMs'] : undefined
  return typeof asked === 'number' ? asked : 0
}
