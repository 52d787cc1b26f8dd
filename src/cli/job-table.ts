/** Jobs as a table and as JSON. */
import type { Job } from '../store/jobs.ts'
import { formatCount } from '../util/format.ts'
import { renderTable } from '../util/text-table.ts'

/** The documented shape; times as UTC text. */
export function jobModel(job: Job): object {
  return {
    id: job.id,
    kind: job.kind,
    state: job.state,
    requested: job.requested,
    params: job.params,
    tags: { total: job.tagsTotal, done: job.tagsDone, failed: job.tagsFailed },
    samples: job.samples,
    requests: job.requests,
    error: job.error,
    createdAt: formatMs(job.createdAtMs),
    startedAt: formatMs(job.startedAtMs),
    endedAt: formatMs(job.endedAtMs),
  }
}

export function renderJobs(jobs: readonly Job[]): string {
  return renderTable(
    [
      { title: 'JOB', align: 'right' },
      { title: 'KIND' },
      { title: 'STATE' },
      { title: 'TAGS', align: 'right' },
      { title: 'FAILED', align: 'right' },
      { title: 'SAMPLES', align: 'right' },
      { title: 'CREATED' },
      { title: 'ERROR' },
    ],
    jobs.map((job) => [
      String(job.id),
      job.kind,
      job.requested === undefined ? job.state : `${job.state}, asked to ${job.requested}`,
      `${formatCount(job.tagsDone)}/${formatCount(job.tagsTotal)}`,
      job.tagsFailed,
      job.samples,
      formatMs(job.createdAtMs) ?? '',
      job.error?.message ?? '',
    ]),
  )
}

function formatMs(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString()
}
