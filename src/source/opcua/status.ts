/**
 * StatusCodes: what their bits say about a sample, and what a refused operation asks the reader to do.
 *
 * Bits 31:30 are the severity, 27:16 the code, the rest information about the value (limits, where it came from). The
 * library's own `isGood()` means "exactly 0" and is of no use: Good with a bit of information is still good.
 */
import { FLAG } from '../../domain/sample.ts'

const SEVERITY = { good: 0, uncertain: 1, bad: 2 } as const
const GOOD_LOCAL_OVERRIDE = 0x0096
const UNCERTAIN_SUBSTITUTE_VALUE = 0x4091

export function isBad(status: number): boolean {
  // The fourth severity is reserved: whatever says it is not good.
  return status >>> 30 >= SEVERITY.bad
}

/** Flags that a StatusCode implies: the reverse of how PI's flags become one (domain/quality.ts). */
export function flagsOfStatus(status: number): number {
  if (status === 0) return 0
  const code = status >>> 16
  const substituted = code === GOOD_LOCAL_OVERRIDE || code === UNCERTAIN_SUBSTITUTE_VALUE
  const questionable = status >>> 30 === SEVERITY.uncertain
  return (questionable ? FLAG.questionable : 0) | (substituted ? FLAG.substituted : 0)
}

/** Bad_BoundNotFound, Bad_BoundNotSupported: not a sample, but a bound that nobody asked for and that is not there. */
export function isMissingBound(status: number): boolean {
  const code = status >>> 16
  return code === 0x80d7 || code === 0x80d8
}

export type Refusal =
  /** There is nothing in the range: an answer. */
  | 'no-data'
  /** The continuation point is gone: begin a new chain. */
  | 'continuation'
  /** The server keeps so many of them that it can begin no other chain. */
  | 'no-points'
  /** More rows, or more bytes, than fit into one answer. */
  | 'too-large'
  /** More nodes than one call may name. */
  | 'too-many'
  /** These timestamps are not kept: ask for others. */
  | 'timestamps'
  /** The session, or the channel below it, is no more. */
  | 'session'
  /** There is no such node. */
  | 'unknown-node'
  | 'forbidden'
  /** The same again may work. */
  | 'busy'
  /** No for good. */
  | 'unsupported'

/** By the upper 16 bits; OPC UA Part 4, 7.39.2 and Part 11, 6.2. */
const REFUSAL_OF_CODE: ReadonlyMap<number, Refusal> = new Map<number, Refusal>([
  [0x809b, 'no-data'], // Bad_NoData
  [0x804a, 'continuation'], // Bad_ContinuationPointInvalid
  [0x804b, 'no-points'], // Bad_NoContinuationPoints
  [0x8080, 'too-large'], // Bad_TcpMessageTooLarge
  [0x80b8, 'too-large'], // Bad_RequestTooLarge
  [0x80b9, 'too-large'], // Bad_ResponseTooLarge
  [0x8008, 'too-large'], // Bad_EncodingLimitsExceeded
  [0x8010, 'too-many'], // Bad_TooManyOperations
  [0x80a1, 'timestamps'], // Bad_TimestampNotSupported
  [0x80bd, 'timestamps'], // Bad_InvalidTimestampArgument
  [0x802b, 'timestamps'], // Bad_TimestampsToReturnInvalid
  [0x8025, 'session'], // Bad_SessionIdInvalid
  [0x8026, 'session'], // Bad_SessionClosed
  [0x8027, 'session'], // Bad_SessionNotActivated
  [0x8022, 'session'], // Bad_SecureChannelIdInvalid
  [0x8086, 'session'], // Bad_SecureChannelClosed
  [0x8087, 'session'], // Bad_SecureChannelTokenUnknown
  [0x80ae, 'session'], // Bad_ConnectionClosed
  [0x8033, 'unknown-node'], // Bad_NodeIdInvalid
  [0x8034, 'unknown-node'], // Bad_NodeIdUnknown
  [0x801f, 'forbidden'], // Bad_UserAccessDenied
  [0x803a, 'forbidden'], // Bad_NotReadable
  [0x8072, 'unsupported'], // Bad_HistoryOperationUnsupported
  [0x8071, 'unsupported'], // Bad_HistoryOperationInvalid
  [0x803d, 'unsupported'], // Bad_NotSupported
  [0x8040, 'unsupported'], // Bad_NotImplemented
  [0x800b, 'unsupported'], // Bad_ServiceUnsupported
  [0x80ab, 'unsupported'], // Bad_InvalidArgument
  [0x8035, 'unsupported'], // Bad_AttributeIdInvalid
])

/** A code nobody has heard of may pass: it is tried again, and its text is shown when it does not. */
export function refusalOf(status: number): Refusal {
  return REFUSAL_OF_CODE.get(status >>> 16) ?? 'busy'
}
