import { describe, expect, test } from 'vitest'
import { checklistSentence, cutoverHeadline, workloadHeadline } from '../../src/report/cutover-headline.ts'
import { checklist, cutoverFixture, HASH, workloadReport } from './cutover-fixture.ts'

const frozen = { at: '2026-03-02T06:00:00Z', by: 'ada', reason: undefined }
const quarantine = { at: '2026-03-02T06:00:00Z', cause: 'lag', reason: undefined }

describe('of a workload', () => {
  test.each([
    ['quarantined', { quarantine, frozen }, checklist({ outcome: 'pass' }), /lift-quarantine boiler/],
    ['frozen', { frozen }, checklist({ outcome: 'pass' }), /thaw boiler/],
    ['held', {}, checklist(), /Mend what these gates name: mismatches, lag; .*plan boiler/],
    ['held', { request: undefined }, checklist(), /request boiler/],
    ['ready', {}, checklist({ outcome: 'pass' }), /advance boiler/],
    ['underway', {}, undefined, /plan boiler/],
    ['underway', {}, checklist({ about: 'last', outcome: 'pass' }), /plan boiler/],
    ['retired', { phase: 'retired', next: undefined, quarantine }, undefined, /Keep the evidence/],
  ] as const)('%s', (mood, changes, gates, next) => {
    const headline = workloadHeadline(workloadReport(changes), gates)
    expect(headline.mood).toBe(mood)
    expect(headline.next).toMatch(next)
  })

  test('what passes and is obstructed may not go on', () => {
    const obstacles = [{ reason: 'it is not in the configuration', hint: 'Add it.' }]
    const gates = checklist({ outcome: 'pass', obstacles })
    expect(workloadHeadline(workloadReport(), gates)).toMatchObject({
      mood: 'held',
      next: expect.stringMatching(/^Add it; then ask again/) as string,
    })
    expect(checklistSentence(gates)).toContain('is refused')
  })

  test('where only people are missing, the command that approves names the evidence', () => {
    const approvals = { gate: 'approvals', question: '', outcome: 'fail', reasons: ['0 of 1'] } as const
    const { next } = workloadHeadline(workloadReport(), checklist({ gates: [approvals] }))
    expect(next).toContain(`banyan cutover approve boiler --manifest ${HASH}`)
  })

  test('what is not known is not called refused, and never called safe', () => {
    expect(checklistSentence(checklist({ outcome: 'unknown' }))).toContain('is not known to be safe')
    expect(checklistSentence(checklist({ outcome: 'pass' }))).toContain('may be taken')
  })

  test('says who reads what', () => {
    const sentence = (changes: object): string => workloadHeadline(workloadReport(changes), undefined).sentence
    expect(sentence({})).toBe('boiler is in canary 10 %: 10 % of its consumers read the log, the others the historian.')
    expect(sentence({ phase: 'live', percent: 100 })).toContain('all its consumers read the log')
    expect(sentence({ phase: 'shadowing', percent: 0, serve: 'historian' })).toContain('read the historian')
    expect(sentence({ phase: 'registered', epoch: 0 })).toContain('not registered yet')
  })
})

describe('of a bridge', () => {
  test('what needs somebody comes first', () => {
    expect(cutoverHeadline(cutoverFixture())).toMatchObject({
      mood: 'quarantined',
      title: 'mill: quarantined',
      sentence: '3 workloads; the log serves consumers of 1 of them.',
    })
  })

  test('without a workload there is nothing to praise', () => {
    expect(cutoverHeadline({ ...cutoverFixture(), workloads: [] })).toMatchObject({ title: 'No workload' })
  })
})
