/**
 * The log file: one SQLite database with the same parts as the Kafka topics. Offsets of a partition are 0, 1, 2 …
 * without gaps; `partitions.next_offset` says where they end, so that a lost row cannot go unseen.
 */
import Database from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { BanyanError } from '../../domain/errors.ts'
import { embeddedLogError } from './errors.ts'

/** "BnyL": tells a log file from any other SQLite database. */
const APPLICATION_ID = 0x426e794c
/** Raised with every change of the tables; a file with a higher one was written by a newer Banyan. */
const SCHEMA_VERSION = 2

/** How long a write waits, and this process with it, for another one that is writing: many times a usual append. */
const BUSY_TIMEOUT_MS = 2_000

/** Since version 2. */
const AUDIT_TABLE = `
  CREATE TABLE audit_records (
    position INTEGER PRIMARY KEY AUTOINCREMENT, -- order of publication
    key TEXT NOT NULL,
    value TEXT NOT NULL
  ) STRICT;
`

const TABLES = `
  CREATE TABLE partitions (
    partition INTEGER PRIMARY KEY,
    next_offset INTEGER NOT NULL -- offset of the next record; all below it are in samples
  ) STRICT;

  CREATE TABLE samples (
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    record TEXT NOT NULL, -- JSON of contracts.md section 2
    PRIMARY KEY (partition, offset)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE checkpoints (
    key TEXT PRIMARY KEY, -- <bridge>/<tag id>
    bridge TEXT NOT NULL,
    record TEXT NOT NULL -- JSON of contracts.md section 1
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE writers (
    bridge TEXT NOT NULL,
    shard INTEGER NOT NULL,
    shard_count INTEGER NOT NULL, -- the split this shard is part of
    epoch INTEGER NOT NULL UNIQUE, -- higher than any before it in the file; only the writer that made it may append
    PRIMARY KEY (bridge, shard)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE side_records (
    topic TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, -- the last one published
    PRIMARY KEY (topic, key)
  ) STRICT, WITHOUT ROWID;
  ${AUDIT_TABLE}`

/**
 * Opens an existing log file, and brings one of an earlier version up to date. Throws when it is missing, is no log of
 * this version or an earlier one, or has other partitions.
 */
export function openLogFile(file: string, partitionCount: number): Database.Database {
  const db = openLogFileAsItIs(file, partitionCount)
  return guarded(file, () => {
    try {
      bringUpToDate(db)
      return db
    } catch (error) {
      db.close()
      throw error
    }
  })
}

/** The same for looking at it: changes nothing, so what is new in this version may not be there. */
export function openLogFileAsItIs(file: string, partitionCount: number): Database.Database {
  if (!existsSync(file)) {
    throw new BanyanError('BANYAN_LOG_UNAVAILABLE', `the log file ${file} does not exist`, {
      hint: 'Create it with `banyan check --create-topics`.',
      context: { file },
    })
  }
  return guarded(file, () => {
    const db = connect(file)
    try {
      checkIdentity(db, file)
      checkPartitions(db, file, partitionCount)
      return db
    } catch (error) {
      db.close()
      throw error
    }
  })
}

/** Creates the file and its tables when they are not there; leaves an existing log as it is. */
export function createLogFile(file: string, partitionCount: number): void {
  guarded(file, () => {
    const db = connect(file)
    try {
      if (isEmpty(db)) fill(db, partitionCount)
      checkIdentity(db, file)
      checkPartitions(db, file, partitionCount)
      bringUpToDate(db)
    } finally {
      db.close()
    }
  })
}

function connect(file: string): Database.Database {
  const db = new Database(file, { timeout: BUSY_TIMEOUT_MS })
  // Every commit survives a power cut, not only a crash.
  db.pragma('synchronous = FULL')
  return db
}

function isEmpty(db: Database.Database): boolean {
  return numberOf(db, 'SELECT count(*) FROM sqlite_schema') === 0
}

/** Two processes may get here together: the second finds the tables of the first. */
function fill(db: Database.Database, partitionCount: number): void {
  // Kept in the file from here on: readers go on while a writer writes.
  db.pragma('journal_mode = WAL')
  db.transaction(() => {
    if (!isEmpty(db)) return
    db.exec(TABLES)
    const insert = db.prepare('INSERT INTO partitions (partition, next_offset) VALUES (?, 0)')
    for (let partition = 0; partition < partitionCount; partition++) insert.run(partition)
    db.pragma(`application_id = ${APPLICATION_ID}`)
    db.pragma(`user_version = ${SCHEMA_VERSION}`)
  }).immediate()
}

/** Two processes may get here together, as in `fill`. */
function bringUpToDate(db: Database.Database): void {
  const isCurrent = (): boolean => numberOf(db, 'PRAGMA user_version') === SCHEMA_VERSION
  if (isCurrent()) return
  db.transaction(() => {
    if (isCurrent()) return
    db.exec(AUDIT_TABLE)
    db.pragma(`user_version = ${SCHEMA_VERSION}`)
  }).immediate()
}

function checkIdentity(db: Database.Database, file: string): void {
  if (numberOf(db, 'PRAGMA application_id') !== APPLICATION_ID) {
    throw new BanyanError('BANYAN_LOG_UNSAFE', `${file} is not a Banyan log`, {
      hint: 'Name a file of its own in log.embedded.file.',
      context: { file },
    })
  }
  const version = numberOf(db, 'PRAGMA user_version')
  if (version > SCHEMA_VERSION) {
    throw new BanyanError('BANYAN_LOG_UNSAFE', `the log file ${file} was written by a newer Banyan`, {
      hint: 'Install the version that wrote it, or a later one.',
      context: { file, version, supported: SCHEMA_VERSION },
    })
  }
}

/** Another count would send tags to other partitions than the ones that hold them. */
function checkPartitions(db: Database.Database, file: string, wanted: number): void {
  const found = numberOf(db, 'SELECT count(*) FROM partitions')
  if (found === wanted) return
  throw new BanyanError('BANYAN_LOG_UNSAFE', `the log file ${file} has ${found} partitions, not ${wanted}`, {
    hint: `Set log.embedded.partitions to ${found}: it cannot change once the file holds data.`,
    context: { file, found, wanted },
  })
}

function numberOf(db: Database.Database, sql: string): number {
  return db.prepare<[], number>(sql).pluck().get() ?? 0
}

function guarded<T>(file: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    throw embeddedLogError(error, file)
  }
}
