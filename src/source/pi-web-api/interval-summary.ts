/**
 * Interval summaries: what the historian's `summary` call says of windows; neighbouring windows of one length are the
 * intervals of one call.
 *
 * The default basis would answer a duration in seconds; of the event-weighted ones only "exclude most recent event"
 * fits half-open windows ("PI Web API reference", calculationBasis), and each interval is named by its start because
 * that is asked for explicitly. A value is taken only for an interval whose start the answer names exactly once.
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

export interface SummaryParts {
  readonly batch: Batch
  readonly retrying: Retrying
}

export type SummaryType = 'Count' | 'Total' | 'Minimum' | 'Maximum'

/** By type; one that the answer does not name, or names twice, is undefined. */
export type IntervalSummary = ReadonlyMap<string, SummaryValue | undefined>

export interface SummaryValue {
  readonly Value?: unknown
  readonly Good: boolean
}

/** In the order of `windows`; without any value where the historian refuses, or answers something else. */
export async function summariseIntervals(
  parts: SummaryParts,
  tag: Tag,
  windows: readonly Window[],
  types: readonly SummaryType[],
  signal: AbortSignal,
): Promise<IntervalSummary[]> {
  const summaries = await Promise.all(runsOf(windows).map((run) => summariseRun(parts, tag, run, types, signal)))
  return summaries.flat()
}

async function summariseRun(
  { batch, retrying }: SummaryParts,
  tag: Tag,
  run: Run,
  types: readonly SummaryType[],
  signal: AbortSignal,
): Promise<IntervalSummary[]> {
  const webId = encodePointWebId(piAddressOf(tag))
  const path =
    `/streams/${webId}/summary?${types.map((type) => `summaryType=${type}`).join('&')}` +
    `&calculationBasis=EventWeightedExcludeMostRecentEvent` +
    `&timeType=EarliestTime&startTime=${encodeURIComponent(formatTicks(run.from))}` +
    `&endTime=${encodeURIComponent(formatTicks((run.from + run.length * BigInt(run.count)) as Window['from']))}` +
    (run.count === 1 ? '' : `&summaryDuration=${durationText(run.length)}`)
  const what = `summarising tag ${printable(tag.name)}`
  return retrying(async () => {
    try {
      return summariesOf((await batch.get(path, what, run.count * types.length, signal)).json, run)
    } catch (error) {
      if (isBanyanError(error, 'BANYAN_SOURCE_REJECTED')) return noSummaries(run)
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

const answerSchema = z.object({
  Items: z.array(
    z.object({
      Type: z.string(),
      Value: z.object({ Timestamp: z.string(), Value: z.unknown(), Good: z.boolean() }),
    }),
  ),
})

function summariesOf(answer: JsonObject, run: Run): IntervalSummary[] {
  const summaries = noSummaries(run)
  const parsed = answerSchema.safeParse(answer)
  if (!parsed.success) return summaries
  for (const { Type: type, Value: value } of parsed.data.Items) {
    const index = indexOf(value.Timestamp, run)
    const summary = index === undefined ? undefined : summaries[index]
    summary?.set(type, summary.has(type) ? undefined : value)
  }
  return summaries
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

function noSummaries({ count }: Run): Map<string, SummaryValue | undefined>[] {
  return Array.from({ length: count }, () => new Map<string, SummaryValue | undefined>())
}
