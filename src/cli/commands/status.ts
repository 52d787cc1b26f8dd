/** `banyan status`: what the store knows; asks neither historian nor log. */
import { type HistorianStatus, statusOf, type StatusReport } from '../../app/status.ts'
import { formatTicks, type Ticks } from '../../domain/ticks.ts'
import { sleep } from '../../util/abort.ts'
import { type CommandContext, withBridge } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { describeDifferenceTotals } from '../difference-text.ts'
import { jobModel, renderJobs } from '../job-table.ts'
import { renderLive } from '../live-table.ts'
import { formatCount, formatSeconds, plural } from '../../util/format.ts'
import { renderTable } from '../../util/text-table.ts'

const WATCH_EVERY_MS = 2_000

export async function status(context: CommandContext, { watch }: { readonly watch?: boolean } = {}): Promise<ExitCode> {
  const { output, interrupt } = context
  return withBridge(context, async (bridge) => {
    for (;;) {
      const report = await statusOf(bridge, Date.now())
      if (watch === true) output.clear()
      output.answer(modelOf(report), () => render(report))
      if (watch !== true) return EXIT.done
      try {
        await sleep(WATCH_EVERY_MS, interrupt.signal)
      } catch {
        return EXIT.done
      }
    }
  })
}

function modelOf(report: StatusReport): object {
  const { lease } = report
  return {
    ...report,
    lease: lease && {
      holder: lease.holder,
      pid: lease.pid,
      host: lease.host,
      epoch: lease.epoch,
      stale: lease.isStale,
      acquiredAt: new Date(lease.acquiredAtMs).toISOString(),
      heartbeatAt: new Date(lease.heartbeatAtMs).toISOString(),
    },
    historians: report.historians.map((historian) => ({
      ...historian,
      coveredFrom: optionalTime(historian.coveredFrom),
      coveredUntil: optionalTime(historian.coveredUntil),
    })),
    jobs: report.jobs.map(jobModel),
    findings: {
      ...report.findings,
      first: report.findings.first.map(({ tag, window, late, edited, deleted, foundAtMs }) => ({
        tag,
        from: formatTicks(window.from),
        until: formatTicks(window.until),
        late,
        edited,
        deleted,
        foundAt: new Date(foundAtMs).toISOString(),
      })),
    },
    sourceDifferences: {
      ...report.sourceDifferences,
      newest: report.sourceDifferences.newest.map(({ window, isUnread, foundAtMs, ...difference }) => ({
        ...difference,
        from: formatTicks(window.from),
        until: formatTicks(window.until),
        unread: isUnread,
        foundAt: new Date(foundAtMs).toISOString(),
      })),
    },
  }
}

function render(report: StatusReport): string {
  const { lease, projection } = report
  const holder = lease === undefined ? 'free' : `held by "${lease.holder}" (process ${lease.pid} on ${lease.host})`
  return [
    `Bridge ${report.bridge}, store ${report.store}`,
    `Lease  ${holder}${lease?.isStale === true ? ', stale: the next run takes it over' : ''}`,
    `Cells  ${formatCount(projection.cells)}, ${formatCount(projection.samples)} samples folded`,
    '',
    renderTable(
      [
        { title: 'HISTORIAN' },
        { title: 'TAGS', align: 'right' },
        { title: 'GONE', align: 'right' },
        { title: 'COVERED', align: 'right' },
        { title: 'WITH GAPS', align: 'right' },
        { title: 'SAMPLES', align: 'right' },
        { title: 'FROM' },
        { title: 'UNTIL' },
        { title: 'LAG' },
        { title: 'LIMITS' },
      ],
      report.historians.map(historianRow),
    ),
    '',
    ...(report.live === undefined ? [] : [renderLive(report.live, Date.now()), '']),
    ...(report.dirty === 0 ? [] : [`${plural(report.dirty, 'doubtful window')} to be compared again`, '']),
    ...(report.seams === 0 ? [] : [`${plural(report.seams, 'tag')} to be compared with PI where OPC UA stood in`, '']),
    ...(report.sourceDifferences.windows === 0 ? [] : [describeDifferences(report.sourceDifferences), '']),
    ...(report.findings.cells === 0 ? [] : [describeFindings(report.findings), '']),
    report.jobs.length === 0 ? 'No jobs yet.' : renderJobs(report.jobs),
  ].join('\n')
}

/** Between the two sources of a historian; the log was corrected by PI. */
function describeDifferences(differences: StatusReport['sourceDifferences']): string {
  return [
    describeDifferenceTotals(differences),
    renderTable(
      [
        { title: 'TAG' },
        { title: 'FROM' },
        { title: 'ONLY PI', align: 'right' },
        { title: 'ONLY OPC UA', align: 'right' },
        { title: 'VALUE', align: 'right' },
        { title: 'QUALITY', align: 'right' },
      ],
      differences.newest.map(({ tag, window, isUnread, ...counts }) => [
        tag,
        formatTicks(window.from),
        ...(isUnread
          ? ['unread', '-', '-', '-']
          : [counts.onlyPrimary, counts.onlyFallback, counts.value, counts.quality]),
      ]),
    ),
  ].join('\n')
}

/** Left alone because of `repair: report`, or because a historian that shows so little is not believed. */
function describeFindings({ cells, late, edited, deleted, first }: StatusReport['findings']): string {
  const all = `${formatCount(late)} late, ${formatCount(edited)} edited, ${formatCount(deleted)} deleted`
  const rows = first.map(({ tag, window, ...counts }) => [
    tag,
    formatTicks(window.from),
    counts.late,
    counts.edited,
    counts.deleted,
  ])
  return [
    `Differences left alone: ${all} in ${plural(cells, 'cell')}${cells > first.length ? `; the first ${first.length}` : ''}`,
    renderTable(
      [
        { title: 'TAG' },
        { title: 'FROM' },
        { title: 'LATE', align: 'right' },
        { title: 'EDITED', align: 'right' },
        { title: 'DELETED', align: 'right' },
      ],
      rows,
    ),
  ].join('\n')
}

function historianRow(historian: HistorianStatus): (string | number)[] {
  const { lagMs, quietForMs } = historian
  const quiet = quietForMs === 0 ? '' : `, quiet for ${formatSeconds(quietForMs / 1000)}`
  return [
    historian.name,
    historian.tagsKnown,
    historian.tagsGone,
    historian.tagsCovered,
    historian.tagsFragmented,
    historian.samples,
    optionalTime(historian.coveredFrom) ?? '-',
    optionalTime(historian.coveredUntil) ?? '-',
    lagMs === undefined ? '-' : formatSeconds(lagMs / 1000),
    `${historian.concurrencyCap} at once, ${historian.requestsPerSecond}/s${quiet}`,
  ]
}

function optionalTime(at: Ticks | undefined): string | undefined {
  return at === undefined ? undefined : formatTicks(at)
}
