/**
 * Summarise: the historian's own summary of windows, as text to be held against what it said before.
 *
 * Whatever a server does at the edges of an interval, with bad events or in the last bit of a sum, it is expected to do
 * again: only its own answers are compared with each other. Where that does not hold, the texts differ although nothing
 * changed, and whoever compares them must bear it.
 */
import type { Tag } from '../../domain/tag.ts'
import type { Window } from '../../domain/window.ts'
import { countOf } from './count.ts'
import {
  summariseIntervals,
  type IntervalSummary,
  type SummaryParts,
  type SummaryType,
  type SummaryValue,
} from './interval-summary.ts'

const OF_NUMBERS: readonly SummaryType[] = ['Count', 'Total', 'Minimum', 'Maximum']
/** All that is supported for other points. */
const OF_OTHERS: readonly SummaryType[] = ['Count']
/** JSON has no numbers for these. */
const SPECIAL_NUMBERS: readonly unknown[] = ['NaN', 'Infinity', '-Infinity']

/** In the order of `windows`; undefined where the historian cannot tell. */
export async function summariseWindows(
  parts: SummaryParts,
  tag: Tag,
  windows: readonly Window[],
  signal: AbortSignal,
): Promise<(string | undefined)[]> {
  const types = /^(float|u?int)/.test(tag.type) ? OF_NUMBERS : OF_OTHERS
  const summaries = await summariseIntervals(parts, tag, windows, types, signal)
  return summaries.map((summary) => textOf(summary, types))
}

/** Only a complete summary is one. */
function textOf(summary: IntervalSummary, types: readonly SummaryType[]): string | undefined {
  if (countOf(summary.get('Count')) === undefined) return undefined
  const texts = types.map((type) => numberText(summary.get(type)))
  return texts.includes(undefined) ? undefined : types.map((type, i) => `${type}=${texts[i] ?? ''}`).join(' ')
}

/** Every double has a text of its own. */
function numberText(summary: SummaryValue | undefined): string | undefined {
  const value = summary?.Value
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (SPECIAL_NUMBERS.includes(value)) return String(value)
  // A state, such as No Data: nothing to add up.
  return summary?.Good === false ? 'none' : undefined
}
