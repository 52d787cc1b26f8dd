/** `banyan sync --once`: one round of every historian's tail and one sweep, for those who would rather not run a daemon. */
import type { Bridge } from '../app/bridge.ts'
import { withLease } from '../app/lease.ts'
import { LogSession } from '../app/log-session.ts'
import { prepareTarget } from '../app/target.ts'
import { BanyanError } from '../domain/errors.ts'
import { addChanges, NO_CHANGES, type ChangeCounts } from '../verify/align.ts'
import type { SweepOutcome } from '../verify/sweep.ts'
import { HistorianService } from './historian-service.ts'
import { logPlanOf } from './log-plan.ts'

export interface OnceOptions {
  /** How far back to sweep; undefined: as the first sweep of the configuration. */
  readonly lookBackMs: number | undefined
  /** What the historian no longer shows was deleted on purpose. */
  readonly acceptDeletions: boolean
}

export interface OnceReport {
  readonly rounds: number
  readonly tags: number
  /** Copied by the tail. */
  readonly samples: number
  readonly sweptCells: number
  readonly revisions: ChangeCounts
  /** Cells that differ and were left alone. */
  readonly findings: number
  /** Tags whose sweep found them changing meanwhile, and left the rest of them to the next. */
  readonly postponed: number
  /** Names the configuration lists and no historian has. */
  readonly missing: readonly string[]
  /** Historians that were read through their fallback: nothing was compared. */
  readonly unswept: readonly string[]
  /** Jobs that wait for a daemon or for `banyan backfill --job`. */
  readonly jobsWaiting: number
  readonly failures: readonly {
    readonly tag: string
    readonly name: string
    readonly code: string
    readonly message: string
  }[]
}

/** Rejects with what concerns more than a tag: one historian that is down fails the command, after the others are done. */
export async function syncOnce(bridge: Bridge, options: OnceOptions, signal: AbortSignal): Promise<OnceReport> {
  const store = await bridge.store()
  const log = await bridge.log()
  const holder = `banyan sync --once of ${bridge.config.bridge}`
  return withLease(store, holder, bridge.logger, signal, async (lease, held) => {
    store.jobs.interruptOrphans(lease)
    await prepareTarget(log, store, logPlanOf(bridge.config), held)
    const session = await LogSession.open({ bridge, store, log, lease }, () => undefined, held)
    try {
      const outcomes = await Promise.allSettled(
        (await bridge.selectedSources()).map(async ({ config }) => {
          const { acceptDeletions } = options
          const service = await HistorianService.open({ bridge, store, log, session, config, acceptDeletions })
          return syncHistorian(service, lookBackOf(bridge, options), held)
        }),
      )
      const reports = outcomes.map((outcome) => {
        if (outcome.status === 'rejected') throw outcome.reason
        return outcome.value
      })
      return total(reports, store.jobs.runnable().length)
    } finally {
      await session.close()
    }
  })
}

type HistorianReport = Omit<OnceReport, 'jobsWaiting'>

async function syncHistorian(
  service: HistorianService,
  lookBackMs: number,
  signal: AbortSignal,
): Promise<HistorianReport> {
  await service.answered(signal)
  const { missing } = await service.refreshCatalogue(signal)
  const { samples, tags } = await service.roundOnce(signal)
  await service.closeSeams(signal)
  // What stands in for the historian is no measure of the log: the next run compares.
  if (service.isOnFallback) return reportOf(service, { missing, samples, tags }, undefined)
  return reportOf(service, { missing, samples, tags }, await service.sweeper.lookBack(lookBackMs, signal))
}

function reportOf(
  service: HistorianService,
  round: Pick<OnceReport, 'missing' | 'samples' | 'tags'>,
  swept: SweepOutcome | undefined,
): HistorianReport {
  const { failing } = service.live()
  return {
    rounds: 1,
    ...round,
    sweptCells: swept?.cells ?? 0,
    revisions: swept?.revisions ?? NO_CHANGES,
    findings: swept?.findings ?? 0,
    postponed: swept?.postponed.length ?? 0,
    unswept: swept === undefined ? [service.name] : [],
    failures: [
      ...failing,
      ...(swept?.failures ?? []).filter(({ tag }) => failing.every((known) => known.tag !== tag)),
    ].map(({ tag, name, code, message }) => ({ tag, name, code, message })),
  }
}

function lookBackOf({ config }: Bridge, { lookBackMs }: OnceOptions): number {
  const lookBack = lookBackMs ?? config.sync.sweeps[0]?.lookBackMs
  if (lookBack === undefined) throw new BanyanError('BANYAN_INTERNAL', 'a configuration without a sweep')
  return lookBack
}

function total(reports: readonly HistorianReport[], jobsWaiting: number): OnceReport {
  const sum = (of: (report: HistorianReport) => number): number => reports.reduce((all, report) => all + of(report), 0)
  return {
    rounds: sum(({ rounds }) => rounds),
    tags: sum(({ tags }) => tags),
    samples: sum(({ samples }) => samples),
    sweptCells: sum(({ sweptCells }) => sweptCells),
    revisions: reports.map(({ revisions }) => revisions).reduce(addChanges, NO_CHANGES),
    findings: sum(({ findings }) => findings),
    postponed: sum(({ postponed }) => postponed),
    missing: reports.flatMap(({ missing }) => missing),
    unswept: reports.flatMap(({ unswept }) => unswept),
    jobsWaiting,
    failures: reports.flatMap(({ failures }) => failures),
  }
}
