/**
 * PendingEntry: an entry on its way into the log, and what is known about its fate.
 *
 * After an append that failed only the log can tell: a new writer's progress includes the entry, or it does not.
 */
import { covers, overlaps } from '../domain/coverage.ts'
import { BanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import { formatWindow } from '../domain/window.ts'
import type { AmendEntry, AppendEntry, CoverEntry, TagProgress } from '../log/log.ts'

type Progress = ReadonlyMap<TagId, TagProgress>

export interface Ticket {
  /**
   * Resolves when the entry is durable. Rejects with BANYAN_LOG_REJECTED or BANYAN_LOG_STALE when the log refused this
   * entry, which concerns no other, and with what ended the appender when it gave up.
   */
  readonly durable: Promise<void>
}

export class PendingEntry implements Ticket {
  readonly entry: AppendEntry
  /** Handed to a writer: unless the writer refused it, the entry may be durable. */
  isInDoubt = false
  readonly durable: Promise<void>
  resolve!: () => void
  reject!: (error: Error) => void

  /** Records to write, for queues and batches; an entry without any still costs a checkpoint. */
  get weight(): number {
    return recordsCount(this.entry) + 1
  }

  constructor(entry: AppendEntry) {
    this.entry = entry
    this.durable = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    // Whoever waits for it sees the rejection; whoever stopped waiting must not crash the process.
    this.durable.catch(() => undefined)
  }
}

/**
 * The entries still to be appended: those never tried, and those whose append failed and is not part of the durable
 * progress. With transactions that is all of a batch or nothing; without, an append that broke off amid its checkpoints
 * leaves some of them durable.
 */
export function notDurable(batch: readonly PendingEntry[], tags: Progress): PendingEntry[] {
  /** Amendments per tag, with those of the batch that come first. */
  const amendments = new Map<TagId, number>()
  return batch.filter(({ entry, isInDoubt }) => {
    // A place may be said again.
    if (entry.kind === 'place') return tags.get(entry.tag)?.liveFrom === undefined
    if (entry.kind !== 'amend') return !isInDoubt || !isCovered(entry, tags)
    const known = amendments.get(entry.tag) ?? tags.get(entry.tag)?.amendments ?? 0
    if (isInDoubt && isAmended(entry, known)) return false
    amendments.set(entry.tag, known + 1)
    return true
  })
}

function recordsCount(entry: AppendEntry): number {
  if (entry.kind === 'place') return 0
  return entry.kind === 'amend' ? entry.corrections.length : entry.samples.length
}

function isCovered({ tag, covers: window }: CoverEntry, tags: Progress): boolean {
  const covered = tags.get(tag)?.covered ?? []
  if (covers(covered, window)) return true
  if (!overlaps(covered, window)) return false
  throw new BanyanError('BANYAN_LOG_CORRUPT', `half of a window is in the log: ${formatWindow(window)}`, {
    context: { tag },
    hint: 'another program writes the checkpoint topic; stop it, then run the backfill again',
  })
}

/** `after` held when the entry was handed to the log, so nothing but the entry itself can have raised the count. */
function isAmended({ tag, after }: AmendEntry, amendments: number): boolean {
  if (amendments >= after) return amendments > after
  throw new BanyanError('BANYAN_LOG_CORRUPT', `the log has lost an amendment of ${tag}`, {
    context: { tag, after, amendments },
    hint: 'an older copy of the log is in its place, or another program writes the checkpoint topic; find it before going on',
  })
}
