/** `banyan jobs`: lists jobs and steers them, also while another process runs them. */
import { isDaemonRunning } from '../../app/follow-job.ts'
import { existingStore } from '../../app/status.ts'
import { BanyanError } from '../../domain/errors.ts'
import type { JobRequest } from '../../store/job-state.ts'
import type { Job } from '../../store/jobs.ts'
import { type CommandContext, withBridge } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jobModel, renderJobs } from '../job-table.ts'

export async function listJobs(context: CommandContext): Promise<ExitCode> {
  const jobs = await withBridge(context, async (bridge) => (await existingStore(bridge))?.jobs.list() ?? [])
  context.output.answer({ jobs: jobs.map(jobModel) }, () => (jobs.length === 0 ? 'No jobs yet.' : renderJobs(jobs)))
  return EXIT.done
}

export async function steerJob(context: CommandContext, request: JobRequest, id: number): Promise<ExitCode> {
  const { output } = context
  const { job, isDaemon } = await withBridge(context, async (bridge) => {
    const store = await existingStore(bridge)
    if (store === undefined) {
      throw new BanyanError('BANYAN_USAGE', `there is no job ${id}`, { hint: '"banyan backfill" starts one' })
    }
    return { job: store.jobs.request(id, request), isDaemon: isDaemonRunning(store) }
  })
  output.answer({ jobs: [jobModel(job)] }, () => describe(job))
  if (job.state === 'queued') {
    output.note(isDaemon ? 'The daemon runs it.' : `Next: "banyan backfill --job ${id}" runs it.`)
  }
  return EXIT.done
}

function describe({ id, state, requested }: Job): string {
  return requested === undefined ? `Job ${id} is ${state}.` : `Job ${id} is ${state}; asked to ${requested}.`
}
