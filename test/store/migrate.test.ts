import SqliteDatabase from 'better-sqlite3'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseTagId } from '../../src/domain/tag-id.ts'
import { ticks } from '../../src/domain/ticks.ts'
import { StoreDatabase } from '../../src/store/database.ts'
import { migrate, MIGRATIONS_FOLDER } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/store.ts'
import { startChild } from './child.ts'
import { refusal } from './refusal.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const LEASE_CHILD = new URL('./lease-child.ts', import.meta.url)

/** Changes a store behind Banyan's back. */
function tamper(file: string, sql: string): void {
  const db = new SqliteDatabase(file)
  db.exec(sql)
  db.close()
}

function tablesOf(file: string): unknown[] {
  const db = new SqliteDatabase(file, { readonly: true })
  const rows = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all()
  db.close()
  return rows
}

/** The real migrations plus others, in a folder of their own. */
function migrationsPlus(extra: Readonly<Record<string, string>>): string {
  const folder = join(dirname(temporaryFile()), 'migrations')
  mkdirSync(folder)
  cpSync(MIGRATIONS_FOLDER, folder, { recursive: true })
  for (const [name, sql] of Object.entries(extra)) writeFileSync(join(folder, name), sql)
  return folder
}

describe('opening', () => {
  test('creates the file, and finds its contents again', () => {
    const file = temporaryFile()
    const first = openStore(file)
    const job = first.jobs.enqueue('backfill', { tag: ['A*'] })
    first.close()
    first.close()
    expect(openTemporaryStore(file).jobs.get(job.id).params).toEqual({ tag: ['A*'] })
  })

  test('several processes may create one store at the same time', async () => {
    const file = temporaryFile()
    const children = Array.from({ length: 4 }, () => startChild(LEASE_CHILD, ['open', file]))
    expect(await Promise.all(children.map(({ firstLine }) => firstLine))).toEqual(['open', 'open', 'open', 'open'])
    expect(openTemporaryStore(file).lease.current()).toBeUndefined()
  })

  test('a newer store is refused and left alone', () => {
    const file = temporaryFile()
    openStore(file).close()
    tamper(file, "INSERT INTO migrations VALUES (9999, '9999_future.sql', 'x', 0)")
    const error = refusal(() => openStore(file))
    expect(error.code).toBe('BANYAN_STORE_NEWER')
    expect(error.message).toContain('9999')
  })

  test('a store with another past is refused', () => {
    const file = temporaryFile()
    openStore(file).close()
    tamper(file, "UPDATE migrations SET checksum = 'other'")
    expect(refusal(() => openStore(file)).code).toBe('BANYAN_STORE_CORRUPT')
  })

  test('a file that is no database is called damaged, with the way out', () => {
    const file = temporaryFile()
    writeFileSync(file, 'this is not a database, it only has the wrong name '.repeat(100))
    const error = refusal(() => openStore(file))
    expect(error.code).toBe('BANYAN_STORE_CORRUPT')
    expect(error.hint).toContain('banyan store rebuild')
    expect(error.message).toContain(file)
  })

  test('an SQLite file of something else is refused untouched', () => {
    const file = temporaryFile()
    tamper(file, 'CREATE TABLE theirs (a)')
    const before = readFileSync(file)
    expect(refusal(() => openStore(file)).message).toContain('not a store')
    expect(readFileSync(file)).toEqual(before)
  })

  test('a damaged page is reported when it is met', () => {
    const file = temporaryFile()
    const store = openStore(file)
    for (let i = 0; i < 200; i++) store.jobs.enqueue('backfill', { text: 'x'.repeat(1_000) })
    store.close()
    const bytes = readFileSync(file)
    bytes.fill(0xa5, bytes.length - 100_000)
    writeFileSync(file, bytes)
    const damaged = openTemporaryStore(file)
    const error = refusal(() => damaged.jobs.list(1_000))
    expect(error.code).toBe('BANYAN_STORE_CORRUPT')
    expect(error.hint).toContain('banyan store rebuild')
  })

  test('a folder that does not exist, or a folder in place of the file, is unavailable', () => {
    const file = temporaryFile()
    expect(refusal(() => openStore(join(file, 'missing', 'banyan.db'))).code).toBe('BANYAN_STORE_UNAVAILABLE')
    expect(refusal(() => openStore(dirname(file))).code).toBe('BANYAN_STORE_UNAVAILABLE')
  })
})

describe('migrations', () => {
  test('a later version is applied on top and keeps what is there', () => {
    const file = temporaryFile()
    const store = openStore(file)
    store.jobs.enqueue('backfill', {})
    store.close()
    const folder = migrationsPlus({ '0006_next.sql': 'ALTER TABLE jobs ADD COLUMN note TEXT;' })
    const db = new StoreDatabase(file)
    migrate(db, 0, folder)
    migrate(db, 0, folder)
    expect(db.prepare('SELECT id, note FROM jobs').all()).toEqual([{ id: 1n, note: null }])
    db.close()
    expect(refusal(() => openStore(file)).code).toBe('BANYAN_STORE_NEWER')
  })

  test('one that fails leaves the store as it was', () => {
    const file = temporaryFile()
    openStore(file).close()
    const before = tablesOf(file)
    const folder = migrationsPlus({ '0006_bad.sql': 'CREATE TABLE half (a); CREATE TABLE half (a);' })
    const db = new StoreDatabase(file)
    expect(refusal(() => migrate(db, 0, folder)).code).toBe('BANYAN_INTERNAL')
    db.close()
    expect(tablesOf(file)).toEqual(before)
    openTemporaryStore(file)
  })

  test('a hole in the numbering is a broken installation', () => {
    const db = new StoreDatabase(temporaryFile())
    expect(refusal(() => migrate(db, 0, migrationsPlus({ '0007_late.sql': 'SELECT 1;' }))).code).toBe('BANYAN_INTERNAL')
    db.close()
  })
})

/** A store as the first version left it, in the middle of its work. */
const FIRST_VERSION = `
  UPDATE lease SET epoch = 41, holder = 'banyan backfill', pid = 1, host = 'other', pid_space = '', process = 'p',
    acquired_at = 10, heartbeat_at = 20;
  INSERT INTO jobs (kind, params, state, lease_epoch, tags_total, samples, created_at)
    VALUES ('backfill', '{"tags":["A*"]}', 'done', 40, 2, 100, 1), ('backfill', '{}', 'running', 41, 3, 7, 2);
  INSERT INTO job_failures VALUES (2, 'pi/9', 'BANYAN_SOURCE_REJECTED', 'no');
  INSERT INTO tags (id, version, published_version, seen_at, name, descriptor, type, units, step, future, server_guid, point_id)
    VALUES ('pi/1', 3, 2, 5, 'A', '', 'float32', 'bar', 0, 0, 'g', 1);
  INSERT INTO coverage VALUES ('pi/1', 12);
  INSERT INTO covered_windows VALUES ('pi/1', -5, 0), ('pi/1', 10, 20);
  INSERT INTO projection VALUES (1, 10);
  INSERT INTO projected_tags VALUES (1, 'pi/1', 0, 12);
  INSERT INTO cells VALUES (1, 10, 12, zeroblob(16), 13, 0, 99, 10, 19);
  INSERT INTO deleted_samples VALUES (1, 11, 0);
  INSERT INTO positions VALUES (0, 100);`

test('a store of the first version keeps all it decided and learned; only the projection is folded again', () => {
  const file = temporaryFile()
  const folder = join(dirname(file), 'first')
  mkdirSync(folder)
  cpSync(join(MIGRATIONS_FOLDER, '0001_store.sql'), join(folder, '0001_store.sql'))
  const old = new StoreDatabase(file)
  migrate(old, 0, folder)
  old.close()
  tamper(file, FIRST_VERSION)

  const store = openTemporaryStore(file, () => 30)
  expect(store.lease.current()).toMatchObject({
    epoch: 41,
    holder: 'banyan backfill',
    host: 'other',
    heartbeatAtMs: 20,
  })
  expect(store.jobs.list()).toMatchObject([
    { id: 2, state: 'running', samples: 7, params: {} },
    { id: 1, state: 'done', tagsTotal: 2, samples: 100, params: { tags: ['A*'] } },
  ])
  expect(store.jobs.failures(2)).toEqual([{ tag: 'pi/9', code: 'BANYAN_SOURCE_REJECTED', message: 'no' }])
  const tag = parseTagId('pi/1')
  expect(store.tags.get(tag)).toMatchObject({ version: 3, seenAtMs: 5, goneAtMs: undefined, tag: { name: 'A' } })
  expect(store.tags.unpublished()).toHaveLength(1)
  const window = (from: bigint, until: bigint): unknown => ({ from: ticks(from), until: ticks(until) })
  expect(store.coverage.load()).toEqual(new Map([[tag, { covered: [window(-5n, 0n), window(10n, 20n)], samples: 12 }]]))

  expect(store.cells.width()).toBeUndefined()
  expect(store.cells.count()).toBe(0)
  expect(store.cells.foldedSamples()).toEqual(new Map())
  expect(store.cells.isDeleted(tag, ticks(11n), 0)).toBe(false)
  expect(store.positions.load()).toEqual(new Map())

  // A job enqueued now is a later one.
  expect(store.jobs.enqueue('backfill', {}).id).toBe(3)
})
