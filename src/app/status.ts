/**
 * Status: what the store knows, without asking historian or log, so that it answers while either is down and while
 * another process runs a job. Figures are as of the last run; the log is the truth about coverage.
 */
import { existsSync } from 'node:fs'
import { historianOf } from '../domain/tag-id.ts'
import { floorToMs, type Ticks } from '../domain/ticks.ts'
import { quietForMs } from '../replay/quiet-hours.ts'
import type { Finding, FindingTotals } from '../store/findings.ts'
import type { Job } from '../store/jobs.ts'
import type { LeaseHolder } from '../store/lease.ts'
import type { DifferenceTotals, SourceDifference } from '../store/source-differences.ts'
import type { Store } from '../store/store.ts'
import type { LiveStatus } from '../telemetry/live-status.ts'
import type { Bridge } from './bridge.ts'
import { isDaemonRunning } from './follow-job.ts'

/** As many as a person looks at. */
const NAMED_FINDINGS = 20
const NO_FINDINGS: FindingTotals = { cells: 0, late: 0, edited: 0, deleted: 0 }

const NO_DIFFERENCES: DifferenceTotals = {
  windows: 0,
  unread: 0,
  equal: 0,
  onlyPrimary: 0,
  onlyFallback: 0,
  value: 0,
  quality: 0,
}

/** Jobs shown; `banyan jobs` lists more. */
const RECENT_JOBS = 5

export interface StatusReport {
  readonly bridge: string
  readonly store: string
  readonly lease: LeaseHolder | undefined
  readonly historians: readonly HistorianStatus[]
  /** Newest first. */
  readonly jobs: readonly Job[]
  /** What the running daemon last said of itself; undefined when none runs. */
  readonly live: LiveStatus | undefined
  /** Stretches of history that wait to be compared again. */
  readonly dirty: number
  /** Differences that were found and left alone; the first of them by tag and time. */
  readonly findings: FindingTotals & { readonly first: readonly Finding[] }
  /** Tags with stretches that a fallback served and that were not compared with PI yet. */
  readonly seams: number
  /** Where the two sources of a historian were found to differ; the newest of them. */
  readonly sourceDifferences: DifferenceTotals & { readonly newest: readonly SourceDifference[] }
  readonly projection: ProjectionStatus
}

export interface HistorianStatus {
  readonly name: string
  /** Tags seen in its catalogue. */
  readonly tagsKnown: number
  /** Of them, those it lists no more; their history stays. */
  readonly tagsGone: number
  /** Tags still listed of which something is in the log. */
  readonly tagsCovered: number
  /** Of them, those whose coverage has gaps inside. */
  readonly tagsFragmented: number
  /** Samples in the log, and the time they span: also of tags that are listed no more. */
  readonly samples: number
  readonly coveredFrom: Ticks | undefined
  /** Exclusive. */
  readonly coveredUntil: Ticks | undefined
  /** How far the covered tag that is furthest behind trails our clock; of `tagsCovered`. */
  readonly lagMs: number | undefined
  /** Ceilings of the governor, from the configuration. */
  readonly concurrencyCap: number
  readonly requestsPerSecond: number
  /** How long quiet hours go on; 0 outside them. */
  readonly quietForMs: number
}

export interface ProjectionStatus {
  readonly cells: number
  /** Samples folded into cells; equal to the samples in the log when the projection is up to date. */
  readonly samples: number
}

/** The store, unless there is none yet: looking must not create the file. */
export async function existingStore(bridge: Bridge): Promise<Store | undefined> {
  return existsSync(bridge.config.store) ? bridge.store() : undefined
}

/** `nowMs`: milliseconds since 1970. */
export async function statusOf(bridge: Bridge, nowMs: number): Promise<StatusReport> {
  const { config } = bridge
  const store = await existingStore(bridge)
  return {
    bridge: config.bridge,
    store: config.store,
    lease: store?.lease.current(),
    historians: config.historians.map(({ name, primary: { limits } }) => ({
      name,
      ...coverageOf(store, name, nowMs),
      concurrencyCap: limits.concurrency,
      requestsPerSecond: limits.requestsPerSecond,
      quietForMs: quietForMs({ timeZone: limits.timeZone, ranges: limits.quietHours }, nowMs),
    })),
    jobs: store?.jobs.list(RECENT_JOBS) ?? [],
    live: store !== undefined && isDaemonRunning(store) ? store.live.read()?.report : undefined,
    dirty: config.historians.reduce((sum, { name }) => sum + (store?.dirty.count(name) ?? 0), 0),
    findings: {
      ...(store?.findings.totals() ?? NO_FINDINGS),
      first: store?.findings.list(NAMED_FINDINGS) ?? [],
    },
    seams: config.historians.reduce((sum, { name }) => sum + (store?.seams.count(name) ?? 0), 0),
    sourceDifferences: {
      ...(store?.sourceDifferences.totals() ?? NO_DIFFERENCES),
      newest: store?.sourceDifferences.list(NAMED_FINDINGS) ?? [],
    },
    projection: {
      cells: store?.cells.count() ?? 0,
      samples: [...(store?.cells.foldedSamples().values() ?? [])].reduce((sum, count) => sum + count, 0),
    },
  }
}

type CoverageStatus = Pick<
  HistorianStatus,
  'tagsKnown' | 'tagsGone' | 'tagsCovered' | 'tagsFragmented' | 'samples' | 'coveredFrom' | 'coveredUntil' | 'lagMs'
>

function coverageOf(store: Store | undefined, historian: string, nowMs: number): CoverageStatus {
  const known = store?.tags.list(historian) ?? []
  const gone = new Set(known.filter(({ goneAtMs }) => goneAtMs !== undefined).map(({ tag }) => tag.id))
  const status = { tagsKnown: known.length, tagsGone: gone.size, tagsCovered: 0, tagsFragmented: 0, samples: 0 }
  let coveredFrom: Ticks | undefined
  let coveredUntil: Ticks | undefined
  let furthestBehind: Ticks | undefined
  for (const [tag, { covered, samples }] of store?.coverage.load() ?? []) {
    const from = covered[0]?.from
    const until = covered.at(-1)?.until
    if (historianOf(tag) !== historian || from === undefined || until === undefined) continue
    status.samples += samples
    if (coveredFrom === undefined || from < coveredFrom) coveredFrom = from
    if (coveredUntil === undefined || until > coveredUntil) coveredUntil = until
    // Nobody reads it on: it falls behind for ever, and nothing is wrong.
    if (gone.has(tag)) continue
    status.tagsCovered += 1
    if (covered.length > 1) status.tagsFragmented += 1
    if (furthestBehind === undefined || until < furthestBehind) furthestBehind = until
  }
  const lagMs = furthestBehind === undefined ? undefined : Math.max(0, nowMs - floorToMs(furthestBehind))
  return { ...status, coveredFrom, coveredUntil, lagMs }
}
