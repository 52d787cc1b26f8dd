import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { BanyanError } from '../../../src/domain/errors.ts'
import { embeddedLogError } from '../../../src/log/embedded/errors.ts'

describe('errors of the embedded log', () => {
  // Conditions a test cannot make on every machine: a full disk, a folder without rights (root has them all).
  it.each([
    ['SQLITE_FULL', 'BANYAN_LOG_UNAVAILABLE', true],
    ['SQLITE_IOERR_WRITE', 'BANYAN_LOG_UNAVAILABLE', true],
    ['SQLITE_BUSY_SNAPSHOT', 'BANYAN_LOG_UNAVAILABLE', true],
    ['SQLITE_READONLY_DIRECTORY', 'BANYAN_LOG_UNAVAILABLE', false],
    ['SQLITE_CANTOPEN', 'BANYAN_LOG_UNAVAILABLE', false],
    ['SQLITE_CORRUPT_VTAB', 'BANYAN_LOG_CORRUPT', false],
    ['SQLITE_NOTADB', 'BANYAN_LOG_CORRUPT', false],
    ['SQLITE_TOOBIG', 'BANYAN_LOG_REJECTED', false],
    ['SQLITE_MISUSE', 'BANYAN_INTERNAL', false],
  ])('%s is %s', (sqliteCode, code, retryable) => {
    const cause = new Database.SqliteError('what SQLite says', sqliteCode)
    const error = embeddedLogError(cause, 'plant.db')
    expect(error).toMatchObject({ code, retryable, cause })
    expect(error.message).toContain('plant.db')
    expect(error.hint).toBeTruthy()
  })

  it('passes on what is said in our words already', () => {
    const error = new BanyanError('BANYAN_LOG_FENCED', 'gone')
    expect(embeddedLogError(error, 'plant.db')).toBe(error)
  })
})
