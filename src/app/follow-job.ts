/** Following a job that the daemon runs: what `banyan backfill` does while another process holds the lease. */
import { BanyanError } from '../domain/errors.ts'
import type { Job, TagFailure } from '../store/jobs.ts'
import type { Store } from '../store/store.ts'
import { sleep } from '../util/abort.ts'

/** As often as the daemon writes a job's figures. */
const LOOK_EVERY_MS = 1000

export interface FollowedJob {
  readonly job: Job
  readonly failures: readonly TagFailure[]
}

/** Whether the lease is held by a daemon, which runs jobs for others, and it shows signs of life. */
export function isDaemonRunning(store: Store): boolean {
  const holder = store.lease.current()
  return holder !== undefined && !holder.isStale && store.live.read()?.epoch === holder.epoch
}

/**
 * Resolves when the job has reached an end; one that is paused, or interrupted by an outage, is waited for. Rejects with the signal's reason (the job goes
 * on), and with BANYAN_LEASE_LOST when the daemon is gone before the job has ended.
 */
export async function followJob(
  store: Store,
  id: number,
  onProgress: (job: Job) => void,
  signal: AbortSignal,
): Promise<FollowedJob> {
  for (;;) {
    const job = store.jobs.get(id)
    onProgress(job)
    if (job.state === 'done' || job.state === 'failed' || job.state === 'cancelled') {
      return { job, failures: store.jobs.failures(id) }
    }
    if (!isDaemonRunning(store)) throw daemonGone(id)
    await sleep(LOOK_EVERY_MS, signal)
  }
}

function daemonGone(id: number): BanyanError {
  return new BanyanError('BANYAN_LEASE_LOST', `the daemon stopped before job ${id} had ended`, {
    hint: `Nothing is lost: the job goes on when the daemon is started again, or with "banyan backfill --job ${id}".`,
    context: { job: id },
  })
}
