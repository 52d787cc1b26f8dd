/** Backfill in the foreground: takes the lease, runs one job to its end, and gives the lease back. */
import type { JobState } from '../store/job-state.ts'
import type { Job } from '../store/jobs.ts'
import type { Store } from '../store/store.ts'
import type { BackfillProgress } from './backfill-meter.ts'
import { BackfillJob, type BackfillReport } from './backfill-job.ts'
import { type BackfillScope, scopeOf, storedScope } from './backfill-scope.ts'
import type { Bridge } from './bridge.ts'
import { withLease } from './lease.ts'
import { LogSession } from './log-session.ts'
import { selectTags } from './selection.ts'

export interface BackfillOptions extends BackfillScope {
  /** Takes up this job, with the scope it was enqueued with. */
  readonly job: number | undefined
}

/** As BackfillJob.run; throws BANYAN_LEASE_HELD when another process writes. */
export async function runBackfill(
  bridge: Bridge,
  options: BackfillOptions,
  onProgress: (progress: BackfillProgress) => void,
  signal: AbortSignal,
): Promise<BackfillReport> {
  const store = await bridge.store()
  const log = await bridge.log()
  const sources = await bridge.selectedSources()
  return withLease(store, `banyan backfill of ${bridge.config.bridge}`, bridge.logger, signal, async (lease, held) => {
    store.jobs.interruptOrphans(lease)
    const job = takeUp(store, options)
    const run = store.jobs.start(job.id, lease)
    let session: LogSession | undefined
    try {
      return await new BackfillJob({
        bridge,
        store,
        sources,
        run,
        select: async (scope, selecting) => {
          const selection = await selectTags(bridge, scope, selecting)
          store.tags.save(selection.selected.map(({ tag }) => tag))
          return selection
        },
        openLog: async (onFolded, opening) =>
          (session = await LogSession.open({ bridge, store, log, lease }, onFolded, opening)),
        // Nobody else copies while this process holds the lease.
        liveFrom: () => undefined,
        pausing: 'wait',
        endsAs: () => 'failed',
        onProgress,
      }).run(scopeOf(job), held)
    } finally {
      await session?.close()
    }
  })
}

/** The job asked for, or the unfinished one with the same scope, whoever runs it, or a new one. */
export function takeUp(store: Store, options: BackfillOptions): Job {
  if (options.job !== undefined) return store.jobs.get(options.job)
  const wanted = storedScope(options)
  return store.write(() => {
    const unfinished = store.jobs
      .list()
      .find(({ state, params }) => !isOver(state) && JSON.stringify(params) === JSON.stringify(wanted))
    return unfinished ?? store.jobs.enqueue('backfill', wanted)
  })
}

/** As `takeUp`, for a daemon to run: what failed is put back into the queue, which is all a daemon looks at. */
export function takeUpForDaemon(store: Store, options: BackfillOptions): Job {
  const job = takeUp(store, options)
  return job.state === 'failed' || job.state === 'interrupted' ? store.jobs.request(job.id, 'resume') : job
}

function isOver(state: JobState): boolean {
  return state === 'done' || state === 'cancelled'
}
