/**
 * Store: the local SQLite file. A projection of the log plus the bridge's own decisions; the log is the truth.
 *
 * Every write is one transaction: when it throws, nothing was written. With a full disk (BANYAN_STORE_UNAVAILABLE,
 * retryable) that means: a lease is not acquired, but one that is held stays held, as nobody else can write either;
 * a job is not enqueued, and a run's counts stay as they were; the coverage cache falls behind the log, which mends
 * it; a fold stops before its batch and goes on from there later; a mark of a dirty window, the progress of a sweep,
 * a finding, a seam are refused, and whoever wanted to write them must not go on as if they were. Nothing needs repair once
 * there is room again.
 */
import { CellTable } from './cells.ts'
import { CoverageTable } from './coverage.ts'
import { StoreDatabase } from './database.ts'
import { DirtyTable } from './dirty.ts'
import { FindingTable } from './findings.ts'
import { JobTable } from './jobs.ts'
import { LeaseTable } from './lease.ts'
import { LiveTable } from './live.ts'
import { migrate } from './migrate.ts'
import { PositionTable } from './positions.ts'
import { ScheduleTable } from './schedules.ts'
import { SeamTable } from './seams.ts'
import { SourceDifferenceTable } from './source-differences.ts'
import { SweepTable } from './sweeps.ts'
import { TagTable } from './tags.ts'

export interface Store {
  readonly file: string
  readonly lease: LeaseTable
  readonly jobs: JobTable
  readonly tags: TagTable
  readonly coverage: CoverageTable
  readonly cells: CellTable
  readonly positions: PositionTable
  readonly dirty: DirtyTable
  readonly schedules: ScheduleTable
  readonly sweeps: SweepTable
  readonly findings: FindingTable
  readonly live: LiveTable
  readonly seams: SeamTable
  readonly sourceDifferences: SourceDifferenceTable
  /** Makes what `body` writes one transaction, see StoreDatabase. `body` must not wait for anything. */
  write<T>(body: () => T): T
  /** Idempotent. Does not release a lease. */
  close(): void
}

export interface StoreOptions {
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

/**
 * Opens the store, creating or migrating the file. Throws BANYAN_STORE_NEWER, BANYAN_STORE_CORRUPT or
 * BANYAN_STORE_UNAVAILABLE. Several processes may have it open; the lease says which one may write.
 */
export function openStore(file: string, { clock = Date.now }: StoreOptions = {}): Store {
  const db = new StoreDatabase(file)
  try {
    return storeOn(db, clock)
  } catch (error) {
    db.close()
    throw error
  }
}

/** The store on a connection, which it migrates first and closes at last. */
export function storeOn(db: StoreDatabase, clock: () => number): Store {
  migrate(db, clock())
  return {
    file: db.file,
    lease: new LeaseTable(db, clock),
    jobs: new JobTable(db, clock),
    tags: new TagTable(db, clock),
    coverage: new CoverageTable(db),
    cells: new CellTable(db),
    positions: new PositionTable(db),
    dirty: new DirtyTable(db, clock),
    schedules: new ScheduleTable(db, clock),
    sweeps: new SweepTable(db),
    findings: new FindingTable(db, clock),
    live: new LiveTable(db, clock),
    seams: new SeamTable(db, clock),
    sourceDifferences: new SourceDifferenceTable(db, clock),
    write: (body) => db.write(body),
    close: () => {
      db.close()
    },
  }
}
