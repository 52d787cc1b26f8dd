/**
 * Current truth: the independent reader of a log with revisions. Folds the raw records to what holds now (per tag, time
 * and `ord` the highest `rev`), and checks on the way every rule contracts.md §2 has for them. Shares no code with what
 * it is there to check; see expected.ts.
 */
import { contentText, key, type ContentJson, type RecordJson } from './expected.ts'

/** What a record did. `undeleted`: a `put` over a `delete`. */
export type RecordKind = 'first' | 'late' | 'edited' | 'deleted' | 'undeleted'

export interface LogRecord {
  readonly tag: string
  readonly ts: string
  readonly kind: RecordKind
  /** Content as text; undefined after a delete. */
  readonly after: string | undefined
  /** What it supersedes, as its `before` says; undefined for first records. */
  readonly before: string | undefined
}

export interface CurrentTruth {
  /** Of every sample that holds, without `ord`: compare as a multiset with keyOfTruth's. */
  readonly keys: readonly string[]
  /** Broken rules, in the order in which they were met. Must be empty. */
  readonly violations: readonly string[]
  /** `late`: first records that lie behind a newer sample of their tag, among them what was caught up newest first. */
  readonly counts: Readonly<Record<RecordKind, number>>
  /** Every record, in the order given. */
  readonly records: readonly LogRecord[]
}

/** What is known of one (tag, time, ord). */
interface Place {
  rev: number
  isDeleted: boolean
  /** Content that holds, or held last before a delete. */
  content: string
}

interface Tick {
  readonly tag: string
  readonly ts: string
  /** By ord, without gaps. */
  readonly places: Map<number, Place>
}

const WITHOUT_ORD = { ord: false }
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/
const MAX_SHOWN = 300

/**
 * `texts`: JSON of sample records; those of one tag in the order in which the log holds them. `sources`: who the samples
 * may have been read from.
 */
export function readCurrentTruth(texts: Iterable<string>, sources: readonly string[] = ['pi-web-api']): CurrentTruth {
  const reader = new Reader(sources)
  for (const text of texts) reader.take(text)
  return reader.result()
}

class Reader {
  readonly #sources: readonly string[]
  readonly #ticks = new Map<string, Tick>()
  readonly #newest = new Map<string, string>()
  readonly #violations: string[] = []
  readonly #records: LogRecord[] = []
  readonly #counts: Record<RecordKind, number> = { first: 0, late: 0, edited: 0, deleted: 0, undeleted: 0 }

  constructor(sources: readonly string[]) {
    this.#sources = sources
  }

  take(text: string): void {
    const record = JSON.parse(text) as RecordJson
    const broken = [...brokenForm(record)]
    if (!this.#sources.includes(record.src)) broken.push('not a record of this contract')
    const tick = this.#tickOf(record)
    const place = tick.places.get(record.ord)
    const kind = place === undefined ? this.#first(record, tick, broken) : revise(record, place, broken)
    for (const rule of broken) this.#violations.push(`${rule}: ${text.slice(0, MAX_SHOWN)}`)
    if (kind === undefined) return
    this.#counts[kind] += 1
    const after = kind === 'deleted' ? undefined : contentText(record)
    this.#records.push({ tag: record.tag, ts: record.ts, kind, after, before: beforeOf(record) })
  }

  result(): CurrentTruth {
    const keys: string[] = []
    for (const { tag, ts, places } of this.#ticks.values()) {
      for (const { isDeleted, content } of places.values())
        if (!isDeleted) keys.push(key(tag, ts, 0, content, WITHOUT_ORD))
    }
    return { keys, violations: this.#violations, counts: this.#counts, records: this.#records }
  }

  #tickOf({ tag, ts }: RecordJson): Tick {
    const name = `${tag}|${ts}`
    let tick = this.#ticks.get(name)
    if (tick === undefined) {
      tick = { tag, ts, places: new Map() }
      this.#ticks.set(name, tick)
    }
    return tick
  }

  #first(record: RecordJson, { places }: Tick, broken: string[]): RecordKind {
    const { tag, ts, ord, rev } = record
    if (rev !== 0) broken.push('a revision of what is not there')
    // Only the next place is free: a gap would be a lost sample.
    if (ord !== places.size) broken.push('not the next free ord')
    places.set(ord, { rev, isDeleted: record.op === 'delete', content: contentText(record) })
    const newest = this.#newest.get(tag) ?? ''
    if (ts >= newest) this.#newest.set(tag, ts)
    return ts < newest ? 'late' : 'first'
  }
}

function* brokenForm({ v, ts, ord, rev, op, value, before, type }: RecordJson): Generator<string> {
  if (v !== 1) yield 'not a record of this contract'
  if (!TIME.test(ts)) yield 'the time has not seven fraction digits'
  if (!Number.isSafeInteger(ord) || ord < 0) yield 'ord is no place'
  if (op !== 'put' && op !== 'delete') yield 'neither put nor delete'
  if (rev === 0 && op === 'delete') yield 'a first record that deletes'
  if (rev === 0 && before !== undefined) yield 'a first record that supersedes something'
  if (rev > 0 && before === undefined) yield 'a revision that does not say what it supersedes'
  if (op === 'delete' && value !== null) yield 'a delete with a value'
  if (op === 'delete' && before !== undefined && type !== before.type) yield 'a delete of another type'
}

/** What a record of a place already known does to it; undefined when it is no revision at all. */
function revise(record: RecordJson, place: Place, broken: string[]): RecordKind | undefined {
  const { rev, op } = record
  if (rev === place.rev) {
    broken.push('a record twice')
    return undefined
  }
  if (rev !== place.rev + 1) broken.push(`rev ${String(rev)} after ${String(place.rev)}`)
  const before = beforeOf(record)
  if (before !== undefined && before !== place.content) broken.push(`before is not what was there, ${place.content}`)
  const wasDeleted = place.isDeleted
  place.rev = rev
  place.isDeleted = op === 'delete'
  if (op === 'delete') {
    if (wasDeleted) broken.push('a delete of what is deleted')
    return 'deleted'
  }
  const content = contentText(record)
  if (!wasDeleted && content === place.content) broken.push('a revision that changes nothing')
  place.content = content
  return wasDeleted ? 'undeleted' : 'edited'
}

function beforeOf({ before }: { readonly before?: ContentJson }): string | undefined {
  return before === undefined ? undefined : contentText(before)
}
