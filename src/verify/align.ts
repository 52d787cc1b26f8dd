/**
 * Align: what must be appended so that the current truth of the log is what the historian holds. Pure.
 *
 * Ticks are settled one by one, and order inside a tick means nothing. Equal contents cancel as multisets. What is left
 * is paired in order, the log's by ord, the historian's as archived: each pair is an edit, which keeps its ord. The
 * log's surplus was deleted. The historian's surplus is late: it takes back the ords of deleted samples, lowest first,
 * and then new ones. A revision says what it supersedes; for a sample that comes back, what it was before the delete.
 *
 * A sample whose records were written again is corrected even where the contents are equal, so that it counts once
 * again for who adds up: its last correction supersedes all copies, and before it come those that take the strays out.
 *
 * Applied to the log, the corrections leave nothing to correct; equal multisets, each written once, need none.
 */
import { canonicalBytes } from '../domain/digest.ts'
import type { Sample, SampleContent } from '../domain/sample.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Correction } from '../log/log.ts'
import { groupBy } from '../util/group-by.ts'
import type { Repetition, SampleHistory } from './sample-history.ts'

/** What the log says about one (ticks, ord). */
export interface LoggedSample extends SampleHistory {
  readonly ord: number
}

export type ChangeKind =
  /** The historian had a sample the log had not. */
  | 'late'
  /** Contents differed, or the log had the sample more than once. */
  | 'edited'
  /** The log had a sample the historian had not. */
  | 'deleted'

export interface Change {
  readonly kind: ChangeKind
  readonly correction: Correction
}

export type ChangeCounts = Readonly<Record<ChangeKind, number>>

export const NO_CHANGES: ChangeCounts = { late: 0, edited: 0, deleted: 0 }

/**
 * The changes, ascending by ticks; none: both hold the same. `logged`: every ord ever used of each tick, at its index.
 * `held`: what the historian holds, ascending by ticks, within a tick in archive order. Both of the same windows, whole.
 */
export function align(logged: ReadonlyMap<Ticks, readonly LoggedSample[]>, held: readonly Sample[]): Change[] {
  const heldByTick = groupBy(held, ({ ticks }) => ticks)
  const ticksOfBoth = [...new Set([...logged.keys(), ...heldByTick.keys()])].sort((a, b) => (a < b ? -1 : 1))
  return ticksOfBoth.flatMap((at) => alignTick(at, logged.get(at) ?? [], heldByTick.get(at) ?? []))
}

export function countChanges(changes: readonly Change[]): ChangeCounts {
  const counts = { ...NO_CHANGES }
  for (const { kind } of changes) counts[kind] += 1
  return counts
}

export function addChanges(a: ChangeCounts, b: ChangeCounts): ChangeCounts {
  return { late: a.late + b.late, edited: a.edited + b.edited, deleted: a.deleted + b.deleted }
}

function alignTick(at: Ticks, logged: readonly LoggedSample[], held: readonly SampleContent[]): Change[] {
  const live = logged.filter(({ isDeleted }) => !isDeleted)
  const keysOfLive = live.map(({ content }) => keyOf(content, at))
  const keysOfHeld = held.map((content) => keyOf(content, at))
  const onlyLogged = without(live, keysOfLive, keysOfHeld)
  const onlyHeld = without(held, keysOfHeld, keysOfLive)
  const deleted = logged.filter(({ isDeleted }) => isDeleted)
  const settled = onlyLogged.flatMap((old, i) => {
    const now = onlyHeld[i]
    return now === undefined ? changesTo('deleted', at, old, undefined) : changesTo('edited', at, old, now)
  })
  const late = onlyHeld.slice(onlyLogged.length)
  const back = deleted.slice(0, late.length).flatMap((old, i) => changesTo('late', at, old, late[i]))
  const added = late.slice(deleted.length).map((now, i) => addition(at, logged.length + i, now))
  const changed = new Set([...onlyLogged, ...deleted.slice(0, late.length)])
  const recounted = logged.filter((one) => !changed.has(one)).flatMap((one) => recount(at, one))
  return [...settled, ...back, ...added, ...recounted]
}

/** What a sample that stays as it is takes to count once. */
function recount(at: Ticks, one: LoggedSample): Change[] {
  if (one.repetition === undefined) return []
  return one.isDeleted ? changesTo('deleted', at, one, undefined) : changesTo('edited', at, one, one.content)
}

/** Of the items, those that are left when each of `others` has cancelled the first one with its key. */
function without<T>(items: readonly T[], keys: readonly string[], others: readonly string[]): T[] {
  const open = new Map<string, number>()
  for (const key of others) open.set(key, (open.get(key) ?? 0) + 1)
  return items.filter((_, i) => {
    const key = keys[i] ?? ''
    const count = open.get(key) ?? 0
    open.set(key, count - 1)
    return count <= 0
  })
}

/** Equal for equal samples only. */
function keyOf(content: SampleContent, ticks: Ticks): string {
  return Buffer.from(canonicalBytes({ ...content, ticks })).toString('latin1')
}

const NOTHING: SampleContent = { type: 'null', value: null, status: 0, flags: 0 }

/** What makes a sample the log has known say something else; undefined: nothing. The last one is of that kind. */
function changesTo(kind: ChangeKind, at: Ticks, old: LoggedSample, now: SampleContent | undefined): Change[] {
  const { ord, rev, content, repetition } = old
  const steps = repetition === undefined ? [] : stepsOutOf(repetition, content)
  const copies = repetition?.copies ?? 1
  return [...steps, { put: now, before: content }].map(({ put, before }, i): Change => {
    const isLast = i === steps.length
    const supersedes = { rev: rev + 1 + i, before: contentOf(before), ...(isLast && copies > 1 && { copies }) }
    const correction: Correction =
      put === undefined
        ? { sample: { ...NOTHING, ticks: at, ord }, op: 'delete', ...supersedes }
        : { sample: { ...put, ticks: at, ord }, op: 'put', ...supersedes }
    return { kind: isLast ? kind : 'edited', correction }
  })
}

interface Step {
  /** Undefined: a delete. */
  readonly put: SampleContent | undefined
  readonly before: SampleContent
}

/**
 * Revisions after which the sum has the content alone, as often as there are copies of it. Each moves one between the
 * content and a stray; what is counted as deleted has to be put back first, which supersedes nothing.
 */
function stepsOutOf({ isCountedDeleted, strays }: Repetition, content: SampleContent): Step[] {
  if (strays.length === 0) return []
  const putBack: Step[] = isCountedDeleted ? [{ put: content, before: content }] : []
  const moves = strays.flatMap(({ content: stray, count }) => {
    const move = count > 0 ? { put: content, before: stray } : { put: stray, before: content }
    return new Array<Step>(Math.abs(count)).fill(move)
  })
  return [...putBack, ...moves]
}

function addition(at: Ticks, ord: number, content: SampleContent): Change {
  return { kind: 'late', correction: { sample: { ...content, ticks: at, ord }, rev: 0, op: 'put' } }
}

/** The content alone: whoever keeps whole samples passes them as contents. */
function contentOf({ type, value, status, flags }: SampleContent): SampleContent {
  return { type, value, status, flags } as SampleContent
}
