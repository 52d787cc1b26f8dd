import { describe, expect, test } from 'vitest'
import { parityExit } from '../../src/cli/commands/verify.ts'
import { headlineOf } from '../../src/report/headline.ts'
import type { ParityReport, SampleEvidence } from '../../src/report/model.ts'
import { boundSentence, drawSentence, formatRate } from '../../src/report/sampled.ts'
import { findContradictions } from '../../src/report/soundness.ts'
import { renderParityTable } from '../../src/report/table.ts'
import { sampledFixture } from '../harness/sampled-fixture.ts'

const outcome = (report: ParityReport): unknown[] => [headlineOf(report).state, parityExit(report)]

describe('a sample that holds', () => {
  const report = sampledFixture()

  test('is called sampled, with its bound, its plan and its seed', () => {
    expect(findContradictions(report)).toEqual([])
    expect(outcome(report)).toEqual(['equal-by-sample', 0])
    expect(headlineOf(report).sentence).toContain(
      'At most 3,001 of a million windows differ, with 95 % certainty, as of',
    )
    const table = renderParityTable(report)
    expect(table).toMatch(/^≈ SAMPLED, NOTHING DIFFERS: /)
    expect(table).toMatch(
      /^Sample {4}One of 50 neighbouring windows of each tag was drawn at random \(seed 7\): 1,000 of/m,
    )
  })

  test('rounds a bound up, never down', () => {
    expect(formatRate(1e-9)).toBe('1 of a million')
    expect(formatRate(0.0030001)).toBe('3,001 of a million')
  })
})

describe('a sample does not hold', () => {
  test.each<[string, Partial<SampleEvidence>, string]>([
    ['with a bound above the one asked for', { maxRate: 0.001 }, 'smaller "parity.sample.every"'],
    ['with windows drawn and not compared', { equal: 990, open: 10 }, 'go on'],
    ['without a bound', { rate: undefined }, 'smaller "parity.sample.every"'],
    [
      'that has found differences, mended since',
      { equal: 999, different: 1, maxRate: 0.001 },
      'another "parity.sample.seed"',
    ],
  ])('%s', (_, over, next) => {
    const report = sampledFixture(over)
    expect(findContradictions(report)).toEqual([])
    expect(outcome(report)).toEqual(['not-proven', 4])
    expect(headlineOf(report).next).toContain(next)
  })

  test.each(['not-covered', 'not-settled', 'changed-since', 'doubted-since'] as const)(
    'beside a window that is %s',
    (reason) => {
      const report = sampledFixture()
      const left = (report.pending['not-looked-at'] ?? 0) - 1
      const doubted = { ...report, pending: { 'not-looked-at': left, [reason]: 1 } }
      expect(outcome(doubted)).toEqual(['not-proven', 4])
    },
  )

  test('beside a window that differs, or could not be compared', () => {
    const report = sampledFixture()
    const withOne = (verdict: 'mismatch' | 'inconclusive'): ParityReport => {
      const { verdicts } = report.totals
      const changed = { ...verdicts, match: verdicts.match - 1, [verdict]: verdicts[verdict] + 1 }
      return { ...report, totals: { ...report.totals, verdicts: changed } }
    }
    expect(parityExit(withOne('mismatch'))).toBe(3)
    expect(parityExit(withOne('inconclusive'))).toBe(4)
  })
})

test('a bound that is not known is said to be unknown', () => {
  const { sample, compared } = sampledFixture({ rate: undefined, open: 5, equal: 995 })
  expect(boundSentence(sample!, compared)).toContain('is unknown')
  expect(drawSentence(sample!)).toContain('5 without a result, which count as different')
})

test.each<[string, Partial<SampleEvidence>]>([
  ['counts that do not add up', { equal: 900 }],
  ['more equal than there are', { drawn: 1_000_000, equal: 1_000_000 }],
  ['other windows than are settled', { windows: 1 }],
  ['a bound below what was found', { equal: 0, different: 1_000, rate: 1e-7 }],
])('a sample with %s is not to be relied on', (_, over) => {
  expect(outcome(sampledFixture(over))[0]).toBe('unsound')
})
