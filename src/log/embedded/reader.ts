/**
 * Pages of one partition. A page is bounded in rows and in text, so that huge values do not add up in memory. Offsets
 * must follow one another: a row that is gone is reported, never skipped.
 */
import type Database from 'better-sqlite3'
import { BanyanError, messageOf } from '../../domain/errors.ts'
import type { LoggedRecord, LogPage } from '../log.ts'
import { decodeRecord, type SampleRecord } from '../record.ts'
import { embeddedLogError, RESTORE_HINT } from './errors.ts'

/** Enough to make the query's cost vanish, few enough to decode in some milliseconds. */
const PAGE_RECORDS = 1_000
/** A page ends behind the record that reaches this; ordinary records are below 200 characters. */
const PAGE_CHARACTERS = 4 * 1024 * 1024

/** `[from, until)` of the partition; the caller has checked that they lie within it. */
export function* readPartition(
  db: Database.Database,
  file: string,
  partition: number,
  from: number,
  until: number,
): Generator<LogPage> {
  const query = db
    .prepare<[number, number, number, number], [number, string]>(
      `SELECT offset, record FROM samples WHERE partition = ? AND offset >= ? AND offset < ? ORDER BY offset LIMIT ?`,
    )
    .raw()
  for (let next = from; next < until;) {
    const records: LoggedRecord[] = []
    let characters = 0
    try {
      for (const [offset, text] of query.iterate(partition, next, until, PAGE_RECORDS)) {
        if (offset !== next) break
        records.push({ offset: BigInt(offset), record: decodedAt(file, partition, offset, text) })
        next += 1
        characters += text.length
        if (characters >= PAGE_CHARACTERS) break
      }
    } catch (error) {
      throw embeddedLogError(error, file)
    }
    if (records.length === 0) throw lost(file, partition, next)
    yield { partition, records, next: BigInt(next) }
  }
}

function decodedAt(file: string, partition: number, offset: number, text: string): SampleRecord {
  try {
    return decodeRecord(text)
  } catch (cause) {
    throw new BanyanError(
      'BANYAN_LOG_CORRUPT',
      `${file}, partition ${partition}, offset ${offset}: ${messageOf(cause)}`,
      {
        hint: RESTORE_HINT,
        context: { file, partition, offset },
        cause,
      },
    )
  }
}

function lost(file: string, partition: number, offset: number): BanyanError {
  return new BanyanError('BANYAN_LOG_CORRUPT', `${file} has lost the record at offset ${offset}`, {
    hint: RESTORE_HINT,
    context: { file, partition, offset },
  })
}
