/** Checks of where a fold may begin: every record between the stored position and the end must still be there. Pure. */
import { BanyanError } from '../domain/errors.ts'
import type { LogPosition } from '../log/log.ts'

/**
 * Where to read from, for every partition of `end`. A partition never folded starts at what the log still holds
 * (whether that is all of it, the count of samples per tag decides).
 *
 * Throws BANYAN_LOG_CORRUPT when records were deleted before they were folded, or the log is shorter than what was
 * folded of it.
 */
export function startOf(folded: LogPosition, begin: LogPosition, end: LogPosition): Map<number, bigint> {
  const start = new Map<number, bigint>()
  for (const [partition, until] of end) {
    const oldest = begin.get(partition) ?? 0n
    const next = folded.get(partition)
    if (next !== undefined && next < oldest) {
      throw new BanyanError(
        'BANYAN_LOG_CORRUPT',
        `partition ${partition} of the log starts at offset ${oldest.toString()}; records from ${next.toString()} on were deleted before they were folded`,
        { hint: 'Find out what deleted them (retention, delete-records) and stop it.', context: { partition } },
      )
    }
    if (next !== undefined && next > until) throw shorter(partition, next, until)
    start.set(partition, next ?? oldest)
  }
  for (const [partition, next] of folded) if (!end.has(partition)) throw shorter(partition, next, 0n)
  return start
}

function shorter(partition: number, folded: bigint, end: bigint): BanyanError {
  return new BanyanError(
    'BANYAN_LOG_CORRUPT',
    `partition ${partition} of the log ends at offset ${end.toString()}, but ${folded.toString()} records of it were folded`,
    {
      hint: 'If the log was replaced on purpose, run `banyan store rebuild`; else find out what truncated it.',
      context: { partition },
    },
  )
}

/** Offsets between two positions, over the partitions of `until`. */
export function distance(from: LogPosition, until: LogPosition): number {
  let sum = 0n
  for (const [partition, end] of until) sum += end - (from.get(partition) ?? 0n)
  return Number(sum)
}
