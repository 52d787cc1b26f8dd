/**
 * Foreign failures become BanyanErrors here and nowhere else.
 *
 * A refusal is judged by its StatusCode. The library hands some of them over as text only, so the code's name is looked
 * up in the text; nothing else of a message decides. What is shown of it is cut short and freed from control characters.
 */
import { StatusCodes } from 'node-opcua-status-code'
import { BanyanError, isBanyanError, messageOf, type ErrorCode } from '../../domain/errors.ts'
import { printable } from './printable.ts'
import { refusalOf, type Refusal } from './status.ts'

interface Verdict {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly hint: string
}

const BUSY_HINT = "See the server's own log for why; then run the same command again."
const FEW_POINTS_HINT = 'Allow more history continuation points per session in the configuration of the OPC UA server.'
const VERDICT_OF_REFUSAL: Readonly<Record<Refusal, Verdict>> = {
  'no-data': unavailable(BUSY_HINT),
  continuation: unavailable(FEW_POINTS_HINT),
  'no-points': unavailable(FEW_POINTS_HINT),
  'too-large': {
    code: 'BANYAN_SOURCE_PROTOCOL',
    retryable: false,
    hint: 'Lower pageSize, or allow larger messages in the configuration of the OPC UA server.',
  },
  'too-many': {
    code: 'BANYAN_SOURCE_PROTOCOL',
    retryable: false,
    hint: 'Allow more nodes per HistoryRead in the configuration of the OPC UA server.',
  },
  timestamps: {
    code: 'BANYAN_SOURCE_REJECTED',
    retryable: false,
    hint: 'The server keeps no source timestamps for this node: its history cannot be told apart from another.',
  },
  session: unavailable('The server ended the session. Run the same command again.'),
  'unknown-node': {
    code: 'BANYAN_SOURCE_NOT_FOUND',
    retryable: false,
    hint: 'Check the node id of this tag; what was removed from the server cannot be copied any more.',
  },
  forbidden: {
    code: 'BANYAN_SOURCE_FORBIDDEN',
    retryable: false,
    hint: "Give the account HistoryRead rights on this node in the OPC UA server's configuration.",
  },
  busy: unavailable(BUSY_HINT),
  unsupported: {
    code: 'BANYAN_SOURCE_REJECTED',
    retryable: false,
    hint: 'The server keeps no history of this node, or does not give it away: choose another node.',
  },
}

function unavailable(hint: string): Verdict {
  return { code: 'BANYAN_SOURCE_UNAVAILABLE', retryable: true, hint }
}

/** `what` is the request in the reader's words; `wholeCall`: a service fault, not the answer for one node. */
export function errorOfStatus(status: number, what: string, wholeCall = false): BanyanError {
  const refusal = refusalOf(status)
  const { code, retryable, hint } = VERDICT_OF_REFUSAL[refusal]
  const message = `${what}: the server answered ${nameOfStatus(status)}`
  return new BanyanError(code, message, { retryable, hint, context: { status: hex(status), refusal, wholeCall } })
}

/** What the server wants done differently; undefined for a failure that is no refusal. */
export function refusalIn(error: unknown): Refusal | undefined {
  return error instanceof BanyanError ? (error.context['refusal'] as Refusal | undefined) : undefined
}

/** The service as a whole refused: which of the nodes in the call is to blame it does not say. */
export function isCallFault(error: unknown): boolean {
  return error instanceof BanyanError && error.context['wholeCall'] === true
}

/** Of a request on a session: a service fault, or a connection that broke. */
export function errorOfCall(error: unknown, what: string, endpoint: string): BanyanError {
  if (error instanceof BanyanError) return error
  const status = statusIn(error)
  if (status !== undefined) return errorOfStatus(status, what, true)
  return new BanyanError(
    'BANYAN_SOURCE_UNAVAILABLE',
    `${what}: no connection to ${endpoint} (${causeIn(messageOf(error))})`,
    {
      retryable: true,
      hint: 'Check endpoint, that the OPC UA server runs, and the network on the way to it.',
      context: { endpoint },
    },
  )
}

/** The library wraps what the socket said in advice of its own. */
function causeIn(text: string): string {
  return printable(/Err = \(([\s\S]*)\)\s*$/.exec(text)?.[1] ?? text)
}

/** The deadline passed before the answer was there. */
export function lateError(what: string, endpoint: string, timeoutMs: number): BanyanError {
  return new BanyanError('BANYAN_SOURCE_UNAVAILABLE', `${what}: no answer from ${endpoint} within ${timeoutMs} ms`, {
    retryable: true,
    hint: 'Raise timeout or lower pageSize of this historian, or find out what keeps the server busy.',
    context: { endpoint, timeoutMs },
  })
}

export function isLate(error: unknown): boolean {
  return isBanyanError(error, 'BANYAN_SOURCE_UNAVAILABLE') && error.context['timeoutMs'] !== undefined
}

/** Something else happened to the session while the request was under way: its answer counts for nothing. */
export function voidError(what: string): BanyanError {
  return new BanyanError('BANYAN_SOURCE_UNAVAILABLE', `${what}: the session was replaced meanwhile`, {
    retryable: true,
    hint: BUSY_HINT,
    context: { refusal: 'session' satisfies Refusal },
  })
}

/** Well-formed, but not what the standard says. */
export function contradiction(message: string, context: Readonly<Record<string, string | number>> = {}): BanyanError {
  return new BanyanError('BANYAN_SOURCE_PROTOCOL', message, {
    hint: "Nothing of it was copied. Look at that place in the server's history itself.",
    context: { ...context, fault: 'contradiction' },
  })
}

export function isContradiction(error: unknown): boolean {
  return isBanyanError(error, 'BANYAN_SOURCE_PROTOCOL') && error.context['fault'] === 'contradiction'
}

export function notFoundError(what: string, node: string): BanyanError {
  const { code, retryable, hint } = VERDICT_OF_REFUSAL['unknown-node']
  return new BanyanError(code, `${what}: the server has no node ${printable(node)}`, {
    retryable,
    hint,
    context: { node },
  })
}

/** No rows, and the node itself says that there are none for us. */
export function closedHistoryError(what: string, node: string): BanyanError {
  const { code, retryable, hint } = VERDICT_OF_REFUSAL.forbidden
  const message = `${what}: no rows of ${printable(node)}, whose UserAccessLevel says that its history cannot be read`
  return new BanyanError(code, message, { retryable, hint, context: { node } })
}

export function closedError(): BanyanError {
  return new BanyanError('BANYAN_SOURCE_UNAVAILABLE', 'the source is closed')
}

/** The StatusCode that an error of the library carries, as an object or by name. */
export function statusIn(error: unknown): number | undefined {
  const fault = (error as { response?: { responseHeader?: { serviceResult?: { value?: unknown } } } } | undefined)
    ?.response?.responseHeader?.serviceResult?.value
  if (typeof fault === 'number') return fault
  const name = /\bBad[A-Z][A-Za-z]+\b/.exec(messageOf(error))?.[0]
  return name !== undefined && Object.hasOwn(StatusCodes, name) ? STATUS_BY_NAME[name]?.value : undefined
}

const STATUS_BY_NAME = StatusCodes as unknown as Readonly<Record<string, { readonly value: number }>>
const NAME_OF_CODE: ReadonlyMap<number, string> = new Map(
  Object.entries(STATUS_BY_NAME).map(([name, { value }]) => [value >>> 16, name] as const),
)

function nameOfStatus(status: number): string {
  const name = NAME_OF_CODE.get(status >>> 16)
  return name === undefined ? hex(status) : `${name} (${hex(status)})`
}

function hex(status: number): string {
  return `0x${status.toString(16).padStart(8, '0')}`
}
