import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PHASES } from '../../src/domain/workload.ts'
import { DEGRADATIONS, READINESS_REASONS } from '../../src/telemetry/live-status.ts'
import { Metrics, METRICS } from '../../src/telemetry/metrics.ts'
import { liveHistorian, liveStatus } from '../harness/live-status.ts'

/** Bounded by the configuration, or by the code; `tag` is left out beyond a number of them. */
const KNOWN_LABELS = [
  ...['bridge', 'version', 'reason', 'historian', 'quantile', 'tag', 'kind', 'verdict', 'schedule', 'source'],
  ...['workload', 'phase'],
]
const OPERATING = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'operating.md'), 'utf8')

/** The series of ours, without those of Node.js; ours are the ones the table defines. */
async function scrape(metrics: Metrics, live = liveStatus()): Promise<Map<string, number>> {
  const names = new Set(METRICS.map(({ name }) => name))
  const series = new Map<string, number>()
  for (const line of (await metrics.render(live)).split('\n')) {
    const match = /^([a-z_]+)(\{.*\})? (\S+)$/.exec(line)
    if (match !== null && names.has(match[1]!)) series.set(`${match[1]!}${match[2] ?? ''}`, Number(match[3]))
  }
  return series
}

test('every metric tells what the status tells, in base units', async () => {
  const problems = [
    { reason: 'log-down', subject: '', detail: '' },
    { reason: 'historian-down', subject: 'a', detail: '' },
    { reason: 'historian-down', subject: 'b', detail: '' },
  ] as const
  const degraded = [{ reason: 'kill-switch', subject: '', detail: '' }] as const
  const h = 'historian="pi-north"'
  const s = 'schedule="sweep 1d every 15m"'
  expect(Object.fromEntries(await scrape(new Metrics(), liveStatus({ problems, degraded })))).toEqual({
    'banyan_info{bridge="north-site",version="1.2.3"}': 1,
    banyan_ready: 0,
    'banyan_readiness_problems{reason="starting"}': 0,
    'banyan_readiness_problems{reason="historian-down"}': 2,
    'banyan_readiness_problems{reason="historian-clock"}': 0,
    'banyan_readiness_problems{reason="log-down"}': 1,
    'banyan_readiness_problems{reason="store-down"}': 0,
    'banyan_readiness_problems{reason="tags-failing"}': 0,
    'banyan_readiness_problems{reason="draining"}': 0,
    'banyan_degraded{reason="on-fallback"}': 0,
    'banyan_degraded{reason="kill-switch"}': 1,
    'banyan_degraded{reason="cutover-failing"}': 0,
    banyan_lease_epoch: 21,
    [`banyan_historian_up{${h}}`]: 1,
    [`banyan_historian_source{${h},source="pi-web-api"}`]: 1,
    [`banyan_historian_source{${h},source="opcua"}`]: 0,
    [`banyan_tags_on_fallback{${h}}`]: 2,
    [`banyan_tags_with_seams{${h}}`]: 4,
    [`banyan_source_differences{${h},kind="only-primary"}`]: 22,
    [`banyan_source_differences{${h},kind="only-fallback"}`]: 23,
    [`banyan_source_differences{${h},kind="value"}`]: 24,
    [`banyan_source_differences{${h},kind="quality"}`]: 25,
    [`banyan_fallback_requests_total{${h}}`]: 31,
    [`banyan_fallback_requests_failed_total{${h}}`]: 33,
    [`banyan_historian_clock_offset_seconds{${h}}`]: -1.5,
    [`banyan_tags{${h}}`]: 3,
    [`banyan_tags_failing{${h}}`]: 1,
    [`banyan_tags_catching_up{${h}}`]: 2,
    [`banyan_tail_rounds_total{${h}}`]: 40,
    [`banyan_tail_round_seconds{${h}}`]: 0.25,
    [`banyan_tail_samples_total{${h}}`]: 1234,
    [`banyan_lag_seconds{${h},quantile="0.5"}`]: 31,
    [`banyan_lag_seconds{${h},quantile="0.99"}`]: 42,
    [`banyan_lag_seconds{${h},quantile="1"}`]: 60.5,
    [`banyan_tag_lag_seconds{${h},tag="pi-north/3"}`]: 60.5,
    [`banyan_tag_freshness_seconds{${h},tag="pi-north/3"}`]: 70,
    [`banyan_hints_total{${h}}`]: 17,
    [`banyan_swept_cells_total{${h}}`]: 99,
    [`banyan_revisions_total{${h},kind="late"}`]: 5,
    [`banyan_revisions_total{${h},kind="edited"}`]: 6,
    [`banyan_revisions_total{${h},kind="deleted"}`]: 7,
    ...Object.fromEntries(
      ['match', 'explained', 'waived', 'mismatch', 'inconclusive', 'pending'].map((verdict, i) => [
        `banyan_parity_cells{${h},verdict="${verdict}"}`,
        101 + i,
      ]),
    ),
    [`banyan_parity_tags_mismatched{${h}}`]: 1,
    [`banyan_parity_survey_timestamp_seconds{${h}}`]: 1_748_779_250,
    [`banyan_parity_oldest_comparison_timestamp_seconds{${h}}`]: 1_748_692_860,
    [`banyan_verified_cells_total{${h}}`]: 201,
    [`banyan_verify_samples_total{${h}}`]: 202,
    [`banyan_verify_requests_total{${h}}`]: 203,
    [`banyan_audited_cells_total{${h}}`]: 204,
    [`banyan_audited_short_cells_total{${h}}`]: 205,
    [`banyan_summarised_cells_total{${h}}`]: 206,
    [`banyan_summary_notices_total{${h}}`]: 207,
    [`banyan_requests_total{${h}}`]: 500,
    [`banyan_requests_throttled_total{${h}}`]: 12,
    [`banyan_requests_failed_total{${h}}`]: 13,
    [`banyan_requests_in_flight{${h}}`]: 2,
    [`banyan_requests_waiting{${h}}`]: 11,
    [`banyan_governor_concurrency{${h}}`]: 4,
    [`banyan_governor_concurrency_cap{${h}}`]: 8,
    [`banyan_governor_held{${h}}`]: 1,
    ...Object.fromEntries(
      PHASES.map((phase) => [`banyan_workload_phase{workload="boiler",phase="${phase}"}`, +(phase === 'canary')]),
    ),
    'banyan_workload_served_percent{workload="boiler"}': 10,
    'banyan_workload_frozen{workload="boiler"}': 1,
    'banyan_workload_quarantined{workload="boiler"}': 0,
    'banyan_workload_events_unpublished{workload="boiler"}': 41,
    [`banyan_schedule_running{${s}}`]: 1,
    [`banyan_schedule_next_timestamp_seconds{${s}}`]: 1_748_780_100,
    [`banyan_schedule_last_end_timestamp_seconds{${s}}`]: 1_748_779_210,
    [`banyan_schedule_skipped_total{${s}}`]: 3,
    [`banyan_schedule_failed_total{${s}}`]: 2,
  })
})

describe('over time', () => {
  test('a scrape shows the totals as they are, not added to the last ones', async () => {
    const metrics = new Metrics()
    await scrape(metrics)
    const series = await scrape(metrics, liveStatus({ historians: [liveHistorian({ rounds: 41 })] }))
    expect(series.get('banyan_tail_rounds_total{historian="pi-north"}')).toBe(41)
    expect(series.get('banyan_historian_clock_offset_seconds{historian="pi-north"}')).toBe(-1.5)
  })

  test('what is not known, or gone, has no series', async () => {
    const metrics = new Metrics()
    await scrape(metrics)
    const unknown = {
      lag: undefined,
      clockOffsetMs: undefined,
      hints: undefined,
      lastRoundMs: undefined,
      parity: undefined,
    }
    const series = await scrape(metrics, liveStatus({ historians: [liveHistorian({ name: 'new', ...unknown })] }))
    const names = [...series.keys()].join('\n')
    expect(names).toContain('banyan_tags{historian="new"}')
    expect(names).not.toMatch(/pi-north"|lag_seconds\{historian="new",q|clock_offset|hints|tail_round_seconds|parity_/)
  })

  test('no series carries a tag when there are many', async () => {
    const with1000 = [liveHistorian({ name: 'a', tags: 600 }), liveHistorian({ name: 'b', tags: 400 })]
    const with1001 = [liveHistorian({ name: 'a', tags: 600 }), liveHistorian({ name: 'b', tags: 401 })]
    const tagged = async (historians: typeof with1000): Promise<string[]> =>
      [...(await scrape(new Metrics(), liveStatus({ historians }))).keys()].filter((name) => name.includes('tag="'))
    expect(await tagged(with1000)).toHaveLength(4)
    expect(await tagged(with1001)).toEqual([])
  })
})

describe('the table', () => {
  test.each(METRICS.map(({ name, type, labels, help }) => ({ name, type, labels, help })))(
    '$name keeps the conventions',
    ({ name, type, labels, help }) => {
      expect(name).toMatch(/^banyan_[a-z]+(_[a-z]+)*$/)
      expect(name.endsWith('_total')).toBe(type === 'counter')
      expect(help).toMatch(/^[A-Z0-9].*\.$/)
      expect(KNOWN_LABELS).toEqual(expect.arrayContaining([...labels]))
    },
  )

  test('two registries live side by side, and Node.js has its part', async () => {
    const [one, two] = [new Metrics(), new Metrics()]
    expect(await one.render(liveStatus())).toMatch(/^banyan_process_cpu_user_seconds_total /m)
    expect((await scrape(two)).size).toBe((await scrape(one)).size)
    expect(one.contentType).toMatch(/^text\/plain; version=0\.0\.4/)
  })
})

describe('docs/operating.md', () => {
  test('lists the metrics as the code defines them', () => {
    const section = sectionOf('Metrics')
    const rows = [...section.matchAll(/^\| `(banyan_\S+)` *\| (\S+) *\| (.*?) *\| (.*?) *\|$/gm)]
    expect(rows.map(([, ...cells]) => cells)).toEqual(
      METRICS.map(({ name, type, labels, help }) => [
        name,
        type,
        labels.map((label) => `\`${label}\``).join(', '),
        help,
      ]),
    )
  })

  test('explains every reason for not being ready, and every one for being ready but degraded', () => {
    const rows = [...sectionOf('Readiness').matchAll(/^\| `([a-z-]+)` *\|/gm)].map(([, reason]) => reason)
    expect(rows).toEqual([...READINESS_REASONS, ...DEGRADATIONS])
  })
})

function sectionOf(heading: string): string {
  return OPERATING.split(/^## /m).find((section) => section.startsWith(`${heading}\n`)) ?? ''
}
