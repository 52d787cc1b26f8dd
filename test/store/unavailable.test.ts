/** What a full disk and a locked file mean for every kind of write: nothing half-written, and it goes on afterwards. */
import SqliteDatabase from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseTagId } from '../../src/domain/tag-id.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { ticks } from '../../src/domain/ticks.ts'
import { StoreDatabase } from '../../src/store/database.ts'
import { storeError } from '../../src/store/sqlite-error.ts'
import { storeOn, type Store } from '../../src/store/store.ts'
import { markedTags } from './marked-tags.ts'
import { refusal } from './refusal.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

/** A store that can be filled up, and given room again. */
function limitedStore(): { store: Store; fill: () => void; makeRoom: () => void } {
  const db = new StoreDatabase(temporaryFile())
  const store = storeOn(db, () => 1)
  onTestFinished(() => {
    store.close()
  })
  return {
    store,
    fill: () => db.pragma(`max_page_count = ${String(db.pragma('page_count'))}`),
    makeRoom: () => db.pragma('max_page_count = 1000000'),
  }
}

function tagNamed(id: number): Tag {
  return {
    id: parseTagId(`pi/${id}`),
    name: `TAG${id}`,
    descriptor: 'd'.repeat(500),
    type: 'float32',
    units: 'bar',
    zero: 0,
    span: 100,
    step: false,
    future: false,
    digitalSet: undefined,
    compression: undefined,
    address: { pi: { serverGuid: 'g', pointId: id }, opcua: undefined },
  }
}

const MANY = Array.from({ length: 500 }, (_, i) => i + 1)

describe('disk full', () => {
  test('tags: none of the batch is saved, all of it once there is room', () => {
    const { store, fill, makeRoom } = limitedStore()
    fill()
    const error = refusal(() => store.tags.save(MANY.map(tagNamed)))
    expect(error).toMatchObject({ code: 'BANYAN_STORE_UNAVAILABLE', retryable: true })
    expect(error.message).toContain('disk is full')
    expect(store.tags.list()).toEqual([])
    makeRoom()
    store.tags.save(MANY.map(tagNamed))
    expect(store.tags.list()).toHaveLength(MANY.length)
  })

  test('coverage: the cache stays as it was, and replaceAll mends it later', () => {
    const { store, fill, makeRoom } = limitedStore()
    const first = parseTagId('pi/1')
    const old = { covered: [{ from: ticks(0n), until: ticks(10n) }], samples: 1 }
    const grown = { covered: [{ from: ticks(0n), until: ticks(20n) }], samples: 2 }
    store.coverage.save([[first, old]])
    fill()
    const batch = new Map(MANY.map((id) => [parseTagId(`pi/${id}`), grown] as const))
    expect(refusal(() => store.coverage.save(batch)).code).toBe('BANYAN_STORE_UNAVAILABLE')
    expect(store.coverage.load()).toEqual(new Map([[first, old]]))
    makeRoom()
    expect(store.coverage.replaceAll(batch)).toHaveLength(MANY.length)
    expect(store.coverage.load()).toEqual(batch)
  })

  test('jobs: none is enqueued, and failures of a run are refused whole', () => {
    const { store, fill, makeRoom } = limitedStore()
    const run = store.jobs.start(store.jobs.enqueue('backfill', {}).id, store.lease.acquire('test'))
    fill()
    const big = { text: 'x'.repeat(1_000_000) }
    expect(refusal(() => store.jobs.enqueue('backfill', big)).code).toBe('BANYAN_STORE_UNAVAILABLE')
    expect(store.jobs.list()).toHaveLength(1)
    const failAll = (): void => {
      for (const id of MANY) run.tagFailed(parseTagId(`pi/${id}`), 'BANYAN_SOURCE_REJECTED', 'no'.repeat(500))
    }
    expect(refusal(failAll).code).toBe('BANYAN_STORE_UNAVAILABLE')
    makeRoom()
    failAll()
    expect(store.jobs.failures(run.job.id)).toHaveLength(MANY.length)
    run.end('done')
    expect(store.jobs.enqueue('backfill', big).state).toBe('queued')
  })

  test('dirty windows: none of the batch is marked, and what was marked stays', () => {
    const { store, fill, makeRoom } = limitedStore()
    const window = { from: ticks(0n), until: ticks(10n) }
    store.dirty.mark(parseTagId('pi/1'), window, 'hint')
    const before = markedTags(store, 'pi')
    fill()
    const markAll = (): void => {
      store.dirty.markAll(
        MANY.map((id) => ({ tag: parseTagId(`pi/${id}`), window })),
        'clock',
      )
    }
    expect(refusal(markAll)).toMatchObject({ code: 'BANYAN_STORE_UNAVAILABLE', retryable: true })
    expect(markedTags(store, 'pi')).toEqual(before)
    makeRoom()
    markAll()
    expect(store.dirty.count('pi')).toBe(MANY.length)
  })
})

test('a lock held for long is waited for once: from then on it is asked for in passing, until it is gone', () => {
  const file = temporaryFile()
  openTemporaryStore(file)
  const other = new SqliteDatabase(file)
  const db = new StoreDatabase(file, 50)
  onTestFinished(() => {
    other.close()
    db.close()
  })
  const write = (): void => {
    db.write(() => undefined)
  }
  const patienceMs = (): number => Number(db.pragma('busy_timeout'))
  write()
  expect(patienceMs()).toBe(50)
  other.exec('BEGIN IMMEDIATE')
  expect(refusal(write).code).toBe('BANYAN_STORE_UNAVAILABLE')
  const hurriedMs = patienceMs()
  expect(hurriedMs).toBeLessThan(50)
  // What is read needs no lock, and tells nothing about it.
  db.read(() => undefined)
  expect(patienceMs()).toBe(hurriedMs)
  other.exec('ROLLBACK')
  write()
  expect(patienceMs()).toBe(50)
})

test('a store locked by another process is unavailable for now, and works afterwards', () => {
  const file = temporaryFile()
  openTemporaryStore(file)
  const other = new SqliteDatabase(file)
  other.exec('BEGIN IMMEDIATE')
  const impatient = new StoreDatabase(file, 10)
  const store = storeOn(impatient, () => 1)
  for (const write of [
    () => store.lease.acquire('test'),
    () => store.jobs.enqueue('backfill', {}),
    () => store.schedules.start('nightly'),
    () => store.write(() => undefined),
  ]) {
    expect(refusal(write)).toMatchObject({ code: 'BANYAN_STORE_UNAVAILABLE', retryable: true })
  }
  expect(store.lease.current()).toBeUndefined()
  other.exec('ROLLBACK')
  other.close()
  expect(store.lease.acquire('test').epoch).toBe(1)
  store.close()
})

test.each([
  ['SQLITE_READONLY_DIRECTORY', 'BANYAN_STORE_UNAVAILABLE', false],
  ['SQLITE_CANTOPEN_ISDIR', 'BANYAN_STORE_UNAVAILABLE', false],
  ['SQLITE_PERM', 'BANYAN_STORE_UNAVAILABLE', false],
  ['SQLITE_IOERR_WRITE', 'BANYAN_STORE_UNAVAILABLE', true],
  ['SQLITE_LOCKED_SHAREDCACHE', 'BANYAN_STORE_UNAVAILABLE', true],
  ['SQLITE_BUSY_SNAPSHOT', 'BANYAN_STORE_UNAVAILABLE', true],
  ['SQLITE_FULL', 'BANYAN_STORE_UNAVAILABLE', true],
  ['SQLITE_CORRUPT_INDEX', 'BANYAN_STORE_CORRUPT', false],
  ['SQLITE_NOTADB', 'BANYAN_STORE_CORRUPT', false],
  ['SQLITE_CONSTRAINT_CHECK', 'BANYAN_INTERNAL', false],
])('%s is %s', (sqlite, code, retryable) => {
  expect(storeError('s.db', new SqliteDatabase.SqliteError('text', sqlite))).toMatchObject({ code, retryable })
})
