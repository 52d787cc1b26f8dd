/**
 * SampleHistory: what the records of one sample come to. Pure.
 *
 * A stretch of a log may stand in it twice: copied by hand, or by a tool that was restarted. A record that says what an
 * earlier one of its revision says is such a copy. Who keeps the highest revision is not misled by it; who adds and
 * subtracts, as the fold does, has counted it again. So the records are added up here by the same rules, and where that
 * is not what they say, the repetition tells what stands between the two. What a revision has settled since (`copies`)
 * is no repetition any more.
 *
 * A record that repeats a revision and says something else is no copy but a second writer: no history.
 */
import type { Sample, SampleContent } from '../domain/sample.ts'
import type { SampleRecord } from '../log/record.ts'
import { contentKey } from './classify/sample-key.ts'

export interface SampleHistory {
  /** The highest. */
  readonly rev: number
  readonly isDeleted: boolean
  /** As it was last put. */
  readonly content: Sample
  /** Undefined: the records add up to what they say. */
  readonly repetition: Repetition | undefined
}

/** How the sum of the records differs from what they say. */
export interface Repetition {
  /** Times the sample was written for the first time, less what was superseded; at least 1. */
  readonly copies: number
  /** Whether the sum has the sample as deleted: a delete that was written again undoes what came after the first one. */
  readonly isCountedDeleted: boolean
  /** What a revision that was written again has added or subtracted once too often; never the content itself. */
  readonly strays: readonly Stray[]
}

export interface Stray {
  readonly content: SampleContent
  /** In the sum: positive where it is counted too often, negative where too seldom. Never 0. */
  readonly count: number
}

/**
 * Of one (tag, ticks, ord), in the order of their offsets. Undefined when they are no history: one is missing, two of a
 * revision differ, or more copies were superseded than there are.
 */
export function historyOf(records: readonly SampleRecord[]): SampleHistory | undefined {
  const revisions: SampleRecord[] = []
  for (const record of records) {
    const first = revisions[record.rev]
    if (first === undefined ? record.rev !== revisions.length : !isCopy(record, first)) return undefined
    if (first === undefined) revisions.push(record)
  }
  const last = revisions.at(-1)
  const content = revisions.findLast(({ op }) => op === 'put')?.sample
  if (last === undefined || content === undefined) return undefined
  const said = { rev: last.rev, isDeleted: last.op === 'delete', content }
  if (records.length === revisions.length) return { ...said, repetition: undefined }
  const sum = sumOf(records, content)
  if (sum.copies < 1) return undefined
  const isSettled = sum.copies === 1 && sum.isCountedDeleted === said.isDeleted && sum.strays.length === 0
  return { ...said, repetition: isSettled ? undefined : sum }
}

/** The records added up as the fold does. */
function sumOf(records: readonly SampleRecord[], content: SampleContent): Repetition {
  const counts = new Map<string, Stray>()
  const add = (added: SampleContent, count: number): void => {
    const key = contentKey(added)
    counts.set(key, { content: added, count: (counts.get(key)?.count ?? 0) + count })
  }
  let copies = 0
  let isCountedDeleted = false
  for (const { sample, op, before, copies: superseded = 1 } of records) {
    if (op === 'put') add(sample, 1)
    if (before === undefined) copies += 1
    else {
      add(before, isCountedDeleted ? 1 - superseded : -superseded)
      copies -= superseded - 1
      isCountedDeleted = op === 'delete'
    }
  }
  counts.delete(contentKey(content))
  return { copies, isCountedDeleted, strays: [...counts.values()].filter(({ count }) => count !== 0) }
}

function isCopy(record: SampleRecord, first: SampleRecord): boolean {
  return (
    record.op === first.op &&
    record.copies === first.copies &&
    contentKey(record.sample) === contentKey(first.sample) &&
    (record.before === undefined || first.before === undefined
      ? record.before === first.before
      : contentKey(record.before) === contentKey(first.before))
  )
}
