/**
 * Side records of the log file: of tags and routing the current one of each key, of audit all of them in order. Read in
 * pages bounded in rows and in text, so that no cursor is open while the reader thinks: it may want to write.
 */
import type Database from 'better-sqlite3'
import type { SideRecord, SideTopic } from '../log.ts'
import { embeddedLogError } from './errors.ts'

const PAGE_RECORDS = 1_000
/** A page ends behind the record that reaches this. */
const PAGE_CHARACTERS = 4 * 1024 * 1024

/** All of them or none. */
export function writeSideRecords(db: Database.Database, topic: SideTopic, records: readonly SideRecord[]): void {
  const insert =
    topic === 'audit'
      ? db.prepare('INSERT INTO audit_records (key, value) VALUES (@key, @value)')
      : db.prepare(`REPLACE INTO side_records (topic, key, value) VALUES ('${topic}', @key, @value)`)
  db.transaction(() => {
    for (const { key, value } of records) insert.run({ key, value })
  }).immediate()
}

/** As `SampleLog.readSide` promises; `file` is for the errors. */
export function* readSideRecords(db: Database.Database, file: string, topic: SideTopic): Generator<SideRecord> {
  if (topic !== 'audit') {
    const query = db.prepare<unknown[], Placed<string>>(
      `SELECT key AS place, key, value FROM side_records WHERE topic = '${topic}' AND key > ?
       ORDER BY key LIMIT ${PAGE_RECORDS}`,
    )
    yield* inPages('', (after) => pageOf(file, () => query.iterate(after)))
    return
  }
  const end = db.prepare<[], number>('SELECT coalesce(max(position), 0) FROM audit_records').pluck().get()
  const query = db.prepare<unknown[], Placed<number>>(
    `SELECT position AS place, key, value FROM audit_records WHERE position > ? AND position <= ?
     ORDER BY position LIMIT ${PAGE_RECORDS}`,
  )
  yield* inPages(0, (after) => pageOf(file, () => query.iterate(after, end)))
}

interface Placed<P> extends SideRecord {
  /** What the next page begins behind. */
  readonly place: P
}

function* inPages<P>(first: P, read: (after: P) => Placed<P>[]): Generator<SideRecord> {
  for (let after = first; ;) {
    const page = read(after)
    const last = page.at(-1)
    if (last === undefined) return
    for (const { key, value } of page) yield { key, value }
    after = last.place
  }
}

function pageOf<P>(file: string, rows: () => Iterable<Placed<P>>): Placed<P>[] {
  const page: Placed<P>[] = []
  let characters = 0
  try {
    for (const row of rows()) {
      page.push(row)
      characters += row.key.length + row.value.length
      if (characters >= PAGE_CHARACTERS) break
    }
  } catch (error) {
    throw embeddedLogError(error, file)
  }
  return page
}
