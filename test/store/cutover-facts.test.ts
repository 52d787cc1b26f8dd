import { expect, test } from 'vitest'
import { FACT_WINDOW_MS, type WindowFact } from '../../src/store/cutover-facts.ts'
import { refusal } from './refusal.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const DAY_MS = 86_400_000
const NOON = 1_714_564_800_000

function windowAt(startMs: number, change: Partial<WindowFact> = {}): WindowFact {
  return { workload: 'boiler', startMs, isGreen: true, isSilent: false, lags: [], ...change }
}

test('windows come back in order, as they were noted last, and only those of the workload', () => {
  const { cutoverFacts } = openTemporaryStore(temporaryFile(), () => NOON)
  const lags = [{ consumer: 'grafana', p99Ms: 900, maxMs: 1_500.5 }]
  cutoverFacts.recordWindow(windowAt(NOON + FACT_WINDOW_MS, { isGreen: undefined, isSilent: true }))
  cutoverFacts.recordWindow(windowAt(NOON + 123_456, { isGreen: false }))
  cutoverFacts.recordWindow(windowAt(NOON + FACT_WINDOW_MS - 1, { lags }))
  cutoverFacts.recordWindow(windowAt(NOON, { workload: 'press', isGreen: false }))

  expect(cutoverFacts.windows('boiler', NOON, NOON + DAY_MS)).toEqual([
    windowAt(NOON, { lags }),
    windowAt(NOON + FACT_WINDOW_MS, { isGreen: undefined, isSilent: true }),
  ])
  expect(cutoverFacts.windows('boiler', NOON + 1, NOON + FACT_WINDOW_MS)).toEqual([])
})

test('facts come back newest first, of their kind, since a time, bounded', () => {
  let now = NOON
  const { cutoverFacts } = openTemporaryStore(temporaryFile(), () => now)
  cutoverFacts.record({ kind: 'restart', detail: {} })
  cutoverFacts.record({ kind: 'seeded-faults', workload: 'boiler', detail: { planted: 12, found: 12 } })
  now += 1_000
  cutoverFacts.record({ kind: 'restart', detail: { version: '1.0' } })

  const [second, first] = [
    { atMs: NOON + 1_000, kind: 'restart', detail: { version: '1.0' } },
    { atMs: NOON, kind: 'restart', detail: {} },
  ]
  expect(cutoverFacts.facts('restart', NOON, 10)).toEqual([second, first])
  expect(cutoverFacts.facts('restart', NOON, 1)).toEqual([second])
  expect(cutoverFacts.facts('restart', NOON + 1, 10)).toEqual([second])
  expect(cutoverFacts.facts('seeded-faults', 0, 10)).toEqual([
    { atMs: NOON, kind: 'seeded-faults', workload: 'boiler', detail: { planted: 12, found: 12 } },
  ])
  expect(cutoverFacts.facts('outage', 0, 10)).toEqual([])
})

test('a kind that nobody knows is refused', () => {
  const { cutoverFacts } = openTemporaryStore(temporaryFile())
  expect(refusal(() => cutoverFacts.record({ kind: 'party' as 'restart', detail: {} })).code).toBe('BANYAN_INTERNAL')
})

test('after 90 days they are forgotten, not before', () => {
  let now = NOON
  const { cutoverFacts } = openTemporaryStore(temporaryFile(), () => now)
  cutoverFacts.recordWindow(windowAt(NOON))
  cutoverFacts.record({ kind: 'outage', detail: {} })
  const kept = (): number =>
    cutoverFacts.windows('boiler', NOON, NOON + 1).length + cutoverFacts.facts('outage', 0, 10).length
  for (const [age, expected] of [
    [90 * DAY_MS, 2],
    [90 * DAY_MS + 1, 0],
  ] as const) {
    now = NOON + age
    cutoverFacts.recordWindow(windowAt(now))
    cutoverFacts.record({ kind: 'restart', detail: {} })
    expect(kept()).toBe(expected)
  }
})
