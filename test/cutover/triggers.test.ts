import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  NO_WINDOWS,
  observeWindow,
  type TriggerCounters,
  type TriggerDecision,
  type WindowObservation,
} from '../../src/cutover/triggers.ts'
import { PHASES, SERVING_PHASES, isServing, type Phase } from '../../src/domain/workload.ts'

const good: WindowObservation = {
  mismatchedCells: 0,
  isBoundExceeded: false,
  hasLooked: true,
  lags: [{ consumer: 'grafana', stalenessMs: 60_000, lagMs: 180_000 }],
}
const late: WindowObservation = { ...good, lags: [{ consumer: 'grafana', stalenessMs: 60_000, lagMs: 180_001 }] }
const silent: WindowObservation = { ...good, hasLooked: false }
const wrong: WindowObservation = { ...good, mismatchedCells: 1 }

/** What each window leads to, in one phase. */
function decisionsIn(phase: Phase, windows: readonly WindowObservation[]): TriggerDecision[] {
  let counters: TriggerCounters = NO_WINDOWS
  return windows.map((window) => {
    const step = observeWindow({ phase, frozen: undefined }, counters, window)
    counters = step.counters
    return step.decision
  })
}

function kindsIn(phase: Phase, windows: readonly WindowObservation[]): string[] {
  return decisionsIn(phase, windows).map((one) => (one.kind === 'rollback' ? one.cause : one.kind))
}

describe('a served workload goes back by itself', () => {
  it.each(SERVING_PHASES)('in %s, at once when a served cell is found to differ', (phase) => {
    expect(decisionsIn(phase, [wrong])).toEqual([
      { kind: 'rollback', cause: 'mismatch', reason: '1 served cells differ from the historian' },
    ])
  })

  it.each(SERVING_PHASES)('in %s, at once when too many cells differ', (phase) => {
    expect(kindsIn(phase, [{ ...good, isBoundExceeded: true }])).toEqual(['bound'])
  })

  it.each(SERVING_PHASES)('in %s, after three late windows', (phase) => {
    expect(kindsIn(phase, [late, late, late])).toEqual(['none', 'none', 'lag'])
  })

  it('names the consumer that is served too late', () => {
    const punctual = { consumer: 'archive', stalenessMs: 3_600_000, lagMs: 180_001 }
    const both = { ...late, lags: [punctual, ...late.lags] }
    expect(decisionsIn('live', [both, both, both])[2]).toMatchObject({
      reason: expect.stringContaining('grafana') as string,
    })
  })

  it('in canary, when nobody has looked for more than two windows', () => {
    expect(kindsIn('canary', [silent, silent, silent])).toEqual(['none', 'none', 'silence'])
  })

  it.each(['live', 'soaking'] as const)('not in %s, where silence freezes', (phase) => {
    expect(kindsIn(phase, [silent, silent, silent])).toEqual(['none', 'none', 'freeze'])
  })
})

describe('a measurement that is missing', () => {
  it.each<[string, Partial<WindowObservation>]>([
    ['mismatches', { mismatchedCells: undefined }],
    ['the bound', { isBoundExceeded: undefined }],
    ['the look', { hasLooked: undefined }],
    ['all lags', { lags: [] }],
    ['one lag', { lags: [...good.lags, { consumer: 'archive', stalenessMs: 1, lagMs: undefined }] }],
    ['a lag that is no number', { lags: [{ consumer: 'archive', stalenessMs: 1, lagMs: NaN }] }],
  ])('is silence: %s', (_, change) => {
    const window = { ...good, ...change }
    expect(kindsIn('canary', [window, window, window])).toEqual(['none', 'none', 'silence'])
  })

  it('hides nothing that was measured', () => {
    expect(kindsIn('live', [{ ...silent, mismatchedCells: 1 }])).toEqual(['mismatch'])
  })
})

describe('hysteresis', () => {
  it('forgets after a good window', () => {
    expect(kindsIn('canary', [late, late, good, late, late])).not.toContain('lag')
    expect(kindsIn('canary', [silent, silent, good, silent, silent])).not.toContain('silence')
  })

  it('forgets after no other window', () => {
    expect(kindsIn('canary', [late, late, silent, late])).toEqual(['none', 'none', 'none', 'lag'])
    expect(kindsIn('canary', [silent, silent, late, silent])).toEqual(['none', 'none', 'none', 'silence'])
  })

  it('does not freeze what is frozen', () => {
    const frozen = { at: '', by: 'ada', reason: null }
    const step = observeWindow({ phase: 'live', frozen }, { late: 0, silent: 9 }, silent)
    expect(step.decision.kind).toBe('none')
  })

  it.each(PHASES.filter((phase) => !isServing(phase)))('counts nothing in %s', (phase) => {
    const step = observeWindow({ phase, frozen: undefined }, { late: 9, silent: 9 }, wrong)
    expect(step).toEqual({ counters: NO_WINDOWS, decision: { kind: 'none' } })
  })

  const window = fc.constantFrom(good, late, silent, { ...late, hasLooked: false })

  it('needs three bad windows, and stays decided until a good one', () => {
    fc.assert(
      fc.property(fc.array(window, { maxLength: 20 }), (windows) => {
        const decisions = kindsIn('canary', windows)
        for (const [at, decision] of decisions.entries()) {
          const sinceGood = windows.slice(windows.slice(0, at + 1).lastIndexOf(good) + 1, at + 1)
          const bad = (isBad: (one: WindowObservation) => boolean): number => sinceGood.filter(isBad).length
          const isLateNow = windows[at]?.lags[0]?.lagMs === 180_001
          const isLag = isLateNow && bad(({ lags }) => lags === late.lags) >= 3
          const isSilence = bad(({ hasLooked }) => hasLooked === false) >= 3
          expect(decision).toBe(isLag ? 'lag' : isSilence ? 'silence' : 'none')
        }
      }),
    )
  })
})
