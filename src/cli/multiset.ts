/**
 * What the simulator knows to be in its archive and what was read back from the log, compared as multisets of plain
 * keys. The place among samples of one time is left out, everything else counts. Pure.
 */
import { statusFromPi } from '../domain/quality.ts'
import { FLAG, type Sample, type SampleType } from '../domain/sample.ts'
import { tagId, type TagId } from '../domain/tag-id.ts'
import { formatTicks } from '../domain/ticks.ts'
import type { TruthRow } from '../simulator/truth.ts'

export interface MultisetDifference {
  /** In the archive, not in the log. */
  readonly missing: number
  /** In the log, not in the archive; a second copy counts. */
  readonly extra: number
}

export class Multiset {
  readonly #counts = new Map<string, number>()
  #size = 0

  get size(): number {
    return this.#size
  }

  add(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    this.#size += 1
  }

  /** `this` is what should be there. */
  compare(found: Multiset): MultisetDifference {
    let missing = 0
    let extra = 0
    for (const [key, count] of this.#counts) missing += Math.max(0, count - (found.#counts.get(key) ?? 0))
    for (const [key, count] of found.#counts) extra += Math.max(0, count - (this.#counts.get(key) ?? 0))
    return { missing, extra }
  }
}

const TYPE_OF_POINT: Readonly<Record<TruthRow['pointType'], SampleType>> = {
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

export function keyOfTruth(historian: string, row: TruthRow): string {
  const { value, good, questionable, substituted, annotated } = row
  const code = row.isSystemState && typeof value === 'object' ? value.code : undefined
  const flags =
    (questionable ? FLAG.questionable : 0) | (substituted ? FLAG.substituted : 0) | (annotated ? FLAG.annotated : 0)
  return keyOf({
    tag: tagId(historian, row.pointId),
    time: row.ts,
    type: row.isSystemState ? 'state' : TYPE_OF_POINT[row.pointType],
    value: typeof value === 'object' ? stateText(value) : numberOrText(value),
    status: statusFromPi({ good, questionable, substituted, systemState: code }),
    flags,
  })
}

export function keyOfSample(tag: TagId, sample: Sample): string {
  const { type, status, flags } = sample
  return keyOf({ tag, time: formatTicks(sample.ticks), type, value: valueText(sample), status, flags })
}

interface PlainSample {
  readonly tag: TagId
  readonly time: string
  readonly type: SampleType
  readonly value: string
  readonly status: number
  readonly flags: number
}

function keyOf({ tag, time, type, value, status, flags }: PlainSample): string {
  return [tag, time, type, value, status, flags].join('|')
}

function valueText(sample: Sample): string {
  switch (sample.type) {
    case 'digital':
    case 'state':
      return stateText(sample.value)
    case 'timestamp':
      return formatTicks(sample.value)
    case 'bytes':
      return Buffer.from(sample.value).toString('base64')
    case 'int64':
    case 'uint64':
      return sample.value.toString()
    case 'null':
    case 'boolean':
      return String(sample.value)
    default:
      return numberOrText(sample.value)
  }
}

/** `String` drops the sign of negative zero. */
function numberOrText(value: number | string): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

function stateText({ code, name }: { readonly code: number; readonly name: string }): string {
  return `${code} ${name}`
}
