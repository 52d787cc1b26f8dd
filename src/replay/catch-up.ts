/**
 * Catching up: what the rounds of a tail have left below the newest stretch, read by the replay that also backfills.
 * The gaps lie below the end of a tag's coverage, where no round reads.
 */
import { BanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { HistorianSource } from '../source/source.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Appender } from './appender.ts'
import type { LiveTag } from './live-tag.ts'
import { AliveCheck } from './outage.ts'
import { replay, type TagFailure } from './replay.ts'

export interface CatchUpParts {
  readonly source: HistorianSource
  readonly appender: Appender
  readonly logger: Logger
  readonly pageSize: number
  readonly lanes: number
  /** Milliseconds of a clock that is never set. */
  readonly nowMs: () => number
  readonly onAppended: (samples: number) => void
}

/** Newest first, of the tags that have gaps now and are not left alone; answers how many tags that were. */
export async function catchUpGaps(tags: readonly LiveTag[], parts: CatchUpParts, signal: AbortSignal): Promise<number> {
  const { source, appender, logger, pageSize, lanes, nowMs, onAppended } = parts
  const behind = new Map<TagId, LiveTag>()
  const tasks = tags.flatMap((live) => {
    const gaps = live.catchUp.isDue(nowMs()) ? live.gaps(appender.progressOf(live.tag.id)) : []
    const [first, last] = [gaps[0], gaps.at(-1)]
    if (first === undefined || last === undefined) return []
    behind.set(live.tag.id, live)
    return [{ tag: live.tag, range: { from: first.from, until: last.until } }]
  })
  if (tasks.length === 0) return 0
  /** Of tags that did not fail before: one line tells of all. */
  const newFailures: TagFailure[] = []
  const onTagDone = ({ id }: Tag): void => behind.get(id)?.catchUp.succeeded()
  const onTagFailed = (failure: TagFailure): void => {
    const { tag, code, message, hint } = failure
    const backOff = behind.get(tag)?.catchUp
    if (backOff?.fault === undefined) newFailures.push(failure)
    backOff?.failed(new BanyanError(code, message, hint === undefined ? {} : { hint }), nowMs())
  }
  const options = { source, appender, outage: new AliveCheck(source), order: 'newest-first', pageSize, lanes } as const
  try {
    await replay(tasks, { ...options, onAppended, onTagDone, onTagFailed }, signal)
  } finally {
    const [first] = newFailures
    if (first !== undefined) {
      const { tag, code, message: error } = first
      logger.warn({ tags: newFailures.length, tag, code, error }, 'tags cannot be caught up; trying each again later')
    }
  }
  return tasks.length
}
