/**
 * Plan: what a backfill would do, without doing it. Windows are exact (rules, clocks, coverage as last known);
 * amounts are estimates from the historian's own counts of a few sample days.
 */
import { coveredTicks, gapsWithin } from '../domain/coverage.ts'
import type { TagId } from '../domain/tag-id.ts'
import { ticks, TICKS_PER_SECOND, type Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import { FIRST_PAGE_ROWS } from '../replay/replay.ts'
import type { Bridge } from './bridge.ts'
import { firstProbe } from './first-probe.ts'
import { settledUntil } from './ranges.ts'
import { selectTags } from './selection.ts'
import type { BackfillScope } from './backfill-scope.ts'
import { planWork } from './work.ts'

export interface PlanReport {
  readonly windows: readonly PlannedWindow[]
  readonly estimate: PlanEstimate
  readonly missing: readonly string[]
}

/** A gap in a tag's coverage that the backfill would fill. */
export interface PlannedWindow extends Window {
  readonly tag: TagId
  readonly name: string
}

export interface PlanEstimate {
  readonly tags: number
  /** Tags whose sample days were counted. */
  readonly tagsSampled: number
  /** Undefined when the historian counts nothing for us. */
  readonly samples: number | undefined
  readonly requests: number | undefined
  readonly seconds: number | undefined
  readonly logBytes: number | undefined
}

const DAY = 86_400n * TICKS_PER_SECOND
/** Tags counted at most: the estimate is for a person, and every count is a read of the historian. */
const SAMPLED_TAGS = 50
const DAYS_PER_TAG = 3
/** Order of magnitude published for one PI Web API server. */
const HISTORIAN_SAMPLES_PER_SECOND = 50_000
/** One record as stored, measured: about 160 bytes of JSON, key and headers. */
const RECORD_BYTES = 200
/** Tags asked for in one coalesced call. */
const TAGS_PER_CALL = 100

export async function planBackfill(bridge: Bridge, scope: BackfillScope, signal: AbortSignal): Promise<PlanReport> {
  const store = await bridge.store()
  const settled = new Map<string, Ticks>()
  for (const governed of await bridge.selectedSources()) {
    const probe = await firstProbe(governed, bridge.logger, signal)
    settled.set(governed.config.name, settledUntil(probe.serverTime, bridge.config.sync.settleMs))
  }
  const { selected, missing } = await selectTags(bridge, scope, signal)
  const open = planWork(selected, scope, { settled, liveFrom: () => undefined }).map((item) => ({
    item,
    gaps: gapsWithin(store.coverage.get(item.tag.id)?.covered ?? [], item.range),
  }))
  const windows = open.flatMap(({ item, gaps }) =>
    gaps.map((gap) => ({ tag: item.tag.id, name: item.tag.name, ...gap })),
  )

  const busy = open.filter(({ gaps }) => gaps.length > 0)
  const stride = Math.max(1, Math.ceil(busy.length / SAMPLED_TAGS))
  const sampled = busy.filter((_, index) => index % stride === 0)
  const rates = await Promise.all(
    sampled.map(async ({ item, gaps }) => {
      const { source, config } = await bridge.source(item.historian)
      const days = sampleDays(gaps, settled.get(item.historian) ?? item.range.until)
      const counts = await source.count(item.tag, days, signal)
      const countedDays = days.filter((_, i) => counts[i] !== undefined)
      if (countedDays.length === 0) return undefined
      const total = counts.reduce((sum: number, count) => sum + (count ?? 0), 0)
      const perTick = total / Number(coveredTicks(countedDays))
      const samples = perTick * Number(coveredTicks(gaps))
      return { samples, requests: requestsFor(samples, config.primary.pageSize) }
    }),
  )
  const known = rates.filter((rate) => rate !== undefined)
  const limits = bridge.config.historians.map(({ primary }) => primary.limits)
  return { windows, missing, estimate: estimateOf(busy.length, known, limits) }
}

/** Up to three days spread over what is to be copied, none of them in the future. */
function sampleDays(gaps: readonly Window[], settled: Ticks): Window[] {
  const first = gaps[0]
  const last = gaps.at(-1)
  if (first === undefined || last === undefined) return []
  const from = first.from
  const until = last.until < settled ? last.until : settled
  const span = until - from
  if (span <= DAY * BigInt(DAYS_PER_TAG)) return span > 0n ? [{ from, until }] : []
  return Array.from({ length: DAYS_PER_TAG }, (_, i) => {
    const start = ticks(from + ((span - DAY) * BigInt(i)) / BigInt(DAYS_PER_TAG - 1))
    return { from: start, until: ticks(start + DAY) }
  })
}

function requestsFor(samples: number, pageSize: number): number {
  return samples < FIRST_PAGE_ROWS ? 1 / TAGS_PER_CALL : 1 / TAGS_PER_CALL + Math.ceil(samples / pageSize)
}

function estimateOf(
  tags: number,
  sampled: readonly { samples: number; requests: number }[],
  limits: readonly { requestsPerSecond: number }[],
): PlanEstimate {
  const base = { tags, tagsSampled: sampled.length }
  if (tags === 0) return { ...base, samples: 0, requests: 0, seconds: 0, logBytes: 0 }
  if (sampled.length === 0) {
    return { ...base, samples: undefined, requests: undefined, seconds: undefined, logBytes: undefined }
  }
  const scale = tags / sampled.length
  const samples = Math.round(scale * sampled.reduce((sum, rate) => sum + rate.samples, 0))
  const requests = Math.ceil(scale * sampled.reduce((sum, rate) => sum + rate.requests, 0))
  const perSecond = limits.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0)
  const seconds = Math.ceil(Math.max(requests / perSecond, samples / HISTORIAN_SAMPLES_PER_SECOND))
  return { ...base, samples, requests, seconds, logBytes: samples * RECORD_BYTES }
}
