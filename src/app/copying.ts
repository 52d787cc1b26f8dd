/** Copying: the planned work of a backfill, read from every historian at once, each in the orders its tags ask for. */
import { OutageWatch } from '../replay/outage.ts'
import type { Appender } from '../replay/appender.ts'
import { replay, type TagFailure } from '../replay/replay.ts'
import { REPLAY_ORDERS } from '../replay/slices.ts'
import { together } from '../util/abort.ts'
import type { GovernedSource } from './bridge.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Work } from './work.ts'

export interface CopyingOptions {
  readonly sources: readonly GovernedSource[]
  readonly appender: Appender
  readonly logger: Logger
  readonly onTagDone: () => void
  readonly onTagFailed: (failure: TagFailure) => void
}

/** Resolves when every tag is durable or set aside; rejects with what ended one historian's copying, after all ended. */
export async function copy(work: readonly Work[], options: CopyingOptions, signal: AbortSignal): Promise<void> {
  await together(
    options.sources.map((source) => (shared) => copyFrom(source, work, options, shared)),
    signal,
  )
}

async function copyFrom(
  { source, config }: GovernedSource,
  work: readonly Work[],
  { appender, logger, onTagDone, onTagFailed }: CopyingOptions,
  signal: AbortSignal,
): Promise<void> {
  const { pageSize, limits, outageMs } = config.piWebApi
  const outage = new OutageWatch(source, outageMs, logger)
  const options = { source, appender, outage, pageSize, lanes: limits.concurrency, onTagDone, onTagFailed }
  for (const order of REPLAY_ORDERS) {
    const tasks = work.filter((item) => item.historian === config.name && item.order === order)
    await replay(tasks, { ...options, order }, signal)
  }
}
