import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { headlineOf } from '../../src/report/headline.ts'
import { reportFixture, type FixtureMood } from '../harness/report-fixture.ts'

describe('the state of a report', () => {
  test.each<[FixtureMood, string, string]>([
    ['equal', 'equal', 'every one is identical, sample by sample'],
    ['explained', 'equal-as-explained', 'differ only where a stated rule proves why'],
    ['waived', 'equal-but-waived', 'for which a person took responsibility'],
    ['unknown', 'not-proven', 'Nothing was found to differ, but'],
    ['different', 'not-equal', 'and nothing explains why'],
  ])('%s', (mood, state, sentence) => {
    const headline = headlineOf(reportFixture({ mood, tags: 60 }))
    expect(headline.state).toBe(state)
    expect(headline.sentence).toContain(sentence)
  })

  test('nothing to compare is not equal', () => {
    const { state, sentence } = headlineOf(reportFixture({ mood: 'equal', tags: 0 }))
    expect(state).toBe('not-proven')
    expect(sentence).toContain('nothing to compare')
  })

  test('green is said of nothing that has a window different, unread or not compared', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom<FixtureMood>('equal', 'explained', 'waived', 'unknown', 'different'),
        (seed, mood) => {
          const report = reportFixture({ seed, mood, tags: 8, columns: 8 })
          const { mismatch, inconclusive, pending } = report.totals.verdicts
          const isGreen = headlineOf(report).state.startsWith('equal')
          expect(isGreen).toBe(mismatch + inconclusive + pending === 0)
        },
      ),
    )
  })
})

describe('what to do next', () => {
  test('a difference with a plan: replay it', () => {
    const report = reportFixture({ mood: 'different' })
    expect(headlineOf(report).next).toContain(`${report.repairPlan.windows.length} windows of the repair plan`)
  })

  test('a difference without a plan: look at the causes', () => {
    const report = reportFixture({ mood: 'different' })
    expect(headlineOf({ ...report, repairPlan: { ...report.repairPlan, windows: [] } }).next).toContain('causes')
  })

  test('unread windows: find out why', () => {
    expect(headlineOf(reportFixture({ mood: 'unknown', tags: 60 })).next).toContain('could not be compared')
  })

  test('nothing compared yet: the command that does', () => {
    const report = { ...reportFixture({ mood: 'unknown', tags: 5 }), compared: undefined }
    expect(headlineOf(report).next).toContain('banyan verify')
  })

  test('windows not compared yet: go on', () => {
    expect(headlineOf(reportFixture({ mood: 'unknown', tags: 5 })).next).toContain('go on')
  })
})
