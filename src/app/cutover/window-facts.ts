/**
 * Window facts: streak, weather, lag and the verifier's own lag, from what the daemon noted every ten minutes. Pure
 * over the facts. A window that nobody measured is neither green nor red; when too many in a row were not, nothing is
 * known of the time before them.
 */
import type { DiversityEvidence, LagEvidence, StreakEvidence } from '../../cutover/manifest.ts'
import { formatTicks, ticksFromMs } from '../../domain/ticks.ts'
import type { Consumer } from '../../domain/workload.ts'
import {
  FACT_WINDOW_MS,
  type BridgeFactKind,
  type CutoverFactTable,
  type WindowFact,
} from '../../store/cutover-facts.ts'

/** An hour without a measurement, as a restart or an outage makes it, does not end a streak; a day off does. */
const UNMEASURED_MAX = 6
/** How far back the lag of a consumer is looked at: a day has every shift in it. */
const LAG_WINDOW_MS = 86_400_000
/** Far more than happen in 90 days. */
const FACTS_MAX = 1_000

/** Undefined: nothing was measured lately. `windows`: ascending, none that began before the streak may. */
export function streakOf(windows: readonly WindowFact[], nowMs: number): StreakEvidence | undefined {
  const measured = windows.filter(isMeasured)
  const newest = measured.at(-1)
  if (newest === undefined || gapBetween(newest.startMs, windowOf(nowMs)) > UNMEASURED_MAX) return undefined
  let since = nowMs
  let greenWindows = 0
  let next = newest.startMs + FACT_WINDOW_MS
  for (const { startMs, isGreen } of measured.toReversed()) {
    if (isGreen !== true || gapBetween(startMs, next) > UNMEASURED_MAX) break
    since = startMs
    next = startMs
    greenWindows += 1
  }
  return { since: formatTicks(ticksFromMs(Math.min(since, nowMs))), greenWindows }
}

/** Whole windows since the verifier finished a look at the workload; undefined: nobody has noted any. */
export function verifierLagOf(windows: readonly WindowFact[], nowMs: number): number | undefined {
  const last = windows.findLast(({ isSilent }) => !isSilent)
  return last === undefined ? undefined : Math.max(0, gapBetween(last.startMs, windowOf(nowMs)))
}

/** Over the last day; the worst of the windows' own percentiles, which is never less than that of all. */
export function lagsOf(windows: readonly WindowFact[], consumers: readonly Consumer[], nowMs: number): LagEvidence[] {
  const recent = windows.filter(({ startMs }) => startMs >= nowMs - LAG_WINDOW_MS)
  return consumers.map(({ name, stalenessMs }) => {
    const measured = recent.flatMap(({ startMs, lags }) => {
      const lag = lags.find(({ consumer }) => consumer === name)
      return lag === undefined ? [] : [{ ...lag, startMs }]
    })
    const newest = measured.at(-1)
    if (newest === undefined || gapBetween(newest.startMs, windowOf(nowMs)) > UNMEASURED_MAX) {
      return { consumer: name, stalenessMs, p99Ms: null, maxMs: null, windowMs: null }
    }
    const worst = (of: (one: (typeof measured)[number]) => number): number =>
      measured.reduce((max, one) => Math.max(max, of(one)), 0)
    return {
      consumer: name,
      stalenessMs,
      p99Ms: worst(({ p99Ms }) => p99Ms),
      maxMs: worst(({ maxMs }) => maxMs),
      windowMs: measured.length * FACT_WINDOW_MS,
    }
  })
}

/** What happened since, to the workload or to all of them. */
export function diversityOf(facts: CutoverFactTable, workload: string, sinceMs: number): DiversityEvidence {
  const times = (kind: BridgeFactKind): number =>
    facts.facts(kind, sinceMs, FACTS_MAX).filter((fact) => fact.workload === undefined || fact.workload === workload)
      .length
  return {
    restarts: times('restart'),
    outages: times('outage'),
    lateBatches: times('late-batch'),
    clockChanges: times('clock-change'),
  }
}

/** A verifier that was silent has measured nothing new. */
function isMeasured({ isGreen, isSilent }: WindowFact): boolean {
  return isGreen === false || (isGreen === true && !isSilent)
}

function windowOf(atMs: number): number {
  return atMs - (atMs % FACT_WINDOW_MS)
}

/** Whole windows between the one that starts at `startMs` and `nextMs`. */
function gapBetween(startMs: number, nextMs: number): number {
  return Math.round((nextMs - startMs) / FACT_WINDOW_MS) - 1
}
