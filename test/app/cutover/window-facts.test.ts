/** What the daemon noted, read for the gates: a window nobody measured is neither green nor red. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diversityOf, lagsOf, streakOf, verifierLagOf } from '../../../src/app/cutover/window-facts.ts'
import { FACT_WINDOW_MS, type WindowFact } from '../../../src/store/cutover-facts.ts'
import { openTemporaryStore, temporaryFile } from '../../store/temporary-store.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const CONSUMERS = [{ name: 'grafana', stalenessMs: 60_000 }]

/** A letter per window: green, red, unknown, silent, or not watched at all (a dot). */
function windowsOf(text: string): WindowFact[] {
  return Array.from(text).flatMap((letter, i): WindowFact[] => {
    if (letter === '.') return []
    const isGreen = letter === 'g' || letter === 's' ? true : letter === 'r' ? false : undefined
    return [{ workload: 'w', startMs: START + i * FACT_WINDOW_MS, isGreen, isSilent: letter === 's', lags: [] }]
  })
}

/** In the middle of the window behind the last. */
function streak(text: string): { hours: number; greenWindows: number } | undefined {
  const nowMs = START + (text.length + 0.5) * FACT_WINDOW_MS
  const found = streakOf(windowsOf(text), nowMs)
  return found && { hours: (nowMs - Date.parse(found.since)) / 3_600_000, greenWindows: found.greenWindows }
}

describe('streak', () => {
  it.each([
    ['gggggg', { hours: 6.5 / 6, greenWindows: 6 }],
    ['gggrgg', { hours: 2.5 / 6, greenWindows: 2 }],
    ['gggggr', { hours: 0, greenWindows: 0 }],
    // A restart, an hour long, is lived through; a longer one is not.
    ['gg......gg', { hours: 10.5 / 6, greenWindows: 4 }],
    ['gg.......gg', { hours: 2.5 / 6, greenWindows: 2 }],
    ['gguuuuuugg', { hours: 10.5 / 6, greenWindows: 4 }],
    ['ggsssssssgg', { hours: 2.5 / 6, greenWindows: 2 }],
    // Red is red, silent or not.
    ['ggg.r.ggg', { hours: 3.5 / 6, greenWindows: 3 }],
  ])('%s', (text, expected) => {
    expect(streak(text)?.greenWindows).toBe(expected.greenWindows)
    expect(streak(text)?.hours).toBeCloseTo(expected.hours)
  })

  it.each(['', '.', 'uuuu', 'ssss', 'ggggg.......'])('is not known of %j', (text) => {
    expect(streak(text)).toBeUndefined()
  })

  it('is never longer for a red window more', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[grus.]{1,40}$/), fc.nat(), (text, at) => {
        const place = at % text.length
        const worse = `${text.slice(0, place)}r${text.slice(place + 1)}`
        expect(streak(worse)?.hours ?? 0).toBeLessThanOrEqual(Math.max(streak(text)?.hours ?? 0, 0))
      }),
    )
  })
})

describe('verifier lag', () => {
  it.each([
    ['g', 0],
    ['gs', 1],
    ['g..', 2],
    ['r', 0],
  ])('%s', (text, lag) => {
    expect(verifierLagOf(windowsOf(text), START + (text.length + 0.5) * FACT_WINDOW_MS)).toBe(lag)
  })

  it('is not known where nobody looked', () => {
    expect(verifierLagOf(windowsOf('ss'), START + 3 * FACT_WINDOW_MS)).toBeUndefined()
  })
})

describe('lag of a consumer', () => {
  it('is the worst of a day', () => {
    const lag = (p99Ms: number, maxMs: number) => [{ consumer: 'grafana', p99Ms, maxMs }]
    const windows = windowsOf('ggg').map((one, i) => ({
      ...one,
      lags: lag([10, 30, 20][i] ?? 0, [900, 50, 60][i] ?? 0),
    }))
    expect(lagsOf(windows, CONSUMERS, START + 3 * FACT_WINDOW_MS)).toEqual([
      { consumer: 'grafana', stalenessMs: 60_000, p99Ms: 30, maxMs: 900, windowMs: 3 * FACT_WINDOW_MS },
    ])
  })

  it('is not known when nobody measured, or not lately', () => {
    const unknown = [{ consumer: 'grafana', stalenessMs: 60_000, p99Ms: null, maxMs: null, windowMs: null }]
    expect(lagsOf(windowsOf('ggg'), CONSUMERS, START + 3 * FACT_WINDOW_MS)).toEqual(unknown)
    const once = windowsOf('g').map((one) => ({ ...one, lags: [{ consumer: 'grafana', p99Ms: 1, maxMs: 1 }] }))
    expect(lagsOf(once, CONSUMERS, START + 9 * FACT_WINDOW_MS)).toEqual(unknown)
  })
})

it('counts what happened to the workload or to all since, and nothing else', () => {
  let nowMs = START
  const { cutoverFacts } = openTemporaryStore(temporaryFile(), () => nowMs)
  cutoverFacts.record({ kind: 'restart', detail: {} })
  nowMs += 1_000
  cutoverFacts.record({ kind: 'restart', detail: {} })
  cutoverFacts.record({ kind: 'outage', workload: 'w', detail: {} })
  cutoverFacts.record({ kind: 'outage', workload: 'other', detail: {} })
  expect(diversityOf(cutoverFacts, 'w', START + 1)).toEqual({
    restarts: 1,
    outages: 1,
    lateBatches: 0,
    clockChanges: 0,
  })
})
