/** Copying: the planned work of a backfill, read from every historian at once, each in the orders its tags ask for. */
import { OutageWatch } from '../replay/outage.ts'
import type { Appender } from '../replay/appender.ts'
import { replay, type TagFailure } from '../replay/replay.ts'
import { REPLAY_ORDERS } from '../replay/slices.ts'
import { abortable, together } from '../util/abort.ts'
import type { GovernedSource } from './historian-connections.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Work } from './work.ts'

export interface CopyingOptions {
  readonly sources: readonly GovernedSource[]
  readonly appender: Appender
  readonly logger: Logger
  readonly onTagDone: () => void
  readonly onTagFailed: (failure: TagFailure) => void
}

/** How long a copy that was stopped waits for its last appends; a log that is away is not waited for longer. */
const LAST_APPENDS_MS = 5_000

/**
 * Resolves when every tag is durable or set aside. Rejects with what ended one historian's copying, after all ended and
 * what they had read is appended or refused: whoever counts appended samples has counted these, unless the log is away.
 */
export async function copy(work: readonly Work[], options: CopyingOptions, signal: AbortSignal): Promise<void> {
  try {
    await together(
      options.sources.map((source) => (shared) => copyFrom(source, work, options, shared)),
      signal,
    )
  } finally {
    const appends = Promise.all(work.flatMap(({ tag }) => options.appender.undecided(tag.id) ?? []))
    await abortable(appends, AbortSignal.timeout(LAST_APPENDS_MS)).catch(() => undefined)
  }
}

async function copyFrom(
  { source, config }: GovernedSource,
  work: readonly Work[],
  { appender, logger, onTagDone, onTagFailed }: CopyingOptions,
  signal: AbortSignal,
): Promise<void> {
  const { pageSize, limits, outageMs } = config.primary
  const outage = new OutageWatch(source, outageMs, logger)
  const options = { source, appender, outage, pageSize, lanes: limits.concurrency, onTagDone, onTagFailed }
  for (const order of REPLAY_ORDERS) {
    const tasks = work.filter((item) => item.historian === config.name && item.order === order)
    await replay(tasks, { ...options, order }, signal)
  }
}
