/** The `sync` keys: sweeps get their names, and combinations that would leave samples unlooked at are refused. */
import type { SweepConfig, SyncConfig, Timing } from './config.ts'
import type { ConfigPath, Report } from './problem.ts'
import { formatDuration } from './scalars.ts'
import type { Config } from './schema.ts'

type Sync = Config['sync']

export function resolveSync(sync: Sync, report: Report): SyncConfig {
  const sweeps = sync.sweeps.map((sweep, index): SweepConfig => {
    const path = ['sync', 'sweeps', index]
    const timing = timingOf(sweep, path, report)
    checkLookBack(sweep.lookBack, timing, sync.settle, [...path, 'lookBack'], report)
    return { name: nameOf(timing, sweep.lookBack), timing, lookBackMs: sweep.lookBack }
  })
  for (const [index, { name }] of sweeps.entries()) {
    if (sweeps.findIndex((other) => other.name === name) === index) continue
    report(['sync', 'sweeps', index], 'repeats an earlier sweep', 'remove one of the two')
  }
  return {
    intervalMs: sync.interval,
    settleMs: sync.settle,
    sweeps,
    catalogueMs: sync.catalogue,
    repair: sync.repair,
    hints: sync.hints,
  }
}

function timingOf(sweep: Sync['sweeps'][number], path: ConfigPath, report: Report): Timing {
  const { every, cron, timeZone } = sweep
  if ((every === undefined) === (cron === undefined)) {
    report(path, `needs either every or cron${every === undefined ? '' : ', not both'}`)
  } else if (cron === undefined && timeZone !== undefined) {
    report([...path, 'timeZone'], 'is of no use to a fixed period', 'remove it, or use cron')
  }
  return cron === undefined
    ? { kind: 'every', everyMs: every ?? 0 }
    : { kind: 'cron', cron, timeZone: timeZone ?? 'UTC' }
}

/** A sweep compares [now - look-back, now - settle): consecutive ones must touch. */
function checkLookBack(lookBackMs: number, timing: Timing, settleMs: number, path: ConfigPath, report: Report): void {
  if (lookBackMs <= settleMs) {
    report(
      path,
      `must be longer than sync.settle (${formatDuration(settleMs)})`,
      'nothing is compared before it settled',
    )
  } else if (timing.kind === 'every' && lookBackMs < timing.everyMs + settleMs) {
    const least = formatDuration(timing.everyMs + settleMs)
    report(path, `must be at least ${least}, every and sync.settle together`, 'else some samples are never compared')
  }
}

function nameOf(timing: Timing, lookBackMs: number): string {
  const what = `sweep ${formatDuration(lookBackMs)}`
  return timing.kind === 'every'
    ? `${what} every ${formatDuration(timing.everyMs)}`
    : `${what} at ${timing.cron} ${timing.timeZone}`
}
