/** Kinds of errors: is it one tag that failed, or more than that? What a caller takes differently, it says itself. */
import { isBanyanError, type BanyanError, type ErrorCode } from './errors.ts'

/** Is it the tag that cannot be read or recorded, while others can? */
export function concernsOneTag(error: unknown): error is BanyanError {
  return isBanyanError(
    error,
    'BANYAN_SOURCE_FORBIDDEN',
    'BANYAN_SOURCE_NOT_FOUND',
    'BANYAN_SOURCE_REJECTED',
    'BANYAN_SOURCE_PROTOCOL',
    'BANYAN_TICK_GROUP_TOO_LARGE',
    'BANYAN_LOG_REJECTED',
  )
}

/** May the historian as a whole be what is wrong? If it answers otherwise, it is the tag after all. */
export function isUnanswered(error: unknown): error is BanyanError {
  return isBanyanError(error, ...UNANSWERED)
}

/** The same, where only the code was kept. */
export function saysUnanswered(code: ErrorCode): boolean {
  return UNANSWERED.includes(code)
}

const UNANSWERED: readonly ErrorCode[] = ['BANYAN_SOURCE_UNAVAILABLE', 'BANYAN_SOURCE_THROTTLED']
