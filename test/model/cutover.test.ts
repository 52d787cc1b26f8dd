/**
 * The model: the production reducer and the production as-of gate in a small adversarial world, searched completely.
 * Twice the gate is replaced by one that is known to be unsafe, and once by half of it, to show that the search can
 * fail.
 */
import { describe, expect, it } from 'vitest'
import { searchTheWholeWay, searchToTheFlip, traceText, walk, type Setting } from './cutover-model.ts'
import type { Found } from './search.ts'
import { asOf, asOfWithoutFolding, marker, streak } from './step-gates.ts'
import type { World } from './world.ts'

const QUICK: Setting = {
  gate: asOf,
  feed: 'lossy',
  isLogDamaged: false,
  areLooksSlow: false,
  areStreaksCounted: false,
  doesClockStep: false,
  arePeopleAtWork: false,
  areDecisionsKept: true,
}
const SLOW: Setting = { ...QUICK, areLooksSlow: true }

/** Fewer would mean that the search has become vacuous. */
const STATES_MIN = 1_000

function told(name: string, found: Found<World>): Found<World> {
  const { states, transitions, violation } = found
  const text = violation === undefined ? '' : `\n${violation.broken}\n${traceText(violation.trace)}`
  process.stdout.write(`${name}: ${states} states, ${transitions} transitions${text}\n`)
  return found
}

/** What was found, where nothing may be broken and there must have been enough to break. */
function safe(name: string, found: Found<World>): Found<World> {
  told(name, found)
  expect(found.violation).toBeUndefined()
  expect(found.states).toBeGreaterThan(STATES_MIN)
  expect(found.moves).toContain('advance')
  return found
}

describe('no flip without evidence', () => {
  it('with notices in order, lost ones, and late verdicts', () => {
    safe('ordered feed', searchToTheFlip({ ...QUICK, feed: 'ordered' }))
    safe('lossy feed', searchToTheFlip(QUICK))
    const { moves } = safe('erratic feed, slow looks', searchToTheFlip({ ...SLOW, feed: 'erratic' }))
    expect(moves).toContain('advance as decided before')
    expect(moves).toContain('crash and restart')
  })

  it('with a log that goes wrong and is folded late', () => {
    const { moves } = safe('damaged log', searchToTheFlip({ ...QUICK, feed: 'erratic', isLogDamaged: true }))
    expect(moves).toContain('damage w0 in the log')
  })
})

describe('the whole way', () => {
  it('keeps every invariant, from nothing to retired, whatever people and clocks do', () => {
    const setting: Setting = {
      ...QUICK,
      feed: 'erratic',
      doesClockStep: true,
      arePeopleAtWork: true,
      areDecisionsKept: false,
    }
    const { reached, moves } = safe('the whole way', searchTheWholeWay(setting))
    const phases = new Set(reached.map(({ machine }) => machine.phase))
    expect([...phases]).toEqual([
      'registered',
      'backfilling',
      'mirroring',
      'verifying',
      'shadowing',
      'canary',
      'live',
      'soaking',
      'retired',
    ])
    for (const move of ['freeze', 'thaw', 'drill', 'roll back (mismatch)', 'lift the quarantine', 'begin an epoch']) {
      expect(moves).toContain(move)
    }
  })
})

describe('the search finds what is unsafe', () => {
  it('in two green windows in a row, in the five steps that are known', () => {
    const setting: Setting = { ...SLOW, gate: streak, areStreaksCounted: true }
    const steps = ['verify w0 -> green', 'edit w0', 'verify w1 -> green', 'request', 'advance']
    const { violation } = told('streak gate', searchToTheFlip(setting))
    expect(violation?.trace).toHaveLength(steps.length)
    expect(violation?.broken).toContain('I1')
    expect(walk(setting, steps)).toContain('I1: w0 was never found equal as of the request')
    expect(searchToTheFlip({ ...setting, feed: 'ordered' }).violation?.trace).toHaveLength(steps.length)
  })

  it('in "no notice is on its way and nothing is doubted", where notices are lost and only there', () => {
    const { violation } = told('marker gate, lossy feed', searchToTheFlip({ ...SLOW, gate: marker }))
    expect(violation?.broken).toContain('I1')
    expect(violation?.trace.join()).toMatch(/is lost|crash/)
    safe('marker gate, ordered feed', searchToTheFlip({ ...QUICK, gate: marker, feed: 'ordered' }))
  })

  it('in the as-of gate itself, when it does not wait for the log to be folded', () => {
    const setting: Setting = { ...SLOW, gate: asOfWithoutFolding, isLogDamaged: true }
    const { violation } = told('as-of gate without folding', searchToTheFlip(setting))
    expect(violation?.broken).toContain('I1: the log held less')
  })
})
