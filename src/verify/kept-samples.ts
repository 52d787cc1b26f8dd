/**
 * Kept samples: what a report shows of a cell that is no match, made small. The first differences, and the numbers of
 * both sides around the first of them; what is left out is counted.
 */
import { FLAG, FLAG_NAMES, type Sample, type SamplePayload } from '../domain/sample.ts'
import { formatTicks, type Ticks } from '../domain/ticks.ts'
import type { KeptCell, KeptSample, KeptTrend } from '../store/kept-cell.ts'
import type { Differences } from './classify/differences.ts'
import { numberOf } from './classify/meaning.ts'

/** As many as a person reads. */
export const KEPT_DIFFERENCES = 50
/** Wide enough to see a shape; two of them are some kilobytes. */
const TREND_SAMPLES = 300
/** Of those, before the first difference. */
const TREND_BEFORE = 100
/** Longest text of a value; PI's strings have up to 976 characters. */
const TEXT_LENGTH = 200

/** `found` with at most `KEPT_DIFFERENCES` pairs. */
export function keepCell(found: Differences, historian: readonly Sample[], log: readonly Sample[]): KeptCell {
  const { first, last, maxDeviation, pairs, leftOut } = found
  return {
    ...(first === undefined ? {} : { first: formatTicks(first) }),
    ...(last === undefined ? {} : { last: formatTicks(last) }),
    ...(maxDeviation === undefined ? {} : { maxDeviation }),
    differences: pairs.map((pair) => ({
      class: pair.class,
      ...(pair.historian === undefined ? {} : { historian: keepSample(pair.historian) }),
      ...(pair.log === undefined ? {} : { log: keepSample(pair.log) }),
    })),
    differencesLeftOut: leftOut,
    historian: keepTrend(historian, first),
    log: keepTrend(log, first),
  }
}

function keepSample(sample: Sample): KeptSample {
  return {
    ts: formatTicks(sample.ticks),
    ord: sample.ord,
    type: sample.type,
    value: keepValue(sample),
    status: sample.status,
    flags: FLAG_NAMES.filter((name) => (sample.flags & FLAG[name]) !== 0),
  }
}

/** As in a record; what JSON cannot say is said in text, a negative zero included. */
function keepValue(payload: SamplePayload): unknown {
  switch (payload.type) {
    case 'int64':
    case 'uint64':
      return payload.value.toString()
    case 'timestamp':
      return formatTicks(payload.value)
    case 'bytes':
      return cut(Buffer.from(payload.value).toString('base64'))
    case 'string':
    case 'other':
      return cut(payload.value)
    case 'digital':
    case 'state':
      return { code: payload.value.code, name: cut(payload.value.name) }
    case 'boolean':
    case 'null':
      return payload.value
    default:
      if (Object.is(payload.value, -0)) return '-0'
      return Number.isFinite(payload.value) ? payload.value : String(payload.value)
  }
}

function cut(text: string): string {
  return text.length <= TEXT_LENGTH ? text : `${text.slice(0, TEXT_LENGTH)}…`
}

function keepTrend(samples: readonly Sample[], first: Ticks | undefined): KeptTrend {
  const at = first === undefined ? 0 : samples.findIndex(({ ticks }) => ticks >= first)
  // Behind the last sample, when the other side goes on: its end is what there is to see.
  const from = Math.max(0, (at === -1 ? samples.length : at) - TREND_BEFORE)
  const kept = samples.slice(from, from + TREND_SAMPLES)
  return {
    at: kept.map(({ ticks }) => Number(ticks / 10_000n) / 1_000),
    values: kept.map(plotted),
    leftOut: samples.length - kept.length,
  }
}

/** A digital state by its number; a gap where there is none. */
function plotted(payload: SamplePayload): number | null {
  if (payload.type === 'digital') return payload.value.code
  if (payload.type === 'boolean') return payload.value ? 1 : 0
  const number = Number(numberOf(payload) ?? NaN)
  return Number.isFinite(number) ? number : null
}
