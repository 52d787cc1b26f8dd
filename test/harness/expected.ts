/**
 * Expected: what the log must hold for what the historian holds, by the contract (contracts.md §2) alone. Shares no
 * code with the reader, the codec or the quality mapping it is there to check: records are read with `JSON.parse`.
 */
import type { TruthRow } from '../../src/simulator/truth.ts'

const TYPE_OF_POINT: Readonly<Record<TruthRow['pointType'], string>> = {
  Float16: 'float16',
  Float32: 'float32',
  Float64: 'float64',
  Int16: 'int16',
  Int32: 'int32',
  Digital: 'digital',
  String: 'string',
  Blob: 'bytes',
  Timestamp: 'timestamp',
}

/** PI system state number -> OPC UA StatusCode; every other state is plain Bad. */
const STATUS_OF_STATE: Readonly<Record<number, number>> = {
  210: 0x801f0000,
  211: 0x809b0000,
  212: 0x809b0000,
  213: 0x808d0000,
  215: 0x808b0000,
  216: 0x809b0000,
  233: 0x808b0000,
  238: 0x808d0000,
  239: 0x80320000,
  240: 0x80890000,
  241: 0x808c0000,
  245: 0x808d0000,
  246: 0x80310000,
  248: 0x809b0000,
  250: 0x803c0000,
  251: 0x803c0500,
  252: 0x803c0600,
  253: 0x80320000,
  254: 0x809d0000,
}

export interface ContentJson {
  readonly type: string
  readonly value: unknown
  readonly status: number
  readonly flags?: readonly string[]
}

/** A sample record of the contract, as `JSON.parse` gives it. */
export interface RecordJson extends ContentJson {
  readonly v: number
  readonly tag: string
  readonly ts: string
  readonly ord: number
  readonly rev: number
  readonly op: string
  readonly src: string
  readonly before?: ContentJson
}

/** `ord` is left out where the historian itself shuffles ties. */
export interface KeyOptions {
  readonly ord: boolean
  /** Who a record must say it was read from. Default: PI Web API; `any`: one of the two. */
  readonly src?: string
}

const WITH_ORD: KeyOptions = { ord: true }

export function keyOfTruth(historian: string, row: TruthRow, options = WITH_ORD): string {
  return key(`${historian}/${String(row.pointId)}`, row.ts, row.ord, contentOfTruth(row), options)
}

/** What a row says, whatever its place: equal texts for equal contents (`contentText`). */
export function contentOfTruth(row: TruthRow): string {
  const type = row.isSystemState ? 'state' : TYPE_OF_POINT[row.pointType]
  const flags = [
    row.questionable ? 'questionable' : '',
    row.substituted ? 'substituted' : '',
    row.annotated ? 'annotated' : '',
  ]
  return contentText({ type, value: row.value, status: statusOf(row), flags: flags.filter((flag) => flag !== '') })
}

/** Of one record's JSON text, first written (`rev` 0, `put`); throws for any other. */
export function keyOfRecord(text: string, options = WITH_ORD): string {
  const json = JSON.parse(text) as RecordJson
  if (json.v !== 1 || json.rev !== 0 || json.op !== 'put' || !isFrom(json.src, options.src)) {
    throw new Error(`not a first record: ${text.slice(0, 300)}`)
  }
  return key(json.tag, json.ts, json.ord, contentText(json), options)
}

function isFrom(src: string, expected = 'pi-web-api'): boolean {
  return expected === 'any' ? src === 'pi-web-api' || src === 'opcua' : src === expected
}

/** Of a sample whose content is known as text. */
export function key(tag: string, ts: string, ord: number, content: string, options = WITH_ORD): string {
  return [tag, ts, options.ord ? ord : '', content].join('|')
}

/** Type, value, status and flags as one text; floats by their bits. */
export function contentText({ type, value, status, flags = [] }: ContentJson): string {
  return [type, valueText(type, value), status, flags.join('+')].join('|')
}

function statusOf(row: TruthRow): number {
  if (!row.good) {
    const state = row.isSystemState && typeof row.value === 'object' ? row.value.code : undefined
    return state === undefined ? 0x80000000 : (STATUS_OF_STATE[state] ?? 0x80000000)
  }
  if (row.questionable) return row.substituted ? 0x40910000 : 0x40000000
  return row.substituted ? 0x00960000 : 0
}

function valueText(type: string, value: unknown): string {
  if (typeof value === 'number') {
    const exact = type === 'float16' || type === 'float32' ? Math.fround(value) : value
    return Object.is(exact, -0) ? '-0' : String(exact)
  }
  if (typeof value === 'object' && value !== null) {
    const { code, name } = value as { code: number; name: string }
    return `${String(code)}:${name}`
  }
  return String(value)
}

export interface Comparison {
  readonly expected: number
  readonly found: number
  /** In the historian, not in the log; a sample expected twice and found once counts once. */
  readonly missing: number
  /** In the log, not in the historian, or more often than there. */
  readonly extra: number
  /** A few of each, for the failure message. */
  readonly examples: readonly string[]
}

const EXAMPLES = 5

/** Compares as multisets. */
export function compareKeys(expected: Iterable<string>, found: Iterable<string>): Comparison {
  const counts = new Map<string, number>()
  let expectedCount = 0
  let foundCount = 0
  for (const key of expected) {
    counts.set(key, (counts.get(key) ?? 0) + 1)
    expectedCount += 1
  }
  for (const key of found) {
    counts.set(key, (counts.get(key) ?? 0) - 1)
    foundCount += 1
  }
  let missing = 0
  let extra = 0
  const examples: string[] = []
  for (const [key, difference] of counts) {
    if (difference === 0) continue
    if (difference > 0) missing += difference
    else extra -= difference
    if (examples.length < EXAMPLES) examples.push(`${difference > 0 ? 'missing' : 'extra'}: ${key.slice(0, 200)}`)
  }
  return { expected: expectedCount, found: foundCount, missing, extra, examples }
}
