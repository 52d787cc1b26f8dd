/** What a tail says of itself: how far behind its tags are, and which of them fail. */
import type { Tag } from '../domain/tag.ts'
import { floorToMs, formatTicks, type Ticks } from '../domain/ticks.ts'
import type { SourceProbe } from '../source/source.ts'
import type { LagSummary, LiveFailure, LiveHistorian, LiveTag as LiveTagStatus } from '../telemetry/live-status.ts'
import type { Appender } from './appender.ts'
import type { OurTime } from './historian-clock.ts'
import type { LiveTag } from './live-tag.ts'

/** As many as a person looks at. */
const WORST_TAGS = 10
const NAMED_FAILURES = 20

/** The tail's part of what is known of a historian. */
export type TailState = Pick<
  LiveHistorian,
  | 'serverTime'
  | 'clockOffsetMs'
  | 'tags'
  | 'failingCount'
  | 'failing'
  | 'catchingUp'
  | 'rounds'
  | 'lastRoundMs'
  | 'samples'
  | 'lag'
  | 'worst'
>

export interface ProbedAt {
  readonly probe: SourceProbe
  readonly at: OurTime
}

/** Costs a pass over all tags. */
export function stateOfTags(
  tags: readonly LiveTag[],
  appender: Appender,
  probed: ProbedAt | undefined,
  now: OurTime,
): Omit<TailState, 'rounds' | 'lastRoundMs' | 'samples'> {
  const failing = tags.flatMap((live) => failureOf(live, now))
  return {
    serverTime: probed && formatTicks(probed.probe.serverTime),
    clockOffsetMs: probed?.probe.clockOffsetMs,
    tags: tags.length,
    failingCount: failing.length,
    failing: failing.slice(0, NAMED_FAILURES),
    catchingUp: tags.filter((live) => live.gaps(appender.progressOf(live.tag.id)).length > 0).length,
    ...lagOf(probed === undefined ? [] : lagsOf(tags, appender, serverNowMs(probed, now))),
  }
}

/** How far one tag is behind the historian's clock, milliseconds; undefined before a round has seen it. */
export function lagOfTag(
  live: LiveTag,
  appender: Appender,
  probed: ProbedAt | undefined,
  now: OurTime,
): number | undefined {
  return probed && lagsOf([live], appender, serverNowMs(probed, now))[0]?.lagMs
}

/** Times of the back-off are monotonic; people read a calendar. */
function failureOf({ tag, head, catchUp }: LiveTag, { monotonicMs, wallMs }: OurTime): LiveFailure[] {
  const fault = head.fault ?? catchUp.fault
  if (fault === undefined) return []
  const { error, sinceMs, retryAtMs } = fault
  const toWall = (ms: number): number => Math.round(wallMs + ms - monotonicMs)
  return [
    {
      tag: tag.id,
      name: tag.name,
      code: error.code,
      message: error.message,
      sinceMs: toWall(sinceMs),
      retryAtMs: toWall(retryAtMs),
    },
  ]
}

/** While the historian is away its clock goes on, and the lag grows. */
function serverNowMs({ probe, at }: ProbedAt, now: OurTime): number {
  return floorToMs(probe.serverTime) + Math.max(0, now.monotonicMs - at.monotonicMs)
}

interface TagLag {
  readonly tag: Tag
  readonly lagMs: number
  readonly freshnessMs: number | undefined
}

/** Tags that no round has seen yet are left out. */
function lagsOf(tags: readonly LiveTag[], appender: Appender, nowMs: number): TagLag[] {
  // Forecasts lie ahead of the clock: that is no lag below nothing.
  const behindMs = (at: Ticks): number => Math.max(0, Math.round(nowMs - floorToMs(at)))
  return tags.flatMap((live) => {
    const watermark = live.watermark(appender.progressOf(live.tag.id))
    if (watermark === undefined) return []
    const freshnessMs = live.newest === undefined ? undefined : behindMs(live.newest)
    return [{ tag: live.tag, lagMs: behindMs(watermark), freshnessMs }]
  })
}

function lagOf(lags: readonly TagLag[]): { lag: LagSummary | undefined; worst: LiveTagStatus[] } {
  const descending = lags.toSorted((a, b) => b.lagMs - a.lagMs)
  /** What this share of the tags does not exceed. */
  const quantile = (share: number): number => descending[Math.floor((1 - share) * descending.length)]?.lagMs ?? 0
  return {
    lag: lags.length === 0 ? undefined : { medianMs: quantile(0.5), p99Ms: quantile(0.99), maxMs: quantile(1) },
    worst: descending
      .slice(0, WORST_TAGS)
      .map(({ tag, lagMs, freshnessMs }) => ({ tag: tag.id, name: tag.name, lagMs, freshnessMs })),
  }
}
