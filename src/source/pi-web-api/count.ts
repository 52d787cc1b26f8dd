/**
 * Count: the historian's own count of the events in windows, by its `summary` call; neighbouring windows of one length
 * are the intervals of one call.
 *
 * The default basis would answer a duration in seconds; of the event-weighted ones only "exclude most recent event"
 * fits half-open windows ("PI Web API reference", calculationBasis), and each interval is named by its start because
 * that is asked for explicitly. A count is given only for an interval whose start the answer names exactly once.
 *
 * What nobody could confirm, so that a count is a hint and never proof: whether bad events are counted, whether a real
 * server applies the basis to each interval as it does to one, and whether a boundary that is not a whole second finds
 * its place among events on the historian's time grid.
 */
import { z } from 'zod'
import { isBanyanError } from '../../domain/errors.ts'
import type { Tag } from '../../domain/tag.ts'
import { formatTicks, parseTicks, TICKS_PER_MS, TICKS_PER_SECOND } from '../../domain/ticks.ts'
import type { Window } from '../../domain/window.ts'
import { piAddressOf } from './address.ts'
import type { JsonObject } from './answer.ts'
import type { Batch } from './batch.ts'
import { printable } from './errors.ts'
import { GRID_STEP } from './pager.ts'
import type { Retrying } from './retrying.ts'
import { encodePointWebId } from './webid.ts'

/** Windows of one call: three weeks of hours; the historian reads all of their events before it answers. */
export const MAX_INTERVALS = 500

export interface CountParts {
  readonly batch: Batch
  readonly retrying: Retrying
}

/** In the order of `windows`; undefined where the historian cannot tell. */
export async function countWindows(
  parts: CountParts,
  tag: Tag,
  windows: readonly Window[],
  signal: AbortSignal,
): Promise<(number | undefined)[]> {
  const counts = await Promise.all(runsOf(windows).map((run) => countRun(parts, tag, run, signal)))
  return counts.flat()
}

async function countRun(
  { batch, retrying }: CountParts,
  tag: Tag,
  run: Run,
  signal: AbortSignal,
): Promise<(number | undefined)[]> {
  const webId = encodePointWebId(piAddressOf(tag))
  const path =
    `/streams/${webId}/summary?summaryType=Count&calculationBasis=EventWeightedExcludeMostRecentEvent` +
    `&timeType=EarliestTime&startTime=${encodeURIComponent(formatTicks(run.from))}` +
    `&endTime=${encodeURIComponent(formatTicks((run.from + run.length * BigInt(run.count)) as Window['from']))}` +
    (run.count === 1 ? '' : `&summaryDuration=${durationText(run.length)}`)
  return retrying(async () => {
    try {
      return countsOf((await batch.get(path, `counting tag ${printable(tag.name)}`, run.count, signal)).json, run)
    } catch (error) {
      if (isBanyanError(error, 'BANYAN_SOURCE_REJECTED')) return noCounts(run)
      throw error
    }
  }, signal)
}

/** `count` adjoining windows of `length` ticks each. */
interface Run {
  readonly from: Window['from']
  readonly length: bigint
  readonly count: number
}

/** The windows in order, those that continue one another together. */
function runsOf(windows: readonly Window[]): Run[] {
  const runs: Run[] = []
  for (const { from, until } of windows) {
    const length = until - from
    const last = runs.at(-1)
    const continues =
      last !== undefined &&
      last.count < MAX_INTERVALS &&
      last.length === length &&
      isDuration(length) &&
      last.from + last.length * BigInt(last.count) === from
    if (continues) runs[runs.length - 1] = { ...last, count: last.count + 1 }
    else runs.push({ from, length, count: 1 })
  }
  return runs
}

/** Durations are told in whole seconds or milliseconds: days would follow the calendar of somebody's time zone. */
function isDuration(length: bigint): boolean {
  return length % TICKS_PER_MS === 0n
}

function durationText(length: bigint): string {
  return length % TICKS_PER_SECOND === 0n ? `${length / TICKS_PER_SECOND}s` : `${length / TICKS_PER_MS}ms`
}

const summarySchema = z.object({
  Items: z.array(
    z.object({
      Type: z.string(),
      Value: z.object({ Timestamp: z.string(), Value: z.unknown(), Good: z.boolean() }),
    }),
  ),
})

function countsOf(answer: JsonObject, run: Run): (number | undefined)[] {
  const counts = noCounts(run)
  const summary = summarySchema.safeParse(answer)
  if (!summary.success) return counts
  const named = new Set<number>()
  for (const { Type: type, Value: value } of summary.data.Items) {
    const index = type === 'Count' ? indexOf(value.Timestamp, run) : undefined
    if (index === undefined) continue
    counts[index] = named.has(index) || !value.Good ? undefined : countOf(value.Value)
    named.add(index)
  }
  return counts
}

/** Which interval starts at this time, give or take the historian's time grid. */
function indexOf(text: string, { from, length, count }: Run): number | undefined {
  let offset: bigint
  try {
    offset = parseTicks(text) - from
  } catch {
    return undefined
  }
  const index = count === 1 ? 0n : (offset + GRID_STEP) / length
  const away = offset - index * length
  return index >= 0n && index < BigInt(count) && away <= GRID_STEP && away >= -GRID_STEP ? Number(index) : undefined
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
}

function noCounts({ count }: Run): (number | undefined)[] {
  return Array.from({ length: count }, () => undefined)
}
