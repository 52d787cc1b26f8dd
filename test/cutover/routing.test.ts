import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bucketOf,
  decodeRoutingRecord,
  encodeRoutingRecord,
  routingRecordOf,
  sideFor,
  type RoutingRecord,
} from '../../src/cutover/routing.ts'
import { initial } from '../../src/cutover/state.ts'
import { PHASES } from '../../src/domain/workload.ts'

const CANARY: RoutingRecord = {
  v: 1,
  workload: 'boiler-dashboard',
  phase: 'canary',
  serve: 'log',
  cohort: 50,
  version: 9,
  evidence: 'a'.repeat(64),
  at: '2024-05-01T06:00:00.000Z',
}
const ON = { killed: true }
const OFF = { killed: false }

function textWith(changes: Record<string, unknown>): string {
  return JSON.stringify({ ...CANARY, ...changes })
}

describe('routing record', () => {
  it('follows from the state, and can be read in every phase', () => {
    for (const phase of PHASES) {
      const percent = phase === 'canary' ? 10 : ['live', 'soaking', 'retired'].includes(phase) ? 100 : 0
      const record = routingRecordOf({ ...initial('w'), phase, percent, version: 3 }, CANARY.at)
      expect(record.serve).toBe(percent === 0 ? 'historian' : 'log')
      expect(decodeRoutingRecord(encodeRoutingRecord(record))).toEqual(record)
    }
    expect(routingRecordOf({ ...initial('w'), evidence: 'b'.repeat(64) }, CANARY.at)).toEqual({
      v: 1,
      workload: 'w',
      phase: 'registered',
      serve: 'historian',
      cohort: 0,
      version: 0,
      evidence: 'b'.repeat(64),
      at: CANARY.at,
    })
  })

  it('may have grown fields that this version does not know', () => {
    expect(decodeRoutingRecord(textWith({ note: 'later' }))).toEqual(CANARY)
  })

  it('is not followed when it is malformed, of another version, or contradicts itself', () => {
    const texts = [
      '',
      'null',
      '[]',
      textWith({ v: 2 }),
      textWith({ serve: 'kafka' }),
      textWith({ cohort: 101 }),
      textWith({ cohort: 0 }),
      textWith({ serve: 'historian' }),
      textWith({ phase: 'shadowing' }),
      textWith({ phase: 'live' }),
      textWith({ phase: 'verifying', serve: 'historian', cohort: 5 }),
      textWith({ version: -1 }),
      textWith({ workload: '' }),
    ]
    for (const text of texts) expect(decodeRoutingRecord(text), text).toBeUndefined()
  })
})

describe('sideFor', () => {
  it('sends everybody to the historian when it does not know better, or is told to', () => {
    fc.assert(
      fc.property(fc.string(), (consumer) => {
        expect(sideFor(undefined, consumer, OFF)).toBe('historian')
        expect(sideFor({ ...CANARY, phase: 'live', cohort: 100 }, consumer, ON)).toBe('historian')
        expect(sideFor({ ...CANARY, phase: 'shadowing', serve: 'historian', cohort: 0 }, consumer, OFF)).toBe(
          'historian',
        )
        expect(sideFor({ ...CANARY, phase: 'live', cohort: 100 }, consumer, OFF)).toBe('log')
      }),
    )
  })

  it('keeps a consumer on the log when the share grows, and on its side as long as nothing changes', () => {
    const share = fc.integer({ min: 1, max: 100 })
    fc.assert(
      fc.property(fc.string(), share, share, (consumer, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)]
        if (sideFor({ ...CANARY, cohort: less }, consumer, OFF) === 'log') {
          expect(sideFor({ ...CANARY, cohort: more, version: 10 }, consumer, OFF)).toBe('log')
        }
      }),
    )
  })
})

describe('bucketOf', () => {
  it('is what the contract says, so that clients in other languages agree', () => {
    // printf 'boiler-dashboard\ngrafana' | sha256sum; first eight digits as a number, modulo 100.
    expect(bucketOf('grafana', 'boiler-dashboard')).toBe(94)
    expect(bucketOf('Leitstand \u00f6st', 'boiler-dashboard')).toBe(82)
  })

  it('spreads consumers evenly, and differently for each workload', () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `consumer ${i}`)
    const served = names.filter((name) => bucketOf(name, 'w') < 10).length
    expect(served).toBeGreaterThan(850)
    expect(served).toBeLessThan(1_150)
    expect(names.filter((name) => bucketOf(name, 'w') === bucketOf(name, 'x')).length).toBeLessThan(300)
  })
})
