/**
 * Soundness: does a report contradict itself? The counts of verdicts must add up to the cells expected, by tag and in
 * all, and a cell that is not green must show as such wherever the report rolls cells up. Whoever draws a report asks
 * here first; one that contradicts itself is shown as not to be relied on, whatever it claims.
 */
import { addVerdicts, countVerdicts, NO_VERDICTS, VERDICTS, worstOf, type VerdictCounts } from '../domain/verdict.ts'
import { formatCount } from '../util/format.ts'
import { decodeHeat, verdictOfRank } from './heat-text.ts'
import type { ParityReport, TagParity } from './model.ts'

/** Enough to see what is wrong; a report that is wrong in one tag is often wrong in all. */
const CONTRADICTIONS_MAX = 10

/** Plain sentences, none for a sound report; bounded. */
export function findContradictions(report: ParityReport): string[] {
  return [...contradictions(report)].slice(0, CONTRADICTIONS_MAX)
}

function* contradictions(report: ParityReport): Generator<string> {
  const { totals, tags } = report
  yield* unequal('windows by verdict', countVerdicts(totals.verdicts), 'windows expected', totals.cells)
  yield* unequal('tags listed', tags.length, 'tags in scope', totals.tags)
  yield* sumsOfTags(totals.verdicts, tags)
  yield* worstOfTags(totals.tagsByWorst, tags)
  const { inconclusive, pending } = totals.verdicts
  yield* unequal('reasons for not comparable', sum(report.inconclusive), 'windows not comparable', inconclusive)
  yield* unequal('reasons for not compared', sum(report.pending), 'windows not compared', pending)
  yield* waterfall(report)
  yield* sample(report)
  for (const tag of tags) yield* heat(tag, report.heat.columns)
}

function* sumsOfTags(verdicts: VerdictCounts, tags: readonly TagParity[]): Generator<string> {
  const summed = tags.reduce((total, tag) => addVerdicts(total, tag.verdicts), NO_VERDICTS)
  for (const verdict of VERDICTS) {
    yield* unequal(`windows called ${verdict} of all tags`, summed[verdict], 'the total', verdicts[verdict])
  }
}

function* worstOfTags(expected: VerdictCounts, tags: readonly TagParity[]): Generator<string> {
  const found = { ...NO_VERDICTS }
  for (const { id, verdicts, worst } of tags) {
    if (worst !== worstOf(verdicts)) yield `Tag ${id} is called ${String(worst)}, which is not its worst window.`
    else if (worst !== undefined) found[worst] += 1
  }
  for (const verdict of VERDICTS) {
    yield* unequal(`tags whose worst window is ${verdict}`, found[verdict], 'the total', expected[verdict])
  }
}

function* waterfall({ waterfall: steps, totals }: ParityReport): Generator<string> {
  for (const [i, { step, cells }] of steps.entries()) {
    const before = steps[i - 1]
    if (before !== undefined && cells > before.cells) yield `More windows are ${step} than ${before.step}.`
    if (step === 'expected') yield* unequal('windows expected', cells, 'the total', totals.cells)
    const green = totals.verdicts.match + totals.verdicts.explained
    if (step === 'proven') yield* unequal('windows proven', cells, 'windows identical or explained', green)
  }
}

/** What a sample claims must not be more than what was seen of it. */
function* sample({ sample: evidence, scope, waterfall: steps, totals }: ParityReport): Generator<string> {
  if ((evidence === undefined) !== (scope.policy === 'census')) yield 'A sample and a census are not told apart.'
  if (evidence === undefined) return
  const { windows, drawn, equal, different, open, rate } = evidence
  yield* unequal('windows drawn by result', equal + different + open, 'windows drawn', drawn)
  const settled = steps.find(({ step }) => step === 'settled')?.cells
  if (settled !== undefined) yield* unequal('windows the sample speaks for', windows, 'windows settled', settled)
  if (equal > totals.verdicts.match + totals.verdicts.explained)
    yield 'More windows are drawn and equal than are equal.'
  if (rate !== undefined && rate * windows < different + open) yield 'The sample promises less than it has found.'
}

/** The row is as wide as the map, and its worst column is the worst cell. */
function* heat({ id, heat: text, worst }: TagParity, columns: number): Generator<string> {
  let shown: number
  try {
    shown = decodeHeat(text, columns).reduce((a, b) => Math.max(a, b), 0)
  } catch {
    yield `The heat map cannot be read for tag ${id}.`
    return
  }
  if (verdictOfRank(shown) !== worst) yield `The heat map does not show the worst window of tag ${id}.`
}

function* unequal(what: string, found: number, than: string, expected: number): Generator<string> {
  if (found !== expected) {
    yield `${what}: ${formatCount(found)}, but ${than}: ${formatCount(expected)}.`.replace(/^./, (c) => c.toUpperCase())
  }
}

function sum(counts: Readonly<Partial<Record<string, number>>>): number {
  return Object.values(counts).reduce<number>((total, count) => total + (count ?? 0), 0)
}
