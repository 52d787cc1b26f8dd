/** The consumer program shares no code with Banyan; here is what it must have in common with it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as client from '../../fixtures/routing-consumer/routing.ts'
import { timeOf } from '../../fixtures/routing-consumer/side.ts'
import {
  bucketOf,
  decodeRoutingRecord,
  encodeRoutingRecord,
  sideFor,
  type RoutingRecord,
} from '../../src/cutover/routing.ts'
import { formatTicks, parseTicks, ticks } from '../../src/domain/ticks.ts'

const LIVE: RoutingRecord = {
  v: 1,
  workload: 'boiler',
  phase: 'live',
  serve: 'log',
  cohort: 100,
  version: 12,
  evidence: null,
  at: '2026-03-01T09:30:00.0000000Z',
}

test('docs/routing.md lists buckets as both compute them', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'routing.md'), 'utf8')
  const vectors = [...text.matchAll(/^\| `([^`]+)` *\| `([^`]+)` *\| (\d+) *\|$/gm)].map((row) => row.slice(1))
  expect(vectors).toHaveLength(4)
  for (const [workload = '', consumer = '', bucket] of vectors) {
    expect([bucketOf(consumer, workload), client.bucketOf(consumer, workload)]).toEqual([
      Number(bucket),
      Number(bucket),
    ])
  }
})

test('whoever it is and whatever the share, both say the same side', () => {
  const share = fc.integer({ min: 0, max: 100 })
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' }), share, (consumer, cohort) => {
      const record: RoutingRecord =
        cohort === 0
          ? { ...LIVE, phase: 'shadowing', serve: 'historian', cohort }
          : { ...LIVE, phase: cohort === 100 ? 'live' : 'canary', cohort }
      const routing = client.routingOf(encodeRoutingRecord(record), 'boiler')
      expect(client.sideOf(routing, consumer)).toBe(sideFor(record, consumer, { killed: false }))
    }),
  )
})

describe('what it does not follow, it does not take for the log', () => {
  const text = encodeRoutingRecord(LIVE)
  test.each([
    '',
    'null',
    '[]',
    '7',
    text.slice(0, -1),
    text.replace('"v":1', '"v":2'),
    text.replace('"boiler"', '"press"'),
    text.replace('"cohort":100', '"cohort":0'),
    text.replace('"cohort":100', '"cohort":101'),
    text.replace('"cohort":100', '"cohort":"100"'),
    text.replace('"version":12', '"version":"12"'),
    text.replace('"serve":"log"', '"serve":"historian"'),
    text.replace('"serve":"log"', '"serve":"kafka"'),
  ])('%s', (broken) => {
    expect(client.sideOf(client.routingOf(broken, 'boiler'), 'grafana')).toBe('historian')
    expect(decodeRoutingRecord(broken)?.workload).not.toBe('boiler')
  })

  test('and what is whole, it follows', () => {
    expect(client.sideOf(client.routingOf(text, 'boiler'), 'grafana')).toBe('log')
  })
})

test('times of both sides compare as texts', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 4_102_444_800n * 10_000_000n }), (at) => {
      const text = formatTicks(ticks(at))
      const trimmed = text.replace(/0+Z$/, 'Z').replace(/\.Z$/, 'Z')
      expect(timeOf(trimmed)).toBe(text)
      expect(parseTicks(timeOf(trimmed))).toBe(at)
    }),
  )
  expect(() => timeOf('2026-03-01T09:30:00+01:00')).toThrow('not a time in UTC')
})
