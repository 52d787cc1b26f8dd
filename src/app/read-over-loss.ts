/**
 * Reading over a loss: the log as a verification reads it. A log file refuses to be read across a record that is gone or
 * damaged, which is right for whoever builds on it; whoever wants to know what is missing has to read what is left. The
 * records passed over are missing from what is read, and that is how they show.
 */
import { isBanyanError } from '../domain/errors.ts'
import type { LogPage, LogPosition, SampleLog } from '../log/log.ts'

export function readingOverLoss(log: SampleLog): Pick<SampleLog, 'read' | 'begin'> {
  return {
    begin: (signal) => log.begin(signal),
    read: (from, until, signal) => readOver(log, from, until, signal),
  }
}

async function* readOver(
  log: SampleLog,
  from: LogPosition,
  until: LogPosition,
  signal: AbortSignal,
): AsyncGenerator<LogPage> {
  const at = new Map(from)
  for (;;) {
    try {
      for await (const page of log.read(at, until, signal)) {
        at.set(page.partition, page.next)
        yield page
      }
      return
    } catch (error) {
      const lost = placeOfLoss(error, at, until)
      if (lost === undefined) throw error
      const next = lost.offset + 1n
      at.set(lost.partition, next)
      yield { partition: lost.partition, records: [], next }
    }
  }
}

/** Where one record is missing inside what is to be read; undefined when the error says something else. */
function placeOfLoss(
  error: unknown,
  at: LogPosition,
  until: LogPosition,
): { readonly partition: number; readonly offset: bigint } | undefined {
  if (!isBanyanError(error, 'BANYAN_LOG_CORRUPT')) return undefined
  const { partition, offset } = error.context
  if (typeof partition !== 'number' || typeof offset !== 'number') return undefined
  const [from, end] = [at.get(partition) ?? 0n, until.get(partition) ?? 0n]
  return BigInt(offset) >= from && BigInt(offset) < end ? { partition, offset: BigInt(offset) } : undefined
}
