/**
 * Store: the local SQLite file. A projection of the log plus the bridge's own decisions; the log is the truth.
 *
 * Every write is one transaction: when it throws, nothing was written. With a full disk (BANYAN_STORE_UNAVAILABLE,
 * retryable) that means: a lease is not acquired, but one that is held stays held, as nobody else can write either;
 * a job is not enqueued, and a run's counts stay as they were; the coverage cache falls behind the log, which mends
 * it; a fold stops before its batch and goes on from there later; a mark of a dirty window, the progress of a sweep,
 * a finding, a seam, the verdicts of a look, a decision of cutover are refused, and whoever wanted to write them must
 * not go on as if they were. Nothing needs repair once there is room again.
 */
import { CellTable } from './cells.ts'
import { CoverageTable } from './coverage.ts'
import { CutoverEventTable } from './cutover-events.ts'
import { CutoverFactTable } from './cutover-facts.ts'
import { StoreDatabase } from './database.ts'
import { DirtyTable } from './dirty.ts'
import { EvidenceTable } from './evidence.ts'
import { FindingTable } from './findings.ts'
import { JobTable } from './jobs.ts'
import { LeaseTable } from './lease.ts'
import { LiveTable } from './live.ts'
import { LookTable } from './looks.ts'
import { migrate } from './migrate.ts'
import { ParityReader } from './parity.ts'
import { PositionTable } from './positions.ts'
import { ScheduleTable } from './schedules.ts'
import { SeamTable } from './seams.ts'
import { SourceDifferenceTable } from './source-differences.ts'
import { SummaryTable } from './summaries.ts'
import { SweepTable } from './sweeps.ts'
import { TagTable } from './tags.ts'
import { VerdictTable } from './verdicts.ts'
import { VerifyRunTable } from './verify-runs.ts'
import { WaiverTable } from './waivers.ts'

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
  readonly looks: LookTable
  readonly verdicts: VerdictTable
  readonly summaries: SummaryTable
  readonly waivers: WaiverTable
  readonly verifyRuns: VerifyRunTable
  readonly parity: ParityReader
  readonly seams: SeamTable
  readonly sourceDifferences: SourceDifferenceTable
  readonly cutoverEvents: CutoverEventTable
  readonly evidence: EvidenceTable
  readonly cutoverFacts: CutoverFactTable
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
  const cells = new CellTable(db)
  const dirty = new DirtyTable(db, clock)
  const verdicts = new VerdictTable(db)
  const waivers = new WaiverTable(db, clock)
  return {
    file: db.file,
    lease: new LeaseTable(db, clock),
    jobs: new JobTable(db, clock),
    tags: new TagTable(db, clock),
    coverage: new CoverageTable(db),
    cells,
    positions: new PositionTable(db),
    dirty,
    schedules: new ScheduleTable(db, clock),
    sweeps: new SweepTable(db),
    findings: new FindingTable(db, clock),
    live: new LiveTable(db, clock),
    looks: new LookTable(db, clock),
    verdicts,
    summaries: new SummaryTable(db),
    waivers,
    verifyRuns: new VerifyRunTable(db, clock),
    parity: new ParityReader(db, { cells, dirty, verdicts, waivers }),
    seams: new SeamTable(db, clock),
    sourceDifferences: new SourceDifferenceTable(db, clock),
    cutoverEvents: new CutoverEventTable(db, clock),
    evidence: new EvidenceTable(db, clock),
    cutoverFacts: new CutoverFactTable(db, clock),
    write: (body) => db.write(body),
    close: () => {
      db.close()
    },
  }
}
