/**
 * Headline: the one sentence a report comes down to, and what to do next. Pure; table and page both begin with it.
 *
 * Only a sound report in which nothing differs and nothing is unknown is called equal; one that a sample carries is called
 * sampled, and says how much may differ. Nothing compared is not equal, and a report that contradicts itself says nothing
 * at all.
 */
import { formatCount, plural } from '../util/format.ts'
import type { ParityReport } from './model.ts'
import { formatShare } from './phrases.ts'
import { boundSentence, formatRate, holdsBySample } from './sampled.ts'
import { findContradictions } from './soundness.ts'

export type ReportState =
  /** Every cell identical. */
  | 'equal'
  /** Every cell identical or explained by a rule. */
  | 'equal-as-explained'
  /** As before, but for what a person waived. */
  | 'equal-but-waived'
  /** As before, as far as was drawn, and the sample holds; the others were not compared. */
  | 'equal-by-sample'
  /** Nothing different was found, and not everything was compared. */
  | 'not-proven'
  /** Something differs, and nothing explains why. */
  | 'not-equal'
  /** The numbers contradict each other. */
  | 'unsound'

export interface Headline {
  readonly state: ReportState
  /** Never colour alone. */
  readonly glyph: string
  readonly title: string
  readonly sentence: string
  readonly next: string
  /** Why the report is unsound; empty otherwise. */
  readonly contradictions: readonly string[]
}

const TITLES: Readonly<Record<ReportState, Pick<Headline, 'glyph' | 'title'>>> = {
  equal: { glyph: '✓', title: 'Equal' },
  'equal-as-explained': { glyph: '✓', title: 'Equal, with explained differences' },
  'equal-but-waived': { glyph: '○', title: 'Equal, except what was waived' },
  'equal-by-sample': { glyph: '≈', title: 'Sampled, nothing differs' },
  'not-proven': { glyph: '?', title: 'Not proven' },
  'not-equal': { glyph: '✕', title: 'Not equal' },
  unsound: { glyph: '!', title: 'Not to be relied on' },
}

export function headlineOf(report: ParityReport): Headline {
  const contradictions = findContradictions(report)
  const state = contradictions.length > 0 ? 'unsound' : stateOf(report)
  return {
    state,
    ...TITLES[state],
    sentence: sentenceOf(state, report),
    next: nextOf(state, report),
    contradictions,
  }
}

/** Cells that are neither proven nor known to differ. */
export function countUnknown({ totals: { verdicts } }: ParityReport): number {
  return verdicts.inconclusive + verdicts.pending
}

function stateOf(report: ParityReport): ReportState {
  const { cells, verdicts } = report.totals
  if (verdicts.mismatch > 0) return 'not-equal'
  if (cells === 0) return 'not-proven'
  if (countUnknown(report) > 0) return holdsBySample(report) ? 'equal-by-sample' : 'not-proven'
  if (verdicts.waived > 0) return 'equal-but-waived'
  return verdicts.explained > 0 ? 'equal-as-explained' : 'equal'
}

function sentenceOf(state: ReportState, report: ParityReport): string {
  const { cells, verdicts, tags, tagsByWorst } = report.totals
  const unknown = countUnknown(report)
  const all = `All ${plural(cells, 'window')} of ${plural(tags, 'tag')} were compared`
  const waived = verdicts.waived === 0 ? '' : ` ${count(verdicts.waived, 'was', 'were')} waived by a person.`
  switch (state) {
    case 'equal':
      return `${all}: every one is identical, sample by sample.`
    case 'equal-as-explained':
      return `${all}: ${formatShare(verdicts.match, cells)} are identical, sample by sample; ${formatShare(verdicts.explained, cells)} differ only where a stated rule proves why.`
    case 'equal-but-waived':
      return `${all}. Nothing differs without an explanation but ${plural(verdicts.waived, 'window')} for which a person took responsibility.`
    case 'equal-by-sample':
      return `Nothing differs in the windows that were compared, which were drawn at random.${sampled(report)} ${plural(unknown, 'window')} ${unknown === 1 ? 'was' : 'were'} not compared.${waived}`
    case 'not-proven':
      if (cells === 0) return 'There is nothing to compare: no tag has a window in this period.'
      if (unknown === cells)
        return `Nothing has been compared yet of ${plural(cells, 'window')} of ${plural(tags, 'tag')}.`
      return `Nothing was found to differ, but ${plural(unknown, 'window')} of ${formatCount(cells)} (${formatShare(unknown, cells)}) ${unknown === 1 ? 'is' : 'are'} not known.${waived}${sampled(report)}`
    case 'not-equal':
      return (
        `${count(verdicts.mismatch, 'differs', 'differ')} (${formatShare(verdicts.mismatch, cells)} of ${formatCount(cells)}), in ${plural(tagsByWorst.mismatch, 'tag')} of ${formatCount(tags)}, and nothing explains why.` +
        (unknown === 0 ? '' : ` Not known: ${plural(unknown, 'more window')}.`) +
        waived +
        sampled(report)
      )
    case 'unsound':
      return 'The numbers of this report contradict each other, so none of them can be trusted. This is a defect of Banyan.'
  }
}

/** What a sample says of all windows it speaks for; empty for a census. */
function sampled({ sample, compared }: ParityReport): string {
  return sample === undefined ? '' : ` Sampled: ${boundSentence(sample, compared)}`
}

function count(windows: number, one: string, many: string): string {
  return `${plural(windows, 'window')} ${windows === 1 ? one : many}`
}

function nextOf(state: ReportState, report: ParityReport): string {
  const { repairPlan, sample } = report
  switch (state) {
    case 'equal-by-sample':
      return 'Nothing to mend. For proof window by window, compare all of them with "policy: census".'
    case 'equal':
    case 'equal-as-explained':
      return 'Nothing to mend. Keep comparing: whatever changes later shows in a later report.'
    case 'equal-but-waived':
      return 'Review what was waived before it expires.'
    case 'not-proven':
      if (report.totals.verdicts.inconclusive === 0) return goOn(report)
      return 'Find out why windows could not be compared (reasons below), then compare again.'
    case 'not-equal':
      if (repairPlan.windows.length === 0) return 'An engineer has to look at the causes below.'
      return `Replay the ${plural(repairPlan.windows.length, 'window')} of the repair plan, then compare again.${sample === undefined ? '' : ' What was not drawn may differ as well: once the cause is found, compare all it may have touched.'}`
    case 'unsound':
      return 'Do not decide anything on this report. Make it again, and report the defect if it stays.'
  }
}

/** Of a report that is not complete, and of nothing that could not be compared. */
function goOn({ compared, sample, totals }: ParityReport): string {
  if (totals.cells === 0) return 'Widen the period, or copy something with "banyan backfill" first.'
  if (compared === undefined)
    return 'Compare with "banyan verify", or let "banyan sync" do so; then make the report again.'
  if (sample === undefined || sample.open > 0) return 'Let the comparison go on, then make the report again.'
  if (sample.rate !== undefined && sample.rate <= sample.maxRate)
    return 'Let the copying go on, then make the report again.'
  const asked = `the bound asked for is ${formatRate(sample.maxRate)}`
  if (sample.different > 0)
    return `Mend the cause everywhere, then draw anew with another "parity.sample.seed": ${asked}.`
  return `Draw more windows with a smaller "parity.sample.every": ${asked}.`
}
