/** A log long enough for several batches, the same in every process. */
import { parseTagId } from '../../src/domain/tag-id.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { SampleRecord } from '../../src/log/record.ts'
import { ArrayLog } from './array-log.ts'

export const LONG_LOG_WIDTH = 1_000n
/** Two full batches and a rest. */
export const LONG_LOG_RECORDS = 45_000
const PAGE = 1_000

/** One cell per record, so that a batch is full by its cells. */
export function longLog(): ArrayLog {
  const log = new ArrayLog(2, PAGE)
  const records: SampleRecord[] = []
  for (let i = 0; i < LONG_LOG_RECORDS; i++) {
    const sample = { type: 'float64', value: i, status: 0, flags: 0, ticks: ticks(BigInt(i) * 1_000n), ord: 0 } as const
    records.push({ tag: parseTagId(`pi/${i % 8}`), sample, rev: 0, op: 'put', source: 'pi-web-api' })
  }
  log.append(records)
  return log
}
