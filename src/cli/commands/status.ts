/** `banyan status`: what the store knows; asks neither historian nor log. */
import { type HistorianStatus, statusOf, type StatusReport } from '../../app/status.ts'
import { formatTicks, type Ticks } from '../../domain/ticks.ts'
import { type CommandContext, withBridge } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jobModel, renderJobs } from '../job-table.ts'
import { formatCount, formatSeconds, renderTable } from '../table.ts'

export async function status(context: CommandContext): Promise<ExitCode> {
  const report = await withBridge(context, (bridge) => statusOf(bridge, Date.now()))
  context.output.answer(modelOf(report), () => render(report))
  return EXIT.done
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
    report.jobs.length === 0 ? 'No jobs yet.' : renderJobs(report.jobs),
  ].join('\n')
}

function historianRow(historian: HistorianStatus): (string | number)[] {
  const { lagMs, quietForMs } = historian
  const quiet = quietForMs === 0 ? '' : `, quiet for ${formatSeconds(quietForMs / 1000)}`
  return [
    historian.name,
    historian.tagsKnown,
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
