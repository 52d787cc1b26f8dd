/**
 * Sampled: what a sample proves, and how that is said. A bound speaks of how many windows may differ, never of which: a
 * window that was not compared stays not compared, whatever the bound.
 */
import type { PendingReason } from '../domain/verdict.ts'
import { formatCount, plural } from '../util/format.ts'
import type { ParityReport, SampleEvidence } from './model.ts'
import { formatPeriod } from './phrases.ts'

const MILLION = 1_000_000

/** Windows nobody has a reason to doubt; any other reason speaks against them. */
const MAY_BE_LEFT_OUT: readonly PendingReason[] = ['not-looked-at', 'rules-changed']

/**
 * Whether the sample holds: nothing is known to differ or could not be compared, nothing drawn is open, all is copied and
 * settled, nothing is in doubt, and the bound is the one asked for or a lower one.
 */
export function holdsBySample({ sample, totals, pending }: ParityReport): boolean {
  if (sample?.rate === undefined || sample.open > 0 || sample.rate > sample.maxRate) return false
  const leftOut = MAY_BE_LEFT_OUT.reduce((sum, reason) => sum + (pending[reason] ?? 0), 0)
  const { mismatch, inconclusive } = totals.verdicts
  return mismatch === 0 && inconclusive === 0 && totals.verdicts.pending === leftOut
}

/** `At most 1,234 of a million windows differ, with 95 % certainty, as of 2026-03-01 06:00 UTC.` */
export function boundSentence({ rate, certainty }: SampleEvidence, compared: ParityReport['compared']): string {
  if (rate === undefined || compared === undefined) {
    return 'How many windows differ is unknown: too few of those drawn were found equal to tell.'
  }
  return `At most ${formatRate(rate)} windows differ, with ${Math.round(certainty * 100)} % certainty, as of ${formatPeriod(compared)}.`
}

/** Rounded up: a bound is never said to be lower than it is. */
export function formatRate(rate: number): string {
  return `${formatCount(Math.ceil(rate * MILLION))} of a million`
}

/** What was drawn, and with what result. */
export function drawSentence({ every, seed, windows, drawn, equal, different, open }: SampleEvidence): string {
  const results = [
    `${formatCount(equal)} equal or explained`,
    ...(different === 0 ? [] : [`${formatCount(different)} different or once found different`]),
    ...(open === 0 ? [] : [`${formatCount(open)} without a result, which count as different`]),
  ]
  return `One of ${formatCount(every)} neighbouring windows of each tag was drawn at random (seed ${seed}): ${formatCount(drawn)} of ${plural(windows, 'window')}, ${results.join(', ')}.`
}
