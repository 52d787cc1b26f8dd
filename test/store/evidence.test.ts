import SqliteDatabase from 'better-sqlite3'
import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { EvidenceTable } from '../../src/store/evidence.ts'
import { refusal } from './refusal.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const DAY_MS = 86_400_000

function put(evidence: EvidenceTable, manifest: string, lines: Iterable<string>): string {
  const writer = evidence.begin()
  for (const line of lines) writer.add(line)
  return writer.finish(manifest)
}

function countOf(file: string, sql: string): unknown {
  const db = new SqliteDatabase(file, { readonly: true })
  const count = db.prepare(sql).pluck().get()
  db.close()
  return count
}

test('what went in comes out, under the hash of the manifest, whatever the lines', () => {
  const { evidence } = openTemporaryStore(temporaryFile())
  const line = fc.string({ unit: 'grapheme', maxLength: 200 }).filter((text) => !text.includes('\n'))
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.array(line), (text, lines) => {
      const manifest = JSON.stringify({ text, lines })
      const hash = put(evidence, manifest, lines)
      expect(hash).toBe(createHash('sha256').update(manifest).digest('hex'))
      expect(evidence.manifest(hash)).toBe(manifest)
      expect([...evidence.cells(hash)]).toEqual(lines)
    }),
    { numRuns: 30 },
  )
})

test('many cells are many chunks, none of them large', () => {
  const file = temporaryFile()
  const { evidence } = openTemporaryStore(file)
  const lines = Array.from({ length: 40_000 }, (_, i) => `{"cell":${i},"digest":"${'0'.repeat(60)}"}`)
  const hash = put(evidence, '{}', lines)
  expect(countOf(file, 'SELECT count(*) FROM evidence_cells')).toBeGreaterThan(5)
  let next = 0
  for (const line of evidence.cells(hash)) if (line === lines[next]) next += 1
  expect(next).toBe(lines.length)
})

test('an unknown hash has nothing', () => {
  const { evidence } = openTemporaryStore(temporaryFile())
  expect(evidence.manifest('f'.repeat(64))).toBeUndefined()
  expect([...evidence.cells('f'.repeat(64))]).toEqual([])
})

test('the same manifest again changes nothing and leaves no draft', () => {
  const file = temporaryFile()
  const { evidence } = openTemporaryStore(file)
  const hash = put(evidence, '{"a":1}', ['x', 'y'])
  expect(put(evidence, '{"a":1}', ['x', 'y'])).toBe(hash)
  expect([...evidence.cells(hash)]).toEqual(['x', 'y'])
  expect(countOf(file, 'SELECT count(*) FROM evidence')).toBe(1)
  expect(countOf(file, 'SELECT count(*) FROM evidence_cells')).toBe(1)
})

test('no line, and a line too long, are refused', () => {
  const { evidence } = openTemporaryStore(temporaryFile())
  const writer = evidence.begin()
  for (const line of ['two\nlines', 'x'.repeat(65_536)]) {
    expect(refusal(() => writer.add(line)).code).toBe('BANYAN_USAGE')
  }
})

describe('drafts', () => {
  test('two at once do not mix, and one that is discarded is gone', () => {
    const file = temporaryFile()
    const { evidence } = openTemporaryStore(file)
    const [one, other, third] = [evidence.begin(), evidence.begin(), evidence.begin()]
    for (const line of ['1', '2']) one.add(line)
    other.add('3')
    third.add('4')
    const hashes = [other.finish('{"other":1}'), one.finish('{"one":1}')]
    third.discard()
    third.discard()
    one.discard()
    expect(hashes.map((hash) => [...evidence.cells(hash)])).toEqual([['3'], ['1', '2']])
    expect(countOf(file, 'SELECT count(*) FROM evidence')).toBe(2)
  })

  test('one that nobody finished is dropped after a day, and cannot be finished any more; evidence stays', () => {
    let now = 0
    const file = temporaryFile()
    const { evidence } = openTemporaryStore(file, () => now)
    const kept = put(evidence, '{}', ['kept'])
    const left = evidence.begin()
    for (let i = 0; i < 20; i++) left.add('x'.repeat(60_000))
    now = DAY_MS
    evidence.begin().discard()
    expect(countOf(file, 'SELECT count(*) FROM evidence_cells')).toBeGreaterThan(1)
    now = DAY_MS + 1
    evidence.begin().discard()
    expect(countOf(file, 'SELECT count(*) FROM evidence')).toBe(1)
    expect(refusal(() => left.finish('{"late":1}'))).toMatchObject({
      code: 'BANYAN_STORE_UNAVAILABLE',
      retryable: true,
    })
    expect([...evidence.cells(kept)]).toEqual(['kept'])
  })
})

describe('evidence never changes', () => {
  test.each([
    "UPDATE evidence SET manifest = '{}'",
    'UPDATE evidence SET hash = NULL, manifest = NULL',
    'DELETE FROM evidence',
    'DELETE FROM evidence_cells',
    "UPDATE evidence_cells SET content = x'00'",
    "INSERT INTO evidence_cells VALUES (1, 1, x'00')",
  ])('%s is refused by SQLite itself', (sql) => {
    const file = temporaryFile()
    const { evidence } = openTemporaryStore(file)
    put(evidence, '{"a":1}', ['x'])
    const db = new SqliteDatabase(file)
    expect(() => db.exec(sql)).toThrow(/evidence/)
    db.close()
  })

  test('when somebody gets around that, it is told', () => {
    const file = temporaryFile()
    const { evidence } = openTemporaryStore(file)
    const hash = put(evidence, '{"a":1}', ['x'])
    const db = new SqliteDatabase(file)
    db.exec(`DROP TRIGGER evidence_stays; UPDATE evidence SET manifest = '{"a":2}';
             DROP TRIGGER evidence_cells_stay; UPDATE evidence_cells SET content = x'00'`)
    db.close()
    expect(refusal(() => evidence.manifest(hash)).code).toBe('BANYAN_STORE_CORRUPT')
    expect(refusal(() => [...evidence.cells(hash)]).code).toBe('BANYAN_STORE_CORRUPT')
  })
})
