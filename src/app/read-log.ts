/**
 * Reading the log back: raw records, or the samples as they are now, after revisions.
 *
 * The current samples take two passes: the first remembers the last revision of each revised sample, the second
 * streams the first records and puts the revision in their place. Memory grows with the revisions asked for, never
 * with the history.
 */
import { BanyanError } from '../domain/errors.ts'
import { parseTagId, type TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { LoggedRecord, LogPosition, SampleLog } from '../log/log.ts'
import { partitionOf } from '../log/partitioner.ts'
import { encodeRecord, type SampleRecord } from '../log/record.ts'
import type { Bridge } from './bridge.ts'

export interface LogReadScope {
  readonly tag: TagId | undefined
  /** Inclusive. */
  readonly from: Ticks | undefined
  /** Exclusive. */
  readonly until: Ticks | undefined
}

/** Throws BANYAN_USAGE for a text that is no tag id. */
export function tagIdFrom(text: string): TagId {
  try {
    return parseTagId(text)
  } catch (error) {
    throw new BanyanError('BANYAN_USAGE', `${JSON.stringify(text)} is not a tag id`, {
      hint: 'a tag id is "<historian>/<number>", as "banyan tags" prints it',
      cause: error,
    })
  }
}

/** The records as JSON lines, `partition` and `offset` first, up to the end the log has now; per partition in order. */
export async function* recordLines(bridge: Bridge, scope: LogReadScope, signal: AbortSignal): AsyncGenerator<string> {
  const log = await bridge.log()
  const stretch = await stretchOf(bridge, log, scope, signal)
  for await (const { partition, offset, record } of recordsOf(log, stretch, scope, signal)) {
    yield `{"partition":${String(partition)},"offset":${offset.toString()},${encodeRecord(record).slice(1)}`
  }
}

/**
 * The record that is current for each sample as a JSON line, deleted samples left out; in the order in which the
 * samples were first written. Revisions appended while this runs are not seen.
 */
export async function* currentLines(bridge: Bridge, scope: LogReadScope, signal: AbortSignal): AsyncGenerator<string> {
  for await (const record of readCurrent(bridge, scope, signal)) yield encodeRecord(record)
}

/** As `currentLines`, decoded. */
export async function* readCurrent(
  bridge: Bridge,
  scope: LogReadScope,
  signal: AbortSignal,
): AsyncGenerator<SampleRecord> {
  const log = await bridge.log()
  const stretch = await stretchOf(bridge, log, scope, signal)
  const revisions = new Map<string, SampleRecord>()
  for await (const { record } of recordsOf(log, stretch, scope, signal)) {
    if (record.rev === 0) continue
    const key = identityOf(record)
    if (record.rev > (revisions.get(key)?.rev ?? 0)) revisions.set(key, record)
  }
  // A first record that stands there twice is shown twice, until a revision has taken its place.
  const shown = new Set<string>()
  for await (const { record } of recordsOf(log, stretch, scope, signal)) {
    if (record.rev !== 0) continue
    const revision = revisions.size === 0 ? undefined : revisions.get(identityOf(record))
    if (revision !== undefined) {
      if (shown.has(identityOf(record))) continue
      shown.add(identityOf(record))
    }
    const current = revision ?? record
    if (current.op === 'put') yield current
  }
}

interface Stretch {
  readonly begin: LogPosition
  readonly end: LogPosition
}

/** The whole log, or the one partition that holds the tag. */
async function stretchOf(bridge: Bridge, log: SampleLog, { tag }: LogReadScope, signal: AbortSignal): Promise<Stretch> {
  const begin = await log.begin(signal)
  const end = await log.end(signal)
  if (tag === undefined) return { begin, end }
  const partition = partitionOf(tag, bridge.config.log.partitions)
  const only = (position: LogPosition): LogPosition => new Map([...position].filter(([p]) => p === partition))
  return { begin: only(begin), end: only(end) }
}

async function* recordsOf(
  log: SampleLog,
  { begin, end }: Stretch,
  scope: LogReadScope,
  signal: AbortSignal,
): AsyncGenerator<LoggedRecord & { readonly partition: number }> {
  for await (const { partition, records } of log.read(begin, end, signal)) {
    for (const logged of records) {
      if (isInside(logged.record, scope)) yield { partition, ...logged }
    }
  }
}

function isInside({ tag, sample }: SampleRecord, scope: LogReadScope): boolean {
  return (
    (scope.tag === undefined || tag === scope.tag) &&
    (scope.from === undefined || sample.ticks >= scope.from) &&
    (scope.until === undefined || sample.ticks < scope.until)
  )
}

function identityOf({ tag, sample }: SampleRecord): string {
  return `${tag}|${sample.ticks.toString()}|${String(sample.ord)}`
}
