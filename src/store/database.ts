/**
 * StoreDatabase: the connection the table families share. It turns every foreign error into a BanyanError and makes
 * every write all or nothing.
 *
 * Integers come back as bigint everywhere, because ticks and offsets do not fit a double.
 */
import SqliteDatabase from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { BanyanError } from '../domain/errors.ts'
import { isLocked, storeError } from './sqlite-error.ts'

/** Longer than any write of ours takes (a fold batch is tens of milliseconds), short enough to notice a hang. */
const BUSY_TIMEOUT_MS = 5_000
/**
 * Waiting for a lock holds up the whole process. Who has held it for that long will hold it a little longer: until
 * a write succeeds again, it is asked for in passing, so that the daemon can go on copying.
 */
const LOCKED_TIMEOUT_MS = 20

export type Row = Readonly<Record<string, unknown>>
type Value = string | number | bigint | Uint8Array | null
/** Values for `?` in order, or one object for `@name`. */
type Binding = Value | Readonly<Record<string, Value>>
type Statement<R> = SqliteDatabase.Statement<Binding[], R>

export class StoreDatabase {
  readonly file: string
  readonly #db: SqliteDatabase.Database
  readonly #busyTimeoutMs: number
  /** The last attempt waited for a lock in vain. */
  #isLocked = false
  /** By their text, which is always one of ours: a few dozen. */
  readonly #statements = new Map<string, Statement<unknown>>()

  /** Opens or creates the file. Throws BANYAN_STORE_UNAVAILABLE or BANYAN_STORE_CORRUPT. */
  constructor(file: string, busyTimeoutMs = BUSY_TIMEOUT_MS) {
    this.file = file
    this.#busyTimeoutMs = busyTimeoutMs
    if (!existsSync(dirname(file))) {
      throw new BanyanError('BANYAN_STORE_UNAVAILABLE', `the folder of the store ${file} does not exist`, {
        hint: 'Create the folder, or mend `store` in the configuration.',
        context: { store: file },
      })
    }
    this.#db = this.#translated(() => new SqliteDatabase(file, { timeout: busyTimeoutMs }))
    try {
      this.#translated(() => {
        this.#db.defaultSafeIntegers(true)
        // A decision (a cancelled job, a lease) that was acknowledged survives a power cut.
        this.#db.pragma('synchronous = FULL')
        this.#db.pragma('foreign_keys = ON')
      })
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  /** Cheap to call again with the same text. Run the statement inside `read` or `write`, which translate its errors. */
  prepare<R = Row>(sql: string): Statement<R> {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#translated(() => this.#db.prepare<Binding[]>(sql))
      this.#statements.set(sql, statement)
    }
    return statement as Statement<R>
  }

  /** Runs reads that belong together: they see one state of the store. */
  read<T>(body: () => T): T {
    return this.#patiently(() => this.#db.transaction(body).deferred(), false)
  }

  /**
   * Runs writes as one transaction, taking the write lock first so that what `body` reads cannot change under it.
   * Inside another `write` it is a part of that one. When anything throws, nothing was written.
   */
  write<T>(body: () => T): T {
    return this.#patiently(() => this.#db.transaction(body).immediate(), true)
  }

  /** Runs a script of several statements, inside a `write` of the caller. */
  script(sql: string): void {
    this.#translated(() => this.#db.exec(sql))
  }

  pragma(statement: string): unknown {
    return this.#translated(() => this.#db.pragma(statement, { simple: true }))
  }

  /** Idempotent. */
  close(): void {
    this.#db.close()
  }

  /** A read may succeed where a write has to wait: only a write tells that the lock is gone. */
  #patiently<T>(body: () => T, isWrite: boolean): T {
    try {
      const result = this.#translated(body)
      if (isWrite) this.#setLocked(false)
      return result
    } catch (error) {
      if (isLocked(error)) this.#setLocked(true)
      throw error
    }
  }

  #setLocked(isLocked: boolean): void {
    if (isLocked === this.#isLocked) return
    this.#isLocked = isLocked
    this.#db.pragma(`busy_timeout = ${String(isLocked ? LOCKED_TIMEOUT_MS : this.#busyTimeoutMs)}`)
  }

  #translated<T>(body: () => T): T {
    try {
      return body()
    } catch (error) {
      throw storeError(this.file, error)
    }
  }
}
