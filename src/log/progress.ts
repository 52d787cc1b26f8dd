/**
 * What an append makes of the tags' progress: the one rule that keeps duplicates out, shared by every adapter.
 *
 * A cover entry may only cover what is not covered yet, and may only carry samples inside what it covers, in order. An
 * amend entry may only correct what is covered, and only on top of the amendment it was computed from. Where the live
 * tail begins is said once. All of a batch is judged, in its order, before any of it is written.
 */
import { addWindow, NOTHING_COVERED, overlaps, type Coverage } from '../domain/coverage.ts'
import { BanyanError } from '../domain/errors.ts'
import type { Sample } from '../domain/sample.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import { formatWindow } from '../domain/window.ts'
import type { AmendEntry, AppendEntry, Correction, CoverEntry, TagProgress } from './log.ts'

const NO_PROGRESS: TagProgress = { covered: NOTHING_COVERED, samples: 0, amendments: 0, liveFrom: undefined }

/**
 * The new progress of the tags the batch touches; the others stay as they are. Throws BANYAN_INTERNAL for an entry that
 * would make a duplicate or lie about what it covers or corrects, and BANYAN_LOG_STALE for an amend entry whose tag
 * has another amendment by now, in the log or by this batch.
 */
export function progressAfter(
  tags: ReadonlyMap<TagId, TagProgress>,
  batch: readonly AppendEntry[],
): Map<TagId, TagProgress> {
  const changed = new Map<TagId, TagProgress>()
  for (const entry of batch) {
    const before = changed.get(entry.tag) ?? tags.get(entry.tag) ?? NO_PROGRESS
    changed.set(entry.tag, changedBy(entry, before))
  }
  return changed
}

function changedBy(entry: AppendEntry, before: TagProgress): TagProgress {
  switch (entry.kind) {
    case 'amend':
      return amended(before, entry)
    case 'place':
      return { ...before, liveFrom: before.liveFrom ?? entry.liveFrom }
    default:
      return extended(before, entry)
  }
}

function extended(before: TagProgress, entry: CoverEntry): TagProgress {
  const { covers, samples } = entry
  if (covers.from >= covers.until) throw refusedCover(entry, 'covers nothing')
  if (overlaps(before.covered, covers)) throw refusedCover(entry, 'is covered already, in the log or by this batch')
  if (!areInOrderWithin(samples, entry)) throw refusedCover(entry, 'carries samples out of order or outside itself')
  return {
    ...before,
    covered: addWindow(before.covered, covers),
    samples: before.samples + samples.length,
  }
}

function amended(before: TagProgress, entry: AmendEntry): TagProgress {
  const { after, corrections, restored = 0 } = entry
  if (after !== before.amendments) throw stale(entry, before.amendments)
  if (corrections.length === 0) throw refusedAmend(entry, 'it corrects nothing')
  const places = new Set<string>()
  for (const correction of corrections) {
    const { sample, rev } = correction
    if (!isWithin(before.covered, sample.ticks)) throw refusedAmend(entry, 'it corrects what is not covered')
    if (!isWhole(correction)) throw refusedAmend(entry, 'it holds a revision that does not say what it supersedes')
    places.add(`${sample.ticks.toString()} ${sample.ord} ${rev}`)
  }
  if (places.size !== corrections.length) throw refusedAmend(entry, 'it holds the same revision twice')
  const late = corrections.filter(({ rev }) => rev === 0).length
  if (restored < 0 || restored > late) throw refusedAmend(entry, 'it restores more samples than it brings')
  return { ...before, samples: before.samples + late - restored, amendments: before.amendments + 1 }
}

function areInOrderWithin(samples: readonly Sample[], { covers }: CoverEntry): boolean {
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

function isWithin(covered: Coverage, at: Ticks): boolean {
  return covered.some(({ from, until }) => from <= at && at < until)
}

/** A late sample supersedes nothing; every other correction says what it supersedes. */
function isWhole({ rev, op, before, copies }: Correction): boolean {
  if (rev === 0) return op === 'put' && before === undefined && copies === undefined
  return before !== undefined && (copies === undefined || (Number.isSafeInteger(copies) && copies > 1))
}

function stale({ tag, after }: AmendEntry, amendments: number): BanyanError {
  return new BanyanError(
    'BANYAN_LOG_STALE',
    `refused to amend ${tag}: computed after amendment ${after}, but the log holds ${amendments}`,
    {
      hint: 'Nothing was written. Read the samples of the tag again and correct what they still differ in.',
      context: { tag, after, amendments },
    },
  )
}

function refusedAmend({ tag, after }: AmendEntry, problem: string): BanyanError {
  return new BanyanError('BANYAN_INTERNAL', `refused to amend ${tag}: ${problem}`, {
    hint: 'Nothing was written. This is a defect of Banyan: report it with the log file of this run.',
    context: { tag, after },
  })
}

function refusedCover({ tag, covers }: CoverEntry, problem: string): BanyanError {
  return new BanyanError('BANYAN_INTERNAL', `refused to append to ${tag}: the window ${rangeOf(covers)} ${problem}`, {
    hint: 'Nothing was written. This is a defect of Banyan: report it with the log file of this run.',
    context: { tag, from: covers.from.toString(), until: covers.until.toString() },
  })
}

/** The window as text, also when it is too strange to print. */
function rangeOf(covers: CoverEntry['covers']): string {
  try {
    return formatWindow(covers)
  } catch {
    return `[${covers.from.toString()}, ${covers.until.toString()})`
  }
}
