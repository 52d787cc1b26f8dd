/** Exit codes: the table of contracts.md §5. Scripts and schedulers branch on them; a number never changes meaning. */
import { BanyanError, type ErrorCode } from '../domain/errors.ts'

export const EXIT = {
  /** Done, and in parity where that was the question. */
  done: 0,
  /** A failure: something could not be reached, read or written. */
  failure: 1,
  /** Usage, configuration, or a log that would lose data. */
  usage: 2,
  /** What was compared differs. */
  parityNotMet: 3,
  /** A gate, or where the workload stands, refuses. */
  refused: 3,
  /** Incomplete: some tags failed, the rest are done. */
  incomplete: 4,
  /** The store was written by a newer Banyan. */
  storeNewer: 5,
  /** Another process writes: the lease is held elsewhere, or this writer was fenced. */
  leaseHeld: 6,
  interrupted: 130,
  terminated: 143,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Every other code is a failure. */
const EXIT_OF_ERROR: Readonly<Partial<Record<ErrorCode, ExitCode>>> = {
  BANYAN_USAGE: EXIT.usage,
  BANYAN_CONFIG_INVALID: EXIT.usage,
  BANYAN_LOG_UNSAFE: EXIT.usage,
  BANYAN_STORE_NEWER: EXIT.storeNewer,
  BANYAN_LEASE_HELD: EXIT.leaseHeld,
  BANYAN_LEASE_LOST: EXIT.leaseHeld,
  BANYAN_LOG_FENCED: EXIT.leaseHeld,
}

export function exitCodeOf(error: unknown): ExitCode {
  return (error instanceof BanyanError ? EXIT_OF_ERROR[error.code] : undefined) ?? EXIT.failure
}
