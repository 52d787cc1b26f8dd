import { beforeEach, describe, expect, test } from 'vitest'
import { WorkloadWatch, type WatchedStanding, type WatchSample } from '../../src/daemon/workload-watch.ts'
import { NO_VERDICTS } from '../../src/domain/verdict.ts'
import type { Phase } from '../../src/domain/workload.ts'
import { FACT_WINDOW_MS, type WindowFact } from '../../src/store/cutover-facts.ts'

const START_MS = 1_000 * FACT_WINDOW_MS
const CONSUMERS = [{ name: 'grafana', stalenessMs: 60_000 }]
const GREEN = { ...NO_VERDICTS, match: 8, explained: 1, waived: 1 }
const GOOD: WatchSample = { cells: GREEN, lagMs: 40_000, passes: [5] }

/** In place of the table: what was noted, by window. */
class Facts {
  readonly noted = new Map<number, WindowFact>()

  recordWindow(fact: WindowFact): void {
    this.noted.set(fact.startMs, fact)
  }

  windows(_workload: string, fromMs: number, untilMs: number): WindowFact[] {
    return [...this.noted.values()].filter(({ startMs }) => startMs >= fromMs && startMs < untilMs)
  }
}

let facts: Facts
let watch: WorkloadWatch
let nowMs: number
let passes: number

beforeEach(() => {
  facts = new Facts()
  watch = new WorkloadWatch('boiler', facts)
  nowMs = START_MS
  passes = 5
})

function standing(phase: Phase, enteredAt?: string): WatchedStanding {
  return {
    state: { phase, frozen: undefined, enteredAt: enteredAt === undefined ? {} : { [phase]: enteredAt } },
    consumers: CONSUMERS,
    policy: { maxUpperRate: 1e-5 },
  }
}

/** Begins the next window with the sample, and notes it: answers what the one before led to. */
function window(phase: Phase, sample: Partial<WatchSample> & { readonly isSilent?: boolean } = {}) {
  const { isSilent = false, ...over } = sample
  const decision = watch.observe(standing(phase), { ...GOOD, passes: [passes], ...over }, nowMs)
  if (!isSilent) passes += 1
  watch.observe(standing(phase), { ...GOOD, passes: [passes], ...over }, nowMs + FACT_WINDOW_MS - 1)
  watch.note(CONSUMERS)
  nowMs += FACT_WINDOW_MS
  return decision.kind === 'rollback' ? `${decision.kind}: ${decision.cause}` : decision.kind
}

function windows(phase: Phase, count: number, sample: Parameters<typeof window>[1] = {}): string[] {
  return Array.from({ length: count }, () => window(phase, sample))
}

describe('what is noted', () => {
  function noted(): WindowFact {
    watch.note(CONSUMERS)
    return facts.noted.get(START_MS)!
  }

  test('green, if everything was at any moment and nothing ever differed', () => {
    watch.observe(standing('verifying'), { ...GOOD, cells: { ...GREEN, pending: 2 } }, nowMs)
    expect(noted().isGreen).toBeUndefined()
    watch.observe(standing('verifying'), GOOD, nowMs + 1)
    expect(noted().isGreen).toBe(true)
    watch.observe(standing('verifying'), { ...GOOD, cells: { ...GREEN, mismatch: 1 } }, nowMs + 2)
    watch.observe(standing('verifying'), GOOD, nowMs + 3)
    expect(noted().isGreen).toBe(false)
  })

  test('the worst lag and its p99, for each consumer; nothing where nothing was measured', () => {
    watch.observe(standing('verifying'), { ...GOOD, lagMs: undefined }, nowMs)
    expect(noted().lags).toEqual([])
    for (let i = 1; i <= 100; i++) watch.observe(standing('verifying'), { ...GOOD, lagMs: i * 1_000 }, nowMs + i)
    expect(noted().lags).toEqual([{ consumer: 'grafana', p99Ms: 99_000, maxMs: 100_000 }])
  })

  test('silent, until every verifier has gone through since the window began', () => {
    const observe = (...went: number[]): boolean => {
      watch.observe(standing('verifying'), { ...GOOD, passes: went }, (nowMs += 1))
      return noted().isSilent
    }
    expect([observe(4, 9), observe(5, 9), observe(5, 10)]).toEqual([true, true, false])
  })
})

describe('a served workload', () => {
  test('stays where all is well', () => {
    expect(new Set(windows('live', 20))).toEqual(new Set(['none']))
  })

  test('goes back at once when a cell differs, also for the first sample there is', () => {
    const cells = { ...GREEN, mismatch: 1 }
    expect(watch.observe(standing('live'), { ...GOOD, cells }, nowMs)).toMatchObject({
      kind: 'rollback',
      cause: 'mismatch',
    })
  })

  test('goes back when it is late for three windows', () => {
    expect(windows('live', 4, { lagMs: 180_001 })).toEqual(['none', 'none', 'none', 'rollback: lag'])
  })

  test('goes back in canary, and is frozen in live, when nobody checks it for more than two windows', () => {
    expect(windows('canary', 4, { isSilent: true })).toEqual(['none', 'none', 'none', 'rollback: silence'])
    watch = new WorkloadWatch('press', new Facts())
    expect(windows('live', 4, { isSilent: true })).toEqual(['none', 'none', 'none', 'freeze'])
  })

  test('a measurement that is missing is silence', () => {
    expect(windows('canary', 4, { lagMs: undefined })).toEqual(['none', 'none', 'none', 'rollback: silence'])
    watch = new WorkloadWatch('press', new Facts())
    expect(windows('canary', 4, { cells: undefined })).toEqual(['none', 'none', 'none', 'rollback: silence'])
  })
})

test('a workload that is not served is only noted', () => {
  expect(new Set(windows('shadowing', 9, { lagMs: 1e9, cells: { ...GREEN, mismatch: 3 } }))).toEqual(new Set(['none']))
  expect(facts.noted.size).toBe(9)
})

describe('a restart', () => {
  test('does not forget the bad windows before it', () => {
    windows('canary', 2, { isSilent: true })
    watch = new WorkloadWatch('boiler', facts)
    expect(windows('canary', 2, { isSilent: true })).toEqual(['none', 'rollback: silence'])
  })

  test('counts none from before the phase was entered', () => {
    windows('canary', 2, { isSilent: true })
    watch = new WorkloadWatch('boiler', facts)
    const entered = standing('canary', new Date(nowMs).toISOString())
    watch.observe(entered, { ...GOOD, passes: [passes] }, nowMs)
    expect(watch.observe(entered, { ...GOOD, passes: [passes] }, nowMs + FACT_WINDOW_MS).kind).toBe('none')
  })
})
