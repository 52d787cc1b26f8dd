/** SQLite's errors in Banyan's words. The primary result code decides; extended codes begin with it. */
import { BanyanError, isBanyanError, messageOf, type ErrorCode } from '../../domain/errors.ts'

/** What helps when the file itself is wrong. */
export const RESTORE_HINT = 'Restore the log file from a backup, or move it away and run the backfill again.'

interface Meaning {
  readonly code: ErrorCode
  readonly what: string
  readonly hint: string
  readonly retryable: boolean
}

const MEANINGS: readonly (readonly [prefix: string, meaning: Meaning])[] = [
  [
    'SQLITE_FULL',
    {
      code: 'BANYAN_LOG_UNAVAILABLE',
      what: 'cannot grow: the disk is full',
      hint: 'Free space on its disk; nothing that was acknowledged is lost.',
      retryable: true,
    },
  ],
  [
    'SQLITE_BUSY',
    {
      code: 'BANYAN_LOG_UNAVAILABLE',
      what: 'is locked by another process',
      hint: 'Wait for the other process, or find out what keeps the file open.',
      retryable: true,
    },
  ],
  [
    'SQLITE_READONLY',
    {
      code: 'BANYAN_LOG_UNAVAILABLE',
      what: 'cannot be written',
      hint: 'Give this user write access to the file and its folder.',
      retryable: false,
    },
  ],
  [
    'SQLITE_CANTOPEN',
    {
      code: 'BANYAN_LOG_UNAVAILABLE',
      what: 'cannot be opened',
      hint: 'Check that its folder exists and that this user may read and write it.',
      retryable: false,
    },
  ],
  [
    'SQLITE_NOTADB',
    {
      code: 'BANYAN_LOG_CORRUPT',
      what: 'is not a database',
      hint: 'Name another file in log.embedded.file, or restore this one from a backup.',
      retryable: false,
    },
  ],
  [
    'SQLITE_CORRUPT',
    {
      code: 'BANYAN_LOG_CORRUPT',
      what: 'is damaged',
      hint: RESTORE_HINT,
      retryable: false,
    },
  ],
  [
    'SQLITE_TOOBIG',
    {
      code: 'BANYAN_LOG_REJECTED',
      what: 'does not take a record of this size',
      hint: 'Leave the tag with the huge value out, or use another log.',
      retryable: false,
    },
  ],
  [
    'SQLITE_IOERR',
    {
      code: 'BANYAN_LOG_UNAVAILABLE',
      what: 'cannot be read or written',
      hint: 'Look for disk errors in the system log.',
      retryable: true,
    },
  ],
]

/** Errors of Banyan pass unchanged; what is not SQLite's is a defect and stays recognisable as its cause. */
export function embeddedLogError(error: unknown, file: string): BanyanError {
  if (isBanyanError(error)) return error
  const sqliteCode = codeOf(error)
  const meaning = MEANINGS.find(([prefix]) => sqliteCode.startsWith(prefix))?.[1]
  if (meaning === undefined) {
    return new BanyanError('BANYAN_INTERNAL', `the log file ${file} failed: ${messageOf(error)}`, {
      hint: 'Report this with the log of this run.',
      context: { file, sqliteCode },
      cause: error,
    })
  }
  return new BanyanError(meaning.code, `the log file ${file} ${meaning.what}`, {
    hint: meaning.hint,
    retryable: meaning.retryable,
    context: { file, sqliteCode },
    cause: error,
  })
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  // better-sqlite3 checks the folder itself, before SQLite sees the name.
  if (error instanceof TypeError && error.message.includes('directory does not exist')) return 'SQLITE_CANTOPEN'
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}
