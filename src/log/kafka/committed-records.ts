/**
 * Which records of a read_committed fetch are real. kafkajs' own filter leaks aborted ones when a fetch starts inside
 * two aborted transactions, and after any record whose key is four zero bytes; this is the broker's rule in full.
 */
import type { RawRecord, RecordBatch } from './record-batch.ts'

/** A transaction that was given up, as the fetch answer lists it. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

/**
 * The records of decided, committed batches, in offset order. `aborted` is everything the same answer lists, in any
 * order; a producer has at most one open transaction at a time, and a control batch ends it.
 */
export function committedRecords(
  batches: readonly RecordBatch[],
  aborted: readonly AbortedTransaction[],
): readonly RawRecord[] {
  const waiting = aborted.toSorted((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  const active = new Set<bigint>()
  const records: RawRecord[] = []
  for (const batch of batches) {
    while (waiting[0] !== undefined && waiting[0].firstOffset <= batch.lastOffset) {
      active.add(waiting[0].producerId)
      waiting.shift()
    }
    if (batch.isControl) active.delete(batch.producerId)
    else if (!(batch.isTransactional && active.has(batch.producerId))) records.push(...batch.records)
  }
  return records
}
