/**
 * Lease: which one bridge process may write. A row with an epoch and a heartbeat.
 *
 * It keeps honest processes apart and says who to look for; the hard guarantee against a writer that does not know
 * it lost the lease is the log's own fencing. A lease may be taken from a holder that has not shown a heartbeat for
 * LEASE_STALE_MS, or whose process is gone from this host. A crash leaves the row behind, which then is stale.
 *
 * When the store cannot be written (disk full), heartbeats fail, but so does every attempt to take the lease over:
 * the holder may go on.
 */
import { randomUUID } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { BanyanError } from '../domain/errors.ts'
import type { StoreDatabase } from './database.ts'

/** How often a holder should call `heartbeat`. */
export const LEASE_HEARTBEAT_MS = 5_000
/** Six missed heartbeats: longer than any pause of a healthy process, short enough to wait for after a crash. */
export const LEASE_STALE_MS = 30_000

export interface LeaseHolder {
  /** Who, in words: command and bridge. */
  readonly holder: string
  readonly pid: number
  readonly host: string
  readonly epoch: number
  readonly acquiredAtMs: number
  readonly heartbeatAtMs: number
  /** The next `acquire` will take it over. */
  readonly isStale: boolean
}

const HOST = hostname()
/** A pid means something only within its namespace: two containers may share a host name, and each has a process 1. */
const PID_SPACE = pidNamespace()
/** Tells this process from an earlier one that had the same pid, as the first process of a container always has. */
const PROCESS = randomUUID()

interface LeaseRow {
  readonly epoch: bigint
  readonly holder: string | null
  readonly pid: bigint
  readonly host: string
  readonly pid_space: string
  readonly process: string
  readonly acquired_at: bigint
  readonly heartbeat_at: bigint
}

export class LeaseTable {
  readonly #db: StoreDatabase
  readonly #clock: () => number

  constructor(db: StoreDatabase, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  /** Takes the lease. Throws BANYAN_LEASE_HELD, naming the holder, when another lives. */
  acquire(holder: string): Lease {
    return this.#db.write(() => {
      const current = this.current()
      if (current !== undefined && !current.isStale) throw heldBy(this.#db.file, current)
      const now = this.#clock()
      const row = this.#db
        .prepare<{ epoch: bigint }>(
          `UPDATE lease SET epoch = epoch + 1, holder = ?, pid = ?, host = ?, pid_space = ?, process = ?,
             acquired_at = ?, heartbeat_at = ?
           RETURNING epoch`,
        )
        .get(holder, process.pid, HOST, PID_SPACE, PROCESS, now, now)
      if (row === undefined) throw new BanyanError('BANYAN_INTERNAL', `the lease row of ${this.#db.file} is missing`)
      return new Lease(this.#db, this.#clock, this, Number(row.epoch))
    })
  }

  /** Who holds it, stale or not; undefined when it is free. */
  current(): LeaseHolder | undefined {
    const row = this.#db.read(() => this.#db.prepare<LeaseRow>('SELECT * FROM lease').get())
    if (row === undefined || row.holder === null) return undefined
    return {
      holder: row.holder,
      pid: Number(row.pid),
      host: row.host,
      epoch: Number(row.epoch),
      acquiredAtMs: Number(row.acquired_at),
      heartbeatAtMs: Number(row.heartbeat_at),
      // A heartbeat far ahead of the clock was given by a clock that was wrong: waiting for it could take years.
      isStale: Math.abs(this.#clock() - Number(row.heartbeat_at)) > LEASE_STALE_MS || isGone(row),
    }
  }
}

/** A lease that was acquired. Every method may throw BANYAN_STORE_UNAVAILABLE. */
export class Lease {
  readonly epoch: number
  readonly #db: StoreDatabase
  readonly #clock: () => number
  readonly #table: LeaseTable

  constructor(db: StoreDatabase, clock: () => number, table: LeaseTable, epoch: number) {
    this.#db = db
    this.#clock = clock
    this.#table = table
    this.epoch = epoch
  }

  /** Says that this process lives. Throws BANYAN_LEASE_LOST when the lease was taken over or released. */
  heartbeat(): void {
    const beat = this.#db.write(() =>
      this.#db
        .prepare('UPDATE lease SET heartbeat_at = ? WHERE epoch = ? AND holder IS NOT NULL')
        .run(this.#clock(), this.epoch),
    )
    if (beat.changes === 0) throw this.#lost()
  }

  /** Throws BANYAN_LEASE_LOST unless this is still the lease. Inside a `write` the answer holds until its end. */
  assertHeld(): void {
    if (this.#table.current()?.epoch !== this.epoch) throw this.#lost()
  }

  /** Idempotent; does nothing when the lease is someone else's by now. */
  release(): void {
    this.#db.write(() =>
      this.#db
        .prepare(
          `UPDATE lease SET holder = NULL, pid = NULL, host = NULL, pid_space = NULL, process = NULL, acquired_at = NULL, heartbeat_at = NULL
           WHERE epoch = ?`,
        )
        .run(this.epoch),
    )
  }

  #lost(): BanyanError {
    const current = this.#table.current()
    return new BanyanError(
      'BANYAN_LEASE_LOST',
      current === undefined
        ? `the lease of the store ${this.#db.file} was released`
        : `the lease of the store ${this.#db.file} was taken over by ${describe(current)}`,
      {
        hint: 'Only one bridge may write: stop this process, or the other one, and start again.',
        context: { store: this.#db.file, epoch: this.epoch, holderPid: current?.pid, holderHost: current?.host },
      },
    )
  }
}

function heldBy(file: string, current: LeaseHolder): BanyanError {
  return new BanyanError('BANYAN_LEASE_HELD', `the store ${file} is in use by ${describe(current)}`, {
    hint: `Let it finish or stop it. If it died, its lease lapses ${LEASE_STALE_MS / 1000} s after its last sign of life.`,
    context: { store: file, holderPid: current.pid, holderHost: current.host, epoch: current.epoch },
  })
}

function describe({ holder, pid, host }: LeaseHolder): string {
  return `"${holder}" (process ${pid} on ${host})`
}

/** True only when it is certain: the holder's process was on this host and is there no more. */
function isGone(row: LeaseRow): boolean {
  if (row.host !== HOST || row.pid_space !== PID_SPACE) return false
  const pid = Number(row.pid)
  if (pid === process.pid) return row.process !== PROCESS
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    // EPERM: it lives, under another user.
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}
