/**
 * A parity report for the terminal: eight lines that say what matters, nine of a sample, then the tables behind them. Everything that
 * came from a historian passes through `printable`, so that no name can move the cursor or pass for another line.
 */
import { DIFFERENCE_CLASSES, VERDICTS, type ClassCounts } from '../domain/verdict.ts'
import { formatCount, formatSeconds, plural } from '../util/format.ts'
import { printable } from '../util/printable.ts'
import { renderTable } from '../util/text-table.ts'
import { headlineOf } from './headline.ts'
import type { ParityReport, TagParity } from './model.ts'
import { formatPeriod, formatShare, formatTime, windowLength } from './phrases.ts'
import { boundSentence, drawSentence } from './sampled.ts'
import { CLASS_TEXT, INCONCLUSIVE_TEXT, PENDING_TEXT, VERDICT_WORDS } from './words.ts'
import { worstTags } from './worst-tags.ts'

/** A screenful; all of them are in the CSV and the page. */
const WORST_TAGS_MAX = 20

/** Lines without a trailing newline. */
export function renderParityTable(report: ParityReport): string {
  return [summary(report), verdicts(report), classes(report), causes(report), explained(report), tags(report)]
    .filter((part) => part !== '')
    .join('\n\n')
}

function summary(report: ParityReport): string {
  const { scope, sample, totals, compared, spend } = report
  const { glyph, title, sentence, next, contradictions } = headlineOf(report)
  const subject = scope.workload === undefined ? 'all tags' : `workload ${scope.workload}`
  const proven = totals.verdicts.match + totals.verdicts.explained
  const cap = spend.requestsPerSecondCap
  return [
    `${glyph} ${title.toUpperCase()}: ${sentence}`,
    `Scope     ${scope.tags.length === 0 ? subject : scope.tags.join(', ')} of bridge ${report.bridge}, ${formatTime(scope.from)} to ${formatTime(scope.until)}, windows of ${windowLength(scope.cellSeconds)}`,
    `Proven    ${formatCount(proven)} of ${plural(totals.cells, 'window')} (${formatShare(proven, totals.cells)}), ${plural(totals.samplesProven, 'sample')}`,
    `As of     ${compared === undefined ? 'nothing compared' : `compared ${formatPeriod(compared)}`}, report of ${formatTime(report.generatedAt)}`,
    ...(sample === undefined ? [] : [`Sample    ${drawSentence(sample)} ${boundSentence(sample, compared)}`]),
    `Worst     ${firstRed(report)}`,
    `Unknown   ${unknown(report)}`,
    `Cost      ${plural(spend.requests, 'request')}, ${plural(spend.rows, 'row')}, ${formatSeconds(spend.seconds)}${cap === undefined ? '' : `, at most ${formatCount(cap)} requests a second`}`,
    `Next      ${next}`,
    ...contradictions.map((text) => `! ${text}`),
  ]
    .map(printable)
    .join('\n')
}

function firstRed({ doubtful, totals }: ParityReport): string {
  const red = doubtful.find(({ verdict }) => verdict === 'mismatch')
  if (red !== undefined) return `${red.name}, ${formatTime(red.from)}${red.cause === undefined ? '' : `: ${red.cause}`}`
  return totals.verdicts.mismatch === 0
    ? 'no difference without an explanation'
    : `${plural(totals.verdicts.mismatch, 'window')} differ`
}

/** Every reason with its windows. */
function unknown({ inconclusive, pending }: ParityReport): string {
  const reasons = [...reasonsOf(pending, PENDING_TEXT), ...reasonsOf(inconclusive, INCONCLUSIVE_TEXT)]
  return reasons.length === 0 ? 'nothing' : reasons.join('; ')
}

function reasonsOf<R extends string>(counts: Readonly<Partial<Record<R, number>>>, texts: Readonly<Record<R, string>>) {
  return (Object.keys(texts) as R[]).flatMap((reason) => {
    const count = counts[reason] ?? 0
    return count === 0 ? [] : [`${formatCount(count)} ${texts[reason]}`]
  })
}

function verdicts({ totals }: ParityReport): string {
  const rows = VERDICTS.map((verdict) => {
    const { glyph, label, meaning } = VERDICT_WORDS[verdict]
    const cells = totals.verdicts[verdict]
    return [`${glyph} ${label}`, cells, formatShare(cells, totals.cells), totals.tagsByWorst[verdict], meaning]
  })
  const sum = ['Expected', totals.cells, formatShare(totals.cells, totals.cells), totals.tags, 'the sum of the above']
  return renderTable(
    [
      { title: 'VERDICT' },
      { title: 'WINDOWS', align: 'right' },
      { title: 'SHARE', align: 'right' },
      { title: 'TAGS', align: 'right' },
      { title: 'WHICH' },
    ],
    [...rows, sum],
  )
}

function classes(report: ParityReport): string {
  const rows = DIFFERENCE_CLASSES.flatMap((name) => {
    const samples = report.classes[name] ?? 0
    return samples === 0 ? [] : [[name, samples, CLASS_TEXT[name]]]
  })
  if (rows.length === 0) return ''
  return renderTable([{ title: 'DIFFERENCE' }, { title: 'SAMPLES', align: 'right' }, { title: 'WHICH' }], rows)
}

function causes(report: ParityReport): string {
  if (report.causes.length === 0) return ''
  return renderTable(
    [
      { title: 'PROBABLE CAUSE' },
      { title: 'WINDOWS', align: 'right' },
      { title: 'TAGS', align: 'right' },
      { title: 'MEANING' },
    ],
    report.causes.map(({ cause, cells, tags, text }) => [cause, cells, tags, text]),
  )
}

function explained(report: ParityReport): string {
  if (report.explained.length === 0) return ''
  return renderTable(
    [
      { title: 'EXPLAINED BY' },
      { title: 'WINDOWS', align: 'right' },
      { title: 'SAMPLES', align: 'right' },
      { title: 'RULE' },
    ],
    report.explained.map(({ rule, cells, samples, text }) => [rule, cells, samples, text]),
  )
}

function tags(report: ParityReport): string {
  const worst = worstTags(report.tags)
  if (worst.length === 0) return ''
  const shown = worst.slice(0, WORST_TAGS_MAX)
  const table = renderTable(
    [
      { title: 'WORST TAGS' },
      { title: 'ID' },
      { title: 'DIFFERENT', align: 'right' },
      { title: 'NOT COMPARABLE', align: 'right' },
      { title: 'NOT COMPARED', align: 'right' },
      { title: 'DIFFERENCES' },
      { title: 'PROBABLE CAUSE' },
    ],
    shown.map(tagRow),
  )
  return shown.length === worst.length ? table : `${table}\nand ${plural(worst.length - shown.length, 'tag')} more`
}

function tagRow({ name, id, verdicts: counts, classes: found, cause }: TagParity): (string | number)[] {
  return [name, id, counts.mismatch, counts.inconclusive, counts.pending, classList(found), cause ?? '']
}

/** `MISSING 3, VALUE 1`. */
function classList(counts: ClassCounts): string {
  return DIFFERENCE_CLASSES.filter((name) => (counts[name] ?? 0) > 0)
    .map((name) => `${name} ${formatCount(counts[name] ?? 0)}`)
    .join(', ')
}
