/** `banyan backfill`: runs the job in the foreground and sums it up. Some tags failed: exit 4, the rest is done. */
import type { BackfillProgress } from '../../app/backfill-meter.ts'
import type { BackfillReport } from '../../app/backfill-job.ts'
import { type BackfillOptions, runBackfill, takeUpForDaemon } from '../../app/backfill.ts'
import { followJob, isDaemonRunning } from '../../app/follow-job.ts'
import type { Bridge } from '../../app/bridge.ts'
import type { Job } from '../../store/jobs.ts'
import type { Store } from '../../store/store.ts'
import { type CommandContext, withBridge } from '../context.ts'
import { renderJobs } from '../job-table.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { startProgress } from '../progress.ts'
import type { BackfillFlags } from '../flags.ts'
import { scopeOf } from '../scope.ts'
import { formatCount, formatSeconds, plural } from '../../util/format.ts'
import { renderTable } from '../../util/text-table.ts'

export async function backfill(context: CommandContext, options: BackfillFlags): Promise<ExitCode> {
  return withBridge(context, async (bridge) => {
    const store = await bridge.store()
    const wanted = { ...scopeOf(options), job: options.job }
    const daemon = isDaemonRunning(store)
    if (options.detach === true) return detach(context, takeUpForDaemon(store, wanted), daemon)
    return daemon ? follow(context, store, takeUpForDaemon(store, wanted)) : runHere(context, bridge, wanted)
  })
}

async function runHere(context: CommandContext, bridge: Bridge, wanted: BackfillOptions): Promise<ExitCode> {
  const { output, interrupt } = context
  const progress = startProgress(output)
  try {
    const report = await runBackfill(
      bridge,
      wanted,
      (state) => {
        progress.update(state.fraction, describeProgress(state))
      },
      interrupt.signal,
    )
    progress.stop()
    output.answer(report, () => renderReport(report))
    if (report.failures.length > 0)
      output.note('Next: mend what failed and run the same command again; what is done is not copied again.')
    const complete = report.state === 'done' && report.failures.length === 0 && report.missing.length === 0
    return complete ? EXIT.done : EXIT.incomplete
  } catch (error) {
    progress.stop()
    if (interrupt.signal.aborted) output.note('Stopped. The same command goes on where this one stopped.')
    throw error
  } finally {
    progress.stop()
  }
}

function detach({ output }: CommandContext, job: Job, daemon: boolean): ExitCode {
  output.answer({ job: job.id, state: job.state }, () => `Job ${job.id} is ${job.state}.`)
  if (job.state === 'paused') output.note(resumeNote(job))
  else if (job.state === 'queued' || job.state === 'running') {
    output.note(
      daemon
        ? 'The daemon runs it; see "banyan jobs".'
        : `No daemon is running: start "banyan sync", or run it here with "banyan backfill --job ${job.id}".`,
    )
  }
  return EXIT.done
}

function resumeNote({ id }: Job): string {
  return `It waits until somebody resumes it: "banyan jobs resume ${id}".`
}

/** The daemon runs it; here it is only watched. */
async function follow({ output, interrupt }: CommandContext, store: Store, wanted: Job): Promise<ExitCode> {
  output.note(`A daemon is running: job ${wanted.id} is its to run. Ctrl-C leaves it running.`)
  if (wanted.state === 'paused') output.note(resumeNote(wanted))
  const progress = startProgress(output)
  try {
    const { job, failures } = await followJob(
      store,
      wanted.id,
      (state) => {
        progress.update(
          state.tagsTotal === 0 ? 0 : state.tagsDone / state.tagsTotal,
          `job ${state.id} ${state.state}, ${formatCount(state.tagsDone)}/${formatCount(state.tagsTotal)} tags, ${formatCount(state.samples)} samples`,
        )
      },
      interrupt.signal,
    )
    progress.stop()
    const tags = { total: job.tagsTotal, done: job.tagsDone, failed: job.tagsFailed }
    const seconds = ((job.endedAtMs ?? 0) - (job.startedAtMs ?? 0)) / 1000
    const { id, state, samples, requests, error } = job
    output.answer({ job: id, state, tags, samples, requests, seconds, failures, error }, () => renderJobs([job]))
    if (state === 'failed') return EXIT.failure
    return state === 'done' && failures.length === 0 ? EXIT.done : EXIT.incomplete
  } finally {
    progress.stop()
  }
}

export function describeProgress({ phase, tags, samples, requests, heldBy }: BackfillProgress): string {
  if (phase === 'catalogue') return 'reading the catalogue'
  if (phase === 'index') return 'reading the log back'
  const held = heldBy.length === 0 ? '' : `, held by ${heldBy.join(' and ')}`
  return `${formatCount(tags.done)}/${formatCount(tags.total)} tags, ${formatCount(samples)} samples, ${formatCount(requests)} requests${held}`
}

/** One line per kind of failure, not per tag. */
function toDo(failures: BackfillReport['failures']): string[] {
  const hints = new Map(failures.flatMap(({ code, hint }) => (hint === undefined ? [] : [[hint, code] as const])))
  return [...hints].map(([hint, code]) => `  ${code}: ${hint}`)
}

function renderReport(report: BackfillReport): string {
  const { tags, samples, requests, seconds } = report
  const rate = seconds > 0 ? Math.round(samples / seconds) : 0
  const lines = [
    renderTable(
      [{ title: 'BACKFILL' }, { title: '', align: 'right' }],
      [
        ['job', `${String(report.job)} (${report.state})`],
        ['tags done', `${formatCount(tags.done)} of ${formatCount(tags.total)}`],
        ['tags failed', tags.failed],
        ['samples copied', samples],
        ['samples in the log', report.recordsInLog],
        ['requests', requests],
        ['time', formatSeconds(seconds)],
        ['samples per second', rate],
      ],
    ),
  ]
  if (report.failures.length > 0) {
    const rows = report.failures.map(({ tag, name, code, message }) => [tag, name, code, message])
    const columns = [{ title: 'FAILED TAG' }, { title: 'NAME' }, { title: 'CODE' }, { title: 'WHY' }]
    lines.push('', renderTable(columns, rows), '', 'To do:', ...toDo(report.failures))
  }
  if (report.missing.length > 0) lines.push('', `Listed, but unknown to the historian: ${report.missing.join(', ')}`)
  if (report.seams > 0) {
    lines.push(
      '',
      `Read through OPC UA in part, and not compared with PI yet: ${plural(report.seams, 'tag')}. The daemon does that when PI is back, or: banyan sync --once`,
    )
  }
  if (report.withoutBackfill > 0) {
    lines.push(
      '',
      `Left out, because neither a rule nor --from gives a beginning before the end: ${plural(report.withoutBackfill, 'tag')}`,
    )
  }
  return lines.join('\n')
}
