/**
 * Recorded: the rows of one `recorded` answer, every one of them decoded and in order, or an error.
 *
 * `ord` counts from 0 within each tick of the answer, so it is right for every tick group the answer holds from its
 * start; the pager sees to it that only those are delivered. This is the hot path: one pass, no intermediate rows.
 */
import { statusFromPi } from '../../domain/quality.ts'
import { FLAG, type Sample, type SampleType } from '../../domain/sample.ts'
import { parseTicks, type Ticks } from '../../domain/ticks.ts'
import type { JsonObject } from './answer.ts'
import { printable, protocolError, type ProtocolFault } from './errors.ts'
import { decodeValue, ShapeMismatch } from './value.ts'

interface TimedValue {
  readonly Timestamp?: unknown
  readonly Value?: unknown
  readonly Good?: unknown
  readonly Questionable?: unknown
  readonly Substituted?: unknown
  readonly Annotated?: unknown
  readonly Errors?: unknown
}

/** Throws ShapeMismatch when a value contradicts `type`, BANYAN_SOURCE_PROTOCOL for everything else that is wrong. */
export function decodeRecorded(answer: JsonObject, type: SampleType, tagName: string): Sample[] {
  const items = answer['Items']
  if (!Array.isArray(items)) throw wrong(tagName, 'the answer has no list of values')
  const samples: Sample[] = []
  let last: Ticks | undefined
  let ord = 0
  for (const item of items as readonly unknown[]) {
    if (typeof item !== 'object' || item === null) throw wrong(tagName, 'a value is not an object')
    const row = item as TimedValue
    const ticks = timeOf(row, tagName)
    if (last !== undefined && ticks <= last) {
      if (ticks < last) throw wrong(tagName, 'the values are out of order', row.Timestamp)
      ord += 1
    } else {
      ord = 0
      last = ticks
    }
    samples.push(sampleOf(row, ticks, ord, type, tagName))
  }
  return samples
}

function timeOf(row: TimedValue, tagName: string): Ticks {
  if (typeof row.Timestamp !== 'string') throw wrong(tagName, 'a value has no time')
  try {
    return parseTicks(row.Timestamp)
  } catch {
    throw wrong(tagName, 'a time cannot be read', row.Timestamp)
  }
}

function sampleOf(row: TimedValue, ticks: Ticks, ord: number, type: SampleType, tagName: string): Sample {
  const { Value: value, Good: good, Errors: errors } = row
  if (typeof good !== 'boolean') throw wrong(tagName, 'a value does not say whether it is good', row.Timestamp)
  if (errors !== undefined && errors !== null && !(Array.isArray(errors) && errors.length === 0)) {
    // The value beside it is null: a failure to read, not a sample.
    throw wrong(
      tagName,
      `the historian reports errors instead of a value (${shown(errors)})`,
      row.Timestamp,
      'unreadable',
    )
  }
  if (value === undefined) throw wrong(tagName, 'a value is missing', row.Timestamp)
  const questionable = flagOf(row.Questionable, 'Questionable', row, tagName)
  const substituted = flagOf(row.Substituted, 'Substituted', row, tagName)
  const annotated = flagOf(row.Annotated, 'Annotated', row, tagName)
  const payload = payloadOf(value, type, row)
  const plain = good && !questionable && !substituted
  const systemState = payload.type === 'state' ? payload.value.code : undefined
  const status = plain ? 0 : statusFromPi({ good, questionable, substituted, systemState })
  const flags =
    (questionable ? FLAG.questionable : 0) | (substituted ? FLAG.substituted : 0) | (annotated ? FLAG.annotated : 0)
  return { ticks, ord, type: payload.type, value: payload.value, status, flags } as Sample
}

function payloadOf(value: unknown, type: SampleType, row: TimedValue): ReturnType<typeof decodeValue> {
  try {
    return decodeValue(value, type)
  } catch (error) {
    if (!(error instanceof ShapeMismatch)) throw error
    throw new ShapeMismatch(`the value at ${shown(row.Timestamp)} ${error.message}`, { cause: error })
  }
}

/** Servers before the flag existed leave it out. */
function flagOf(value: unknown, name: string, row: TimedValue, tagName: string): boolean {
  if (typeof value === 'boolean') return value
  if (value === undefined) return false
  throw wrong(tagName, `${name} is neither true nor false`, row.Timestamp)
}

function shown(value: unknown): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value).slice(0, 200))
}

function wrong(tagName: string, what: string, time?: unknown, fault: ProtocolFault = 'contradiction'): Error {
  const at = time === undefined ? '' : ` at ${shown(time)}`
  return protocolError(`tag ${printable(tagName)}: ${what}${at}`, fault, {
    tag: tagName,
    time: typeof time === 'string' ? time.slice(0, 64) : undefined,
  })
}
