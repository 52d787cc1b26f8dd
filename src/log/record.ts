/**
 * Sample record: the JSON value of contracts.md §2, and its codec.
 *
 * `decodeRecord(encodeRecord(r))` equals `r` for every record (a NaN stays a NaN, whatever its bits). The text is
 * built by hand because it is written once per sample: fields stand in the order of the contract. Encoding refuses
 * what decoding would refuse; decoding ignores unknown fields and trusts nothing else.
 *
 * A `delete` carries the type of what it deletes and the value null; in memory its sample has the type `null`.
 */
import { BanyanError, messageOf } from '../domain/errors.ts'
import { FLAG, FLAG_NAMES, SAMPLE_TYPES, type Sample, type SampleContent, type SampleType } from '../domain/sample.ts'
import { parseTagId, type TagId } from '../domain/tag-id.ts'
import { formatTicks } from '../domain/ticks.ts'
import { memberSpan, memberText } from './json-span.ts'
import { decodeValue, encodeValue, isSampleType, timeFrom } from './payload.ts'

export interface SampleRecord {
  readonly tag: TagId
  readonly sample: Sample
  /** 0 when first written; each later record for the same (tag, ticks, ord) has the next number. */
  readonly rev: number
  /** `delete`: the sample's type and value are null and `before` is present. */
  readonly op: 'put' | 'delete'
  readonly source: 'pi-web-api' | 'opcua'
  /** On rev > 0: what it supersedes. */
  readonly before?: SampleContent
  /** With `before`: how many copies of it are superseded, where a stretch of the log was written again. Left out: 1. */
  readonly copies?: number
}

const VERSION = 1
/** One copy is what every revision supersedes: it is not said. */
const LEAST_COPIES = 2
/** More often than anything was ever written again; a sum of as many keeps its exactness. */
const MOST_COPIES = 1_000_000
const HIGHEST_STATUS = 0xffff_ffff
const ALL_FLAGS = FLAG.questionable | FLAG.substituted | FLAG.annotated

/** The JSON text of `flags`, by bit set; empty for none. */
const FLAGS_TEXT: readonly string[] = Array.from({ length: ALL_FLAGS + 1 }, (_, flags) => {
  const names = FLAG_NAMES.filter((name) => (flags & FLAG[name]) !== 0)
  return names.length === 0 ? '' : `,"flags":${JSON.stringify(names)}`
})

/** Throws BANYAN_LOG_REJECTED for a record that could not be read back. */
export function encodeRecord(record: SampleRecord): string {
  const { tag, sample } = record
  try {
    return record.before === undefined ? firstText(record) : revisionText(record, record.before)
  } catch (cause) {
    throw new BanyanError('BANYAN_LOG_REJECTED', `a sample of ${tag} cannot be recorded: ${messageOf(cause)}`, {
      hint: 'The historian adapter let a value through that its type does not allow: report it with the tag and time.',
      context: { tag, ticks: sample.ticks.toString(), type: sample.type },
      cause,
    })
  }
}

/** Throws BANYAN_LOG_CORRUPT for anything that is not a sample record of this version. */
export function decodeRecord(text: string): SampleRecord {
  try {
    return recordFrom(text)
  } catch (cause) {
    throw new BanyanError('BANYAN_LOG_CORRUPT', `not a sample record: ${messageOf(cause)}`, {
      hint: 'Something other than Banyan wrote here, or the record is damaged: look at it with `banyan log read --records`.',
      context: { record: text.slice(0, EXCERPT_LENGTH) },
      cause,
    })
  }
}

/** Enough to recognise a record in an error, short enough for a log line. */
const EXCERPT_LENGTH = 200

// Records come in runs of one tag: its part of the text is made once per run.
let headTag: TagId | undefined
let headText = ''

function headOf(tag: TagId): string {
  if (tag !== headTag) {
    headText = `{"v":1,"tag":${JSON.stringify(parseTagId(tag))},"ts":"`
    headTag = tag
  }
  return headText
}

// Nearly every sample is the first of its tick and good: what stands around its value is made once.
const PLAIN_PLACE = Object.fromEntries(
  SAMPLE_TYPES.map((type) => [type, `","ord":0,"rev":0,"op":"put","type":"${type}","value":`]),
) as Record<SampleType, string>
const PLAIN_END = {
  'pi-web-api': ',"status":0,"src":"pi-web-api"}',
  opcua: ',"status":0,"src":"opcua"}',
} as const

function firstText({ tag, sample, rev, op, source, copies }: SampleRecord): string {
  if (rev !== 0 || op !== 'put' || copies !== undefined) throw new RangeError('a revision without what it supersedes')
  const { ord, type, status, flags } = sample
  const place = ord === 0 ? PLAIN_PLACE[type] : `${placeText(ord, 0, 'put')},"type":"${type}","value":`
  const end = status === 0 && flags === 0 ? PLAIN_END[source] : `${qualityText(sample)},"src":"${source}"}`
  return headOf(tag) + formatTicks(sample.ticks) + place + encodeValue(sample) + end
}

function revisionText({ tag, sample, rev, op, source, copies }: SampleRecord, before: SampleContent): string {
  if (rev === 0) throw new RangeError('a first record supersedes nothing')
  if (op === 'delete' && sample.type !== 'null') throw new RangeError('a delete carries a value')
  const start = `${headOf(tag)}${formatTicks(sample.ticks)}${placeText(sample.ord, rev, op)}`
  const content = contentText(sample, op === 'delete' ? before.type : sample.type)
  const copiesText = copies === undefined ? '' : `,"copies":${checkedCopies(copies)}`
  return `${start},${content},"src":"${source}","before":{${contentText(before, before.type)}}${copiesText}}`
}

function placeText(ord: number, rev: number, op: string): string {
  return `","ord":${checkedCount(ord, 'ord')},"rev":${checkedCount(rev, 'rev')},"op":"${op}"`
}

function contentText(content: SampleContent, type: SampleType): string {
  return `"type":"${type}","value":${encodeValue(content)}${qualityText(content)}`
}

function qualityText({ status, flags }: SampleContent): string {
  const flagsText = FLAGS_TEXT[flags]
  if (flagsText === undefined) throw new RangeError('unknown flags')
  return `,"status":${checkedStatus(status)}${flagsText}`
}

interface Fields {
  readonly v?: unknown
  readonly tag?: unknown
  readonly ts?: unknown
  readonly ord?: unknown
  readonly rev?: unknown
  readonly op?: unknown
  readonly type?: unknown
  readonly value?: unknown
  readonly status?: unknown
  readonly flags?: unknown
  readonly src?: unknown
  readonly before?: unknown
  readonly copies?: unknown
}

function recordFrom(text: string): SampleRecord {
  const fields = objectFrom(JSON.parse(text), 'the record')
  if (fields.v !== VERSION) throw new RangeError(`version ${String(fields.v)} is not ${String(VERSION)}`)
  const { op, src: source, copies } = fields
  if (op !== 'put' && op !== 'delete') throw new RangeError('unknown op')
  if (source !== 'pi-web-api' && source !== 'opcua') throw new RangeError('unknown src')
  const tag = tagFrom(fields.tag)
  const rev = checkedCount(fields.rev, 'rev')
  if (rev === 0) {
    const supersedes = op !== 'put' || fields.before !== undefined || copies !== undefined
    if (supersedes) throw new RangeError('a first record supersedes nothing')
    return { tag, sample: sampleFrom(fields, typeFrom(fields), text), rev, op, source }
  }
  const before = contentFrom(objectFrom(fields.before, 'before'), text, memberSpan(text, 0, 'before')?.from ?? 0)
  if (op === 'delete' && fields.type !== before.type) throw new RangeError('a delete of another type')
  const type = op === 'delete' ? 'null' : typeFrom(fields)
  const revision: SampleRecord = { tag, sample: sampleFrom(fields, type, text), rev, op, source, before }
  return copies === undefined ? revision : { ...revision, copies: checkedCopies(copies) }
}

// The casts below rest on `decodeValue`: the value it answers belongs to the type it was given.

function sampleFrom(fields: Fields, type: SampleType, text: string): Sample {
  return {
    ticks: timeFrom(fields.ts, 'ts'),
    ord: checkedCount(fields.ord, 'ord'),
    type,
    value: decodeValue(type, fields.value, () => memberText(text, 0, 'value')),
    status: checkedStatus(fields.status),
    flags: flagsFrom(fields.flags),
  } as Sample
}

/** `at`: where in the text the object of these fields starts. */
function contentFrom(fields: Fields, text: string, at: number): SampleContent {
  const type = typeFrom(fields)
  return {
    type,
    value: decodeValue(type, fields.value, () => memberText(text, at, 'value')),
    status: checkedStatus(fields.status),
    flags: flagsFrom(fields.flags),
  } as SampleContent
}

function typeFrom({ type }: Fields): SampleType {
  if (!isSampleType(type)) throw new RangeError('unknown type')
  return type
}

function flagsFrom(value: unknown): number {
  if (value === undefined) return 0
  if (!Array.isArray(value)) throw new RangeError('flags is not a list')
  let flags = 0
  for (const item of value as unknown[]) {
    const name = FLAG_NAMES.find((known) => known === item)
    if (name === undefined) throw new RangeError('unknown flag')
    flags |= FLAG[name]
  }
  return flags
}

let knownTag: TagId | undefined

function tagFrom(value: unknown): TagId {
  if (typeof value !== 'string') throw new RangeError('tag is not text')
  if (value !== knownTag) knownTag = parseTagId(value)
  return knownTag
}

function objectFrom(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RangeError(`${name} is no object`)
  return value
}

function checkedCount(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new RangeError(`${name} is not a count`)
  return value as number
}

function checkedCopies(value: unknown): number {
  const copies = checkedCount(value, 'copies')
  if (copies < LEAST_COPIES || copies > MOST_COPIES) throw new RangeError('no revision supersedes so many copies')
  return copies
}

function checkedStatus(value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > HIGHEST_STATUS) {
    throw new RangeError('status is not an unsigned 32-bit number')
  }
  return value as number
}
