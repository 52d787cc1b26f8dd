/**
 * What an append makes of the tags' progress: the one rule that keeps duplicates out, shared by every adapter.
 *
 * An entry may only cover what is not covered yet, and may only carry samples inside what it covers, in order. All of
 * a batch is judged before any of it is written.
 */
import { addWindow, NOTHING_COVERED, overlaps } from '../domain/coverage.ts'
import { BanyanError } from '../domain/errors.ts'
import type { Sample } from '../domain/sample.ts'
import type { TagId } from '../domain/tag-id.ts'
import { formatWindow } from '../domain/window.ts'
import type { AppendEntry, TagProgress } from './log.ts'

const NO_PROGRESS: TagProgress = { covered: NOTHING_COVERED, samples: 0 }

/**
 * The new progress of the tags the batch touches; the others stay as they are. Throws BANYAN_INTERNAL, naming the tag
 * and the window, for an entry that would make a duplicate or lie about what it covers.
 */
export function progressAfter(
  tags: ReadonlyMap<TagId, TagProgress>,
  batch: readonly AppendEntry[],
): Map<TagId, TagProgress> {
  const changed = new Map<TagId, TagProgress>()
  for (const entry of batch) {
    const { tag, covers, samples } = entry
    const { covered, samples: known } = changed.get(tag) ?? tags.get(tag) ?? NO_PROGRESS
    if (covers.from >= covers.until) throw refusal(entry, 'covers nothing')
    if (overlaps(covered, covers)) throw refusal(entry, 'is covered already, in the log or by this batch')
    if (!areInOrderWithin(samples, entry)) throw refusal(entry, 'carries samples out of order or outside itself')
    changed.set(tag, { covered: addWindow(covered, covers), samples: known + samples.length })
  }
  return changed
}

function areInOrderWithin(samples: readonly Sample[], { covers }: AppendEntry): boolean {
  let last: Sample | undefined
  for (const sample of samples) {
    const ascends =
      last === undefined || sample.ticks > last.ticks || (sample.ticks === last.ticks && sample.ord > last.ord)
    if (!ascends) return false
    last = sample
  }
  const first = samples[0]
  return first === undefined || last === undefined || (first.ticks >= covers.from && last.ticks < covers.until)
}

function refusal({ tag, covers }: AppendEntry, problem: string): BanyanError {
  return new BanyanError('BANYAN_INTERNAL', `refused to append to ${tag}: the window ${rangeOf(covers)} ${problem}`, {
    hint: 'Nothing was written. This is a defect of Banyan: report it with the log file of this run.',
    context: { tag, from: covers.from.toString(), until: covers.until.toString() },
  })
}

/** The window as text, also when it is too strange to print. */
function rangeOf(covers: AppendEntry['covers']): string {
  try {
    return formatWindow(covers)
  } catch {
    return `[${covers.from.toString()}, ${covers.until.toString()})`
  }
}
