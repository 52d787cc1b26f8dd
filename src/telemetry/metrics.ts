/**
 * Metrics: every metric of Banyan, with its meaning, in one table. All are drawn from LiveStatus when somebody scrapes,
 * so they cannot contradict `status`. Totals count since the start of the process; a scraper sees a restart as the
 * reset of a counter. Labels are bounded by the configuration, but for `tag`, which is left out beyond TAG_LABELS_UP_TO.
 */
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import { VERDICTS } from '../domain/verdict.ts'
import { PHASES } from '../domain/workload.ts'
import {
  DEGRADATIONS,
  type LiveHistorian,
  type LiveSchedule,
  type LiveStatus,
  type LiveTag,
  type LiveWorkload,
  READINESS_REASONS,
} from './live-status.ts'

type LabelValues = Readonly<Record<string, string>>
type Reading = readonly [labels: LabelValues, value: number | undefined]

interface MetricDefinition {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly labels: readonly string[]
  readonly help: string
  /** What has no value yet is left out, not zero. */
  readonly read: (live: LiveStatus) => readonly Reading[]
}

/** With more tags than this, series that carry a tag would burden the scraper more than they tell. */
const TAG_LABELS_UP_TO = 1_000
const PREFIX = 'banyan_'
const SOURCES: readonly LiveHistorian['source'][] = ['pi-web-api', 'opcua']

export const METRICS: readonly MetricDefinition[] = [
  metric('gauge', 'info', ['bridge', 'version'], 'Always 1; tells which bridge this is and its version.', (live) => [
    [{ bridge: live.bridge, version: live.version }, 1],
  ]),
  metric('gauge', 'ready', [], '1 when /readyz answers 200, else 0.', (live) => [
    [{}, live.problems.length === 0 ? 1 : 0],
  ]),
  metric('gauge', 'readiness_problems', ['reason'], 'Problems that keep the bridge from being ready.', (live) =>
    READINESS_REASONS.map((reason) => [
      { reason },
      live.problems.filter((problem) => problem.reason === reason).length,
    ]),
  ),
  metric('gauge', 'degraded', ['reason'], 'What somebody should look at although the bridge is ready.', (live) =>
    DEGRADATIONS.map((reason) => [{ reason }, live.degraded.filter((one) => one.reason === reason).length]),
  ),
  metric('gauge', 'lease_epoch', [], 'Epoch of the lease; grows when another process took over.', (live) => [
    [{}, live.epoch],
  ]),

  perHistorian('gauge', 'historian_up', '1 when the historian answered its last probe, else 0.', ({ up }) => +up),
  metric(
    'gauge',
    'historian_source',
    ['historian', 'source'],
    '1 for the source the historian is read through.',
    (live) =>
      live.historians.flatMap(({ name: historian, source }) =>
        SOURCES.map((one): Reading => [{ historian, source: one }, +(one === source)]),
      ),
  ),
  perHistorian('gauge', 'tags_on_fallback', 'Tags read through the fallback.', ({ fallback }) => fallback?.tags),
  perHistorian(
    'gauge',
    'tags_with_seams',
    'Tags the fallback has served that were not compared with PI yet.',
    (historian) => {
      return historian.fallback?.seams
    },
  ),
  metric(
    'gauge',
    'source_differences',
    ['historian', 'kind'],
    'Samples in which PI and its fallback differ where the one stood in for the other, of the stretches kept.',
    (live) =>
      live.historians.flatMap(({ name: historian, fallback }): Reading[] => [
        [{ historian, kind: 'only-primary' }, fallback?.differences.onlyPrimary],
        [{ historian, kind: 'only-fallback' }, fallback?.differences.onlyFallback],
        [{ historian, kind: 'value' }, fallback?.differences.value],
        [{ historian, kind: 'quality' }, fallback?.differences.quality],
      ]),
  ),
  perHistorian('gauge', 'historian_clock_offset_seconds', "The historian's clock minus ours.", (historian) =>
    seconds(historian.clockOffsetMs),
  ),
  perHistorian('gauge', 'tags', 'Tags that are copied.', ({ tags }) => tags),
  perHistorian('gauge', 'tags_failing', 'Tags that cannot be read, each tried again on its own.', (historian) => {
    return historian.failingCount
  }),
  perHistorian('gauge', 'tags_catching_up', 'Tags with gaps behind the live tail.', ({ catchingUp }) => catchingUp),

  perHistorian('counter', 'tail_rounds_total', 'Rounds of the live tail that ended.', ({ rounds }) => rounds),
  perHistorian('gauge', 'tail_round_seconds', 'How long the last round of the live tail took.', (historian) =>
    seconds(historian.lastRoundMs),
  ),
  perHistorian('counter', 'tail_samples_total', 'Samples the live tail appended.', ({ samples }) => samples),
  metric(
    'gauge',
    'lag_seconds',
    ['historian', 'quantile'],
    "The historian's clock minus what is covered, over its tags: median (0.5), 0.99 and worst (1).",
    (live) =>
      live.historians.flatMap(({ name: historian, lag }): Reading[] => [
        [{ historian, quantile: '0.5' }, seconds(lag?.medianMs)],
        [{ historian, quantile: '0.99' }, seconds(lag?.p99Ms)],
        [{ historian, quantile: '1' }, seconds(lag?.maxMs)],
      ]),
  ),
  perWorstTag('tag_lag_seconds', 'Lag of the tags furthest behind; only up to 1000 tags.', ({ lagMs }) => lagMs),
  perWorstTag(
    'tag_freshness_seconds',
    "The historian's clock minus the newest sample, of the tags furthest behind; only up to 1000 tags.",
    ({ freshnessMs }) => freshnessMs,
  ),
  perHistorian('counter', 'hints_total', 'Notices of change the historian gave.', ({ hints }) => hints),

  perHistorian('counter', 'swept_cells_total', 'Cells compared with the historian again.', (historian) => {
    return historian.sweptCells
  }),
  metric(
    'counter',
    'revisions_total',
    ['historian', 'kind'],
    'Corrections written into the log: late, edited and deleted samples.',
    (live) =>
      live.historians.flatMap(({ name: historian, revisions }): Reading[] => [
        [{ historian, kind: 'late' }, revisions.late],
        [{ historian, kind: 'edited' }, revisions.edited],
        [{ historian, kind: 'deleted' }, revisions.deleted],
      ]),
  ),

  metric(
    'gauge',
    'parity_cells',
    ['historian', 'verdict'],
    'Cells expected of the historian, by what is known of their equality.',
    (live) =>
      live.historians.flatMap(({ name: historian, parity }): Reading[] =>
        VERDICTS.map((verdict) => [{ historian, verdict }, parity?.verdicts[verdict]]),
      ),
  ),
  perHistorian('gauge', 'parity_tags_mismatched', 'Tags that differ between historian and log.', ({ parity }) => {
    return parity?.mismatchedCount
  }),
  perHistorian(
    'gauge',
    'parity_survey_timestamp_seconds',
    'As of when the numbers of parity are, in seconds since 1970.',
    ({ parity }) => seconds(parity?.atMs),
  ),
  perHistorian(
    'gauge',
    'parity_oldest_comparison_timestamp_seconds',
    'When the oldest comparison was made that still stands, in seconds since 1970.',
    ({ parity }) => seconds(parity?.oldestMs),
  ),
  perHistorian('counter', 'verified_cells_total', 'Cells the continuous verification compared.', ({ verified }) => {
    return verified.cells
  }),
  perHistorian('counter', 'verify_samples_total', 'Samples read from the historian to verify.', ({ verified }) => {
    return verified.samples
  }),
  perHistorian('counter', 'verify_requests_total', 'Requests sent to the historian to verify.', ({ verified }) => {
    return verified.requests
  }),
  perHistorian('counter', 'audited_cells_total', 'Cells whose records were read again from the log.', (historian) => {
    return historian.verified.auditedCells
  }),
  perHistorian(
    'counter',
    'audited_short_cells_total',
    'Of those, cells of which the log did not show what was folded from it.',
    ({ verified }) => verified.shortCells,
  ),
  perHistorian(
    'counter',
    'summarised_cells_total',
    'Cells the historian was asked for its own summary of.',
    ({ verified }) => verified.summarisedCells,
  ),
  perHistorian(
    'counter',
    'summary_notices_total',
    'Of those, cells with another summary than before: they are compared again.',
    ({ verified }) => verified.summaryNotices,
  ),

  perHistorian('counter', 'requests_total', 'Requests sent to the historian.', ({ governor }) => governor.requests),
  perHistorian('counter', 'requests_throttled_total', 'Requests the historian answered with 429.', (historian) => {
    return historian.governor.throttled
  }),
  perHistorian(
    'counter',
    'requests_failed_total',
    'Requests that failed otherwise.',
    ({ governor }) => governor.failed,
  ),
  perHistorian('counter', 'fallback_requests_total', 'Requests sent to the fallback.', ({ fallback }) => {
    return fallback?.governor.requests
  }),
  perHistorian('counter', 'fallback_requests_failed_total', 'Requests to the fallback that failed.', ({ fallback }) => {
    return fallback?.governor.failed
  }),
  perHistorian('gauge', 'requests_in_flight', 'Requests under way.', ({ governor }) => governor.inFlight),
  perHistorian('gauge', 'requests_waiting', 'Requests held back by the governor.', ({ governor }) => governor.waiting),
  perHistorian('gauge', 'governor_concurrency', 'Requests the governor allows at once now.', ({ governor }) => {
    return governor.concurrency
  }),
  perHistorian('gauge', 'governor_concurrency_cap', 'Requests at once, at most, as configured.', ({ governor }) => {
    return governor.concurrencyCap
  }),
  perHistorian('gauge', 'governor_held', '1 while the governor sends nothing at all, else 0.', ({ governor }) => {
    return governor.heldBy.length > 0 ? 1 : 0
  }),

  metric('gauge', 'workload_phase', ['workload', 'phase'], '1 for the phase the workload is in.', (live) =>
    live.workloads.flatMap(({ name: workload, phase }) =>
      PHASES.map((one): Reading => [{ workload, phase: one }, +(one === phase)]),
    ),
  ),
  perWorkload(
    'workload_served_percent',
    'Share of the consumers that are served from the log.',
    ({ percent }) => percent,
  ),
  perWorkload('workload_frozen', '1 while no step forward is taken until somebody thaws it, else 0.', ({ frozen }) => {
    return +frozen
  }),
  perWorkload(
    'workload_quarantined',
    '1 after the bridge rolled it back by itself, until the cause is named.',
    (one) => {
      return +one.quarantined
    },
  ),
  perWorkload(
    'workload_events_unpublished',
    'Decisions the log was not told of yet.',
    ({ unpublished }) => unpublished,
  ),

  perSchedule('gauge', 'schedule_running', '1 while the schedule runs, else 0.', ({ running }) => +running),
  perSchedule('gauge', 'schedule_next_timestamp_seconds', 'When it is due next, in seconds since 1970.', (schedule) =>
    seconds(schedule.nextAtMs),
  ),
  perSchedule(
    'gauge',
    'schedule_last_end_timestamp_seconds',
    'When it last ended, in seconds since 1970.',
    (schedule) => seconds(schedule.lastEndedAtMs),
  ),
  perSchedule('counter', 'schedule_skipped_total', 'Due times it did not start at.', ({ skipped }) => skipped),
  perSchedule('counter', 'schedule_failed_total', 'Runs that ended with an error.', ({ failed }) => failed),
]

/** One per process: the Node.js metrics it adds are the process's own. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #metrics = METRICS.map(({ name, help, type, labels, read }) => {
    const options = { name, help, labelNames: labels, registers: [this.#registry] }
    return { series: type === 'counter' ? new Counter(options) : new Gauge(options), read }
  })

  constructor() {
    collectDefaultMetrics({ register: this.#registry, prefix: PREFIX })
  }

  /** Of the Prometheus text format. */
  get contentType(): string {
    return this.#registry.contentType
  }

  render(live: LiveStatus): Promise<string> {
    for (const { series, read } of this.#metrics) {
      // From nothing to the total: what is gone from the status must not stay behind.
      series.reset()
      for (const [labels, value] of read(live)) {
        if (value !== undefined) series.inc(labels, value)
      }
    }
    return this.#registry.metrics()
  }
}

function metric(
  type: MetricDefinition['type'],
  name: string,
  labels: readonly string[],
  help: string,
  read: MetricDefinition['read'],
): MetricDefinition {
  return { name: `${PREFIX}${name}`, type, labels, help, read }
}

function perHistorian(
  type: MetricDefinition['type'],
  name: string,
  help: string,
  valueOf: (historian: LiveHistorian) => number | undefined,
): MetricDefinition {
  return metric(type, name, ['historian'], help, ({ historians }) =>
    historians.map((historian) => [{ historian: historian.name }, valueOf(historian)]),
  )
}

function perSchedule(
  type: MetricDefinition['type'],
  name: string,
  help: string,
  valueOf: (schedule: LiveSchedule) => number | undefined,
): MetricDefinition {
  return metric(type, name, ['schedule'], help, ({ sweeps }) =>
    sweeps.map((schedule) => [{ schedule: schedule.name }, valueOf(schedule)]),
  )
}

function perWorkload(name: string, help: string, valueOf: (workload: LiveWorkload) => number): MetricDefinition {
  return metric('gauge', name, ['workload'], help, ({ workloads }) =>
    workloads.map((workload) => [{ workload: workload.name }, valueOf(workload)]),
  )
}

function perWorstTag(name: string, help: string, msOf: (tag: LiveTag) => number | undefined): MetricDefinition {
  return metric('gauge', name, ['historian', 'tag'], help, ({ historians }) => {
    const tagCount = historians.reduce((sum, { tags }) => sum + tags, 0)
    if (tagCount > TAG_LABELS_UP_TO) return []
    return historians.flatMap(({ name: historian, worst }) =>
      worst.map((tag): Reading => [{ historian, tag: tag.tag }, seconds(msOf(tag))]),
    )
  })
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}
