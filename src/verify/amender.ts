/** Amender: how corrections reach the log. One appender writes for the whole process; verify sees this much of it. */
import type { TagId } from '../domain/tag-id.ts'
import type { AmendEntry, TagProgress } from '../log/log.ts'

export interface Amender {
  /** What is durable for a tag; undefined when the log has never seen it. */
  progressOf(tag: TagId): TagProgress | undefined

  /**
   * Resolves when the entry is durable. Rejects with BANYAN_LOG_STALE when the tag was amended since, and with
   * BANYAN_LOG_REJECTED when the log does not take this entry: neither concerns anything but this entry.
   */
  amend(entry: AmendEntry, signal: AbortSignal): Promise<void>
}
