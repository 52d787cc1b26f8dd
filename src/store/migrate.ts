/**
 * Migrations: numbered SQL files, applied forward only, each in one transaction whose first statement is its own row
 * in `migrations`, so that of two processes opening an old store at once one collides, waits, and finds it done.
 *
 * Refused: a store of a newer Banyan, a store whose past was another one than ours, and a file that is not a store.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BanyanError } from '../domain/errors.ts'
import type { StoreDatabase } from './database.ts'
import { CORRUPT_HINT } from './sqlite-error.ts'

/** `PRAGMA application_id` of a store ("BnSt"): tells it from any other SQLite file, the embedded log included. */
const APPLICATION_ID = 0x426e5374n

/** The same two steps up from `src/store` and from `dist/store`. */
export const MIGRATIONS_FOLDER = join(import.meta.dirname, '..', '..', 'migrations')
const MIGRATION_FILE = /^(\d{4})_[a-z0-9-]+\.sql$/

interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

interface AppliedRow {
  readonly version: bigint
  readonly name: string
  readonly checksum: string
}

/** Brings the store to the newest version in `folder`. `nowMs` is noted beside each migration applied. */
export function migrate(db: StoreDatabase, nowMs: number, folder = MIGRATIONS_FOLDER): void {
  const migrations = loadMigrations(folder)
  refuseForeignFile(db)
  // Kept in the file, so not before it is known to be ours. Readers and the one writer do not wait for each other.
  db.pragma('journal_mode = WAL')
  if (isCurrent(db, migrations)) return
  db.write(() => {
    db.script(`
      CREATE TABLE IF NOT EXISTS migrations (
        version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL
      ) STRICT;
      PRAGMA application_id = ${APPLICATION_ID.toString()};`)
  })
  for (const migration of migrations) {
    db.write(() => {
      const insert = db.prepare('INSERT INTO migrations VALUES (?, ?, ?, ?) ON CONFLICT (version) DO NOTHING')
      const { version, name, checksum, sql } = migration
      if (insert.run(version, name, checksum, nowMs).changes === 1) db.script(sql)
    })
  }
  // Another process may have been a newer one.
  isCurrent(db, migrations)
}

function isCurrent(db: StoreDatabase, known: readonly Migration[]): boolean {
  if (!hasTables(db)) return false
  const applied = db.read(() =>
    db.prepare<AppliedRow>('SELECT version, name, checksum FROM migrations ORDER BY version').all(),
  )
  const newest = Number(applied.at(-1)?.version ?? 0n)
  if (newest > known.length) {
    throw new BanyanError(
      'BANYAN_STORE_NEWER',
      `the store ${db.file} is of version ${newest}, this banyan knows versions up to ${known.length}`,
      {
        hint: 'Run the newer banyan that wrote it; a store is never taken back to an older version.',
        context: { store: db.file },
      },
    )
  }
  for (const row of applied) {
    const ours = known[Number(row.version) - 1]
    if (ours?.name !== row.name || ours.checksum !== row.checksum) {
      throw new BanyanError(
        'BANYAN_STORE_CORRUPT',
        `the store ${db.file} was made by a migration "${row.name}" that is not the one of this banyan`,
        { hint: `Run the banyan that made it. Or: ${CORRUPT_HINT}`, context: { store: db.file } },
      )
    }
  }
  return applied.length === known.length
}

function refuseForeignFile(db: StoreDatabase): void {
  // In this order: another process may be creating the store between the two, tables and id at once.
  if (!hasTables(db) || db.pragma('application_id') === APPLICATION_ID) return
  throw new BanyanError('BANYAN_STORE_CORRUPT', `${db.file} is a SQLite file, but not a store of Banyan`, {
    hint: 'Let `store` in the configuration name a file of its own.',
    context: { store: db.file },
  })
}

function hasTables(db: StoreDatabase): boolean {
  return db.read(() => db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table'").get()) !== undefined
}

/** All migrations, numbered 1 to n without a hole. */
function loadMigrations(folder: string): Migration[] {
  const migrations = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .toSorted()
    .map((file): Migration => {
      // A checkout with other line ends is the same migration.
      const sql = readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n')
      const checksum = createHash('sha256').update(sql).digest('hex')
      return { version: Number(MIGRATION_FILE.exec(file)?.[1]), name: file, sql, checksum }
    })
  if (migrations.length === 0 || migrations.some(({ version }, i) => version !== i + 1)) {
    throw new BanyanError('BANYAN_INTERNAL', `the migrations in ${folder} are not numbered 0001, 0002, …`, {
      hint: 'The installation is incomplete: install banyan again.',
    })
  }
  return migrations
}
