/** The one place where an error of SQLite becomes an error of Banyan, by SQLite's (extended) result code. */
import SqliteDatabase from 'better-sqlite3'
import { BanyanError, isBanyanError, messageOf } from '../domain/errors.ts'

export const CORRUPT_HINT =
  'The log is the truth: move the file away and run `banyan store rebuild`. Decisions about workloads come back from its audit topic; queued jobs, the history of jobs and schedules, verdicts, waivers, notes of what to compare again, and evidence that was not exported are lost.'

/** Matched by prefix, because extended codes append to the primary one (SQLITE_IOERR_WRITE). */
const UNAVAILABLE: readonly { prefix: string; what: string; retryable: boolean; hint: string }[] = [
  {
    prefix: 'SQLITE_BUSY',
    what: 'is locked by another process',
    retryable: true,
    hint: 'Wait for the other banyan process to finish, or stop whatever else has the file open.',
  },
  { prefix: 'SQLITE_LOCKED', what: 'is locked', retryable: true, hint: 'Try again.' },
  {
    prefix: 'SQLITE_FULL',
    what: 'cannot be written: the disk is full',
    retryable: true,
    hint: 'Free space on the disk that holds the store; nothing was half-written, so nothing needs repair.',
  },
  {
    prefix: 'SQLITE_READONLY',
    what: 'is read-only',
    retryable: false,
    hint: 'Give this user the right to write the file and the folder it is in.',
  },
  {
    prefix: 'SQLITE_PERM',
    what: 'may not be written',
    retryable: false,
    hint: 'Give this user the right to write the file and the folder it is in.',
  },
  {
    prefix: 'SQLITE_CANTOPEN',
    what: 'cannot be opened',
    retryable: false,
    hint: 'Give this user the right to write the file and the folder it is in, and make sure `store` names a file.',
  },
  {
    prefix: 'SQLITE_IOERR',
    what: 'cannot be read or written',
    retryable: true,
    hint: 'Look for disk errors; keep the store on a local disk, never on a network share.',
  },
]

/** What to throw instead of `error`, which came out of a call on the store `file`. BanyanErrors pass unchanged. */
export function storeError(file: string, error: unknown): Error {
  if (error instanceof BanyanError) return error
  if (!(error instanceof SqliteDatabase.SqliteError)) return error instanceof Error ? error : new Error(String(error))
  const { code } = error
  const options = { cause: error, context: { store: file, sqlite: code } }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return corruptStore(file, messageOf(error), error)
  }
  for (const { prefix, what, retryable, hint } of UNAVAILABLE) {
    if (code.startsWith(prefix)) {
      return new BanyanError('BANYAN_STORE_UNAVAILABLE', `the store ${file} ${what}`, { ...options, retryable, hint })
    }
  }
  return new BanyanError('BANYAN_INTERNAL', `the store ${file} refused a statement: ${messageOf(error)}`, options)
}

/** Whether what `storeError` answered says that another process held the lock. */
export function isLocked(error: unknown): boolean {
  return isBanyanError(error, 'BANYAN_STORE_UNAVAILABLE') && String(error.context['sqlite']).startsWith('SQLITE_BUSY')
}

export function corruptStore(file: string, what: string, cause?: unknown): BanyanError {
  return new BanyanError('BANYAN_STORE_CORRUPT', `the store ${file} is damaged: ${what}`, {
    hint: CORRUPT_HINT,
    context: { store: file },
    cause,
  })
}
