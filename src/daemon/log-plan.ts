/** What the log must be able to take from the daemon: the oldest backfill and look-back, and what is new. */
import type { ResolvedConfig } from '../config/config.ts'
import { ticksFromMs } from '../domain/ticks.ts'
import type { LogPlan } from '../log/log.ts'

/** Clocks differ; forecasts further ahead are looked at when they are copied. */
const AHEAD_MS = 86_400_000

export function logPlanOf({ tags, sync }: ResolvedConfig): LogPlan {
  const nowMs = Date.now()
  const lookBackMs = Math.max(...sync.sweeps.map((sweep) => sweep.lookBackMs))
  const starts = [ticksFromMs(nowMs - lookBackMs), ...tags.flatMap(({ backfill }) => backfill?.from ?? [])]
  return { oldest: starts.reduce((least, at) => (at < least ? at : least)), newest: ticksFromMs(nowMs + AHEAD_MS) }
}
