/**
 * Align: what must be appended so that the current truth of the log is what the historian holds. Pure.
 *
 * Ticks are settled one by one, and order inside a tick means nothing. Equal contents cancel as multisets. What is left
 * is paired in order, the log's by ord, the historian's as archived: each pair is an edit, which keeps its ord. The
 * log's surplus was deleted. The historian's surplus is late: it takes back the ords of deleted samples, lowest first,
 * and then new ones. A revision says what it supersedes; for a sample that comes back, what it was before the delete.
 *
 * Applied to the log, the corrections leave nothing to correct; equal multisets need none.
 */
import { canonicalBytes } from '../domain/digest.ts'
import type { Sample, SampleContent } from '../domain/sample.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Correction } from '../log/log.ts'
import { groupBy } from '../util/group-by.ts'

/** What the log says about one (ticks, ord): its highest revision. */
export interface LoggedSample {
  readonly ord: number
  readonly rev: number
  readonly isDeleted: boolean
  /** Of a deleted sample: what was last known. */
  readonly content: SampleContent
}

export type ChangeKind =
  /** The historian had a sample the log had not. */
  | 'late'
  /** Contents differed. */
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
  const settled = onlyLogged.map((old, i): Change => {
    const now = onlyHeld[i]
    return now === undefined
      ? { kind: 'deleted', correction: deletion(at, old) }
      : { kind: 'edited', correction: revision(at, old, now) }
  })
  const late = onlyHeld.slice(onlyLogged.length).map((now, i): Change => {
    const place = deleted[i]
    const correction =
      place === undefined ? addition(at, logged.length + i - deleted.length, now) : revision(at, place, now)
    return { kind: 'late', correction }
  })
  return [...settled, ...late]
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

function revision(at: Ticks, { ord, rev, content }: LoggedSample, now: SampleContent): Correction {
  return { sample: { ...now, ticks: at, ord }, rev: rev + 1, op: 'put', before: contentOf(content) }
}

function deletion(at: Ticks, { ord, rev, content }: LoggedSample): Correction {
  return { sample: { ...NOTHING, ticks: at, ord }, rev: rev + 1, op: 'delete', before: contentOf(content) }
}

function addition(at: Ticks, ord: number, content: SampleContent): Correction {
  return { sample: { ...content, ticks: at, ord }, rev: 0, op: 'put' }
}

/** The content alone: whoever keeps whole samples passes them as contents. */
function contentOf({ type, value, status, flags }: SampleContent): SampleContent {
  return { type, value, status, flags } as SampleContent
}
