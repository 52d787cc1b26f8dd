/**
 * One list of error codes and one error class. An error says what failed, on what, and what to do next; adapters
 * translate foreign errors at their boundary and nowhere else. A mismatch is data, an inability is an error.
 */
export const ERROR_CODES = [
  /** Usage: a flag or argument makes no sense. */
  'BANYAN_USAGE',
  /** The configuration is malformed, incomplete or contradicts itself. */
  'BANYAN_CONFIG_INVALID',
  /** The historian cannot be reached, or answers 5xx; the same request may succeed later. */
  'BANYAN_SOURCE_UNAVAILABLE',
  /** The historian as a whole does not answer, or did not for longer than a job may wait. */
  'BANYAN_SOURCE_DOWN',
  /** The historian asks for less (429). */
  'BANYAN_SOURCE_THROTTLED',
  /** Wrong, expired or missing credentials (401): nothing can be read until they are mended. */
  'BANYAN_SOURCE_UNAUTHORIZED',
  /** The account may not read this (403). */
  'BANYAN_SOURCE_FORBIDDEN',
  /** The tag, data server or path does not exist (404, 410). */
  'BANYAN_SOURCE_NOT_FOUND',
  /** The historian refuses the request for good (400, 409, 501 and the like). */
  'BANYAN_SOURCE_REJECTED',
  /** The answer cannot be trusted: undecodable, out of order, outside the asked window, too large. */
  'BANYAN_SOURCE_PROTOCOL',
  /** More samples at one tick than the historian gives in one call. */
  'BANYAN_TICK_GROUP_TOO_LARGE',
  /** The log cannot be reached or does not take the write; the same append may succeed later. */
  'BANYAN_LOG_UNAVAILABLE',
  /** The target would lose data: retention, compaction, timestamp or size limits. */
  'BANYAN_LOG_UNSAFE',
  /** The log refuses this data for good (too large, invalid timestamp). */
  'BANYAN_LOG_REJECTED',
  /** The tag was amended since the state a correction was computed from was read: read it again. */
  'BANYAN_LOG_STALE',
  /** What the log holds contradicts what was acknowledged. */
  'BANYAN_LOG_CORRUPT',
  /** Another writer has taken over this transactional id. */
  'BANYAN_LOG_FENCED',
  'BANYAN_STORE_NEWER',
  'BANYAN_STORE_CORRUPT',
  /** The store cannot be opened or written (permissions, disk full, locked). */
  'BANYAN_STORE_UNAVAILABLE',
  'BANYAN_LEASE_HELD',
  'BANYAN_LEASE_LOST',
  /** A file the user named cannot be read or written. */
  'BANYAN_FILE',
  /** A defect of Banyan itself: an invariant does not hold. */
  'BANYAN_INTERNAL',
] as const
export type ErrorCode = (typeof ERROR_CODES)[number]

export interface BanyanErrorOptions {
  /** Would the same call, later and unchanged, have a chance? */
  readonly retryable?: boolean
  /** What the user should do next, one sentence. */
  readonly hint?: string
  /** What it failed on: tag, window, url, topic … Never a secret. */
  readonly context?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly cause?: unknown
}

export class BanyanError extends Error {
  override readonly name = 'BanyanError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly hint: string | undefined
  readonly context: Readonly<Record<string, string | number | boolean | undefined>>

  constructor(code: ErrorCode, message: string, options: BanyanErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? false
    this.hint = options.hint
    this.context = options.context ?? {}
  }
}

export function isBanyanError(error: unknown, ...codes: ErrorCode[]): error is BanyanError {
  return error instanceof BanyanError && (codes.length === 0 || codes.includes(error.code))
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
