import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VERDICTS } from '../../src/domain/verdict.ts'
import { headlineOf } from '../../src/report/headline.ts'
import type { ParityReport, TagParity } from '../../src/report/model.ts'
import { findContradictions } from '../../src/report/soundness.ts'
import { reportFixture, type FixtureMood } from '../harness/report-fixture.ts'

const MOODS: FixtureMood[] = ['equal', 'explained', 'waived', 'unknown', 'different']

const reports = fc
  .record({
    seed: fc.nat(),
    tags: fc.integer({ min: 1, max: 30 }),
    columns: fc.integer({ min: 4, max: 30 }),
    mood: fc.constantFrom(...MOODS),
  })
  .map(reportFixture)

test('a report whose numbers add up has no contradiction', () => {
  fc.assert(
    fc.property(reports, (report) => {
      expect(findContradictions(report)).toEqual([])
    }),
  )
})

const verdict = fc.constantFrom(...VERDICTS)
const by = fc.integer({ min: 1, max: 5 })

/** One number or letter wrong, anywhere. */
const lies: fc.Arbitrary<(report: ParityReport) => ParityReport> = fc.oneof(
  fc.tuple(verdict, by).map(([name, n]) => (report: ParityReport) => {
    const { verdicts } = report.totals
    return { ...report, totals: { ...report.totals, verdicts: { ...verdicts, [name]: verdicts[name] + n } } }
  }),
  fc
    .tuple(verdict, verdict)
    .filter(([a, b]) => a !== b)
    .map(([from, to]) => (report: ParityReport) => {
      const { verdicts } = report.totals
      return {
        ...report,
        totals: { ...report.totals, verdicts: { ...verdicts, [from]: verdicts[from] - 1, [to]: verdicts[to] + 1 } },
      }
    }),
  fc.tuple(verdict, by).map(([name, n]) => (report: ParityReport) => {
    const { tagsByWorst } = report.totals
    return { ...report, totals: { ...report.totals, tagsByWorst: { ...tagsByWorst, [name]: tagsByWorst[name] + n } } }
  }),
  by.map((n) => (report: ParityReport) => ({
    ...report,
    totals: { ...report.totals, cells: report.totals.cells + n },
  })),
  by.map((n) => (report: ParityReport) => ({ ...report, totals: { ...report.totals, tags: report.totals.tags + n } })),
  by.map((n) => (report: ParityReport) => ({ ...report, pending: { ...report.pending, 'not-looked-at': n } })),
  by.map((n) => (report: ParityReport) => ({ ...report, inconclusive: { ...report.inconclusive, moving: n } })),
  fc.constant((report: ParityReport) => ({ ...report, tags: report.tags.slice(1) })),
  by.map((n) => (report: ParityReport) => ({
    ...report,
    waterfall: report.waterfall.map((step) => (step.step === 'proven' ? { ...step, cells: step.cells + n } : step)),
  })),
  fc.constant((report: ParityReport) => changeTag(report, (tag) => ({ ...tag, heat: tag.heat.slice(1) }))),
  fc.constant((report: ParityReport) => changeTag(report, (tag) => ({ ...tag, heat: `${report.heat.columns}.` }))),
  fc.constant((report: ParityReport) =>
    changeTag(report, (tag) => ({ ...tag, worst: tag.worst === 'match' ? 'waived' : 'match' })),
  ),
)

test('one number or letter wrong is a contradiction, and the headline says so before anything else', () => {
  fc.assert(
    fc.property(reports, lies, (report, lie) => {
      const told = lie(report)
      expect(findContradictions(told)).not.toEqual([])
      expect(headlineOf(told).state).toBe('unsound')
    }),
  )
})

test('a red that the heat map hides is a contradiction', () => {
  const report = reportFixture({ mood: 'different' })
  const hidden = {
    ...report,
    tags: report.tags.map((tag) => ({ ...tag, heat: tag.heat.replaceAll('x', 'm') })),
  }
  expect(findContradictions(hidden)[0]).toContain('does not show the worst window')
})

test('what is wrong everywhere is not said without end', () => {
  const report = reportFixture({ tags: 200 })
  const wrong = { ...report, tags: report.tags.map((tag) => ({ ...tag, heat: '' })) }
  expect(findContradictions(wrong)).toHaveLength(10)
})

function changeTag(report: ParityReport, change: (tag: TagParity) => TagParity): ParityReport {
  return { ...report, tags: report.tags.map((tag, i) => (i === 0 ? change(tag) : tag)) }
}
