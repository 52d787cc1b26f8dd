/** A historian that fails in every way it can: the same result, and never more requests than allowed. */
import { describe, expect, it } from 'vitest'
import type { Switches } from '../../src/simulator/switches.ts'
import { compareKeys, keyOfRecord, keyOfTruth } from '../harness/expected.ts'
import { startSimulator } from '../harness/simulator.ts'
import { Workbench } from '../harness/workbench.ts'

const LIMIT_MS = 300_000
const REQUESTS_PER_SECOND = 100

const FAULTS: readonly (readonly [string, Partial<Switches>])[] = [
  ['one answer in ten is a 5xx', { serverErrorProbability: 0.1, batchItemErrorProbability: 0.05 }],
  ['429 with Retry-After', { throttleProbability: 0.05, retryAfter: 'seconds', retryAfterSeconds: 1 }],
  ['429 without Retry-After', { throttleProbability: 0.05, retryAfter: 'none' }],
  ['cut connections and truncated answers', { cutProbability: 0.1, truncateProbability: 0.1 }],
  ['web pages and failures under 200', { htmlProbability: 0.05, webExceptionProbability: 0.1 }],
  [
    'rows that cannot be right',
    { undecodableProbability: 0.05, outOfOrderProbability: 0.05, valueErrorProbability: 0.05 },
  ],
  ['ties shuffled between calls', { tieOrder: 'shuffled' }],
  [
    'times parsed by flooring, no batch, totals per streamset',
    { timeParsing: 'floor', batch: false, streamsetMaxCount: 'total' },
  ],
  [
    'all of it at once',
    {
      serverErrorProbability: 0.1,
      throttleProbability: 0.02,
      cutProbability: 0.03,
      truncateProbability: 0.03,
      htmlProbability: 0.02,
      webExceptionProbability: 0.03,
      slowDripProbability: 0.01,
      slowDripBytesPerSecond: 20_000,
      latencyJitterMs: 30,
      tieOrder: 'shuffled',
    },
  ],
]

describe('backfill from a failing historian', () => {
  it.each(FAULTS)('%s', { timeout: LIMIT_MS }, async (_name, switches) => {
    const { simulator, url } = await startSimulator({ scenario: 'conformance', scale: 0.5, switches })
    const bench = new Workbench({
      url,
      log: { kind: 'embedded' },
      pageSize: 500,
      requestsPerSecond: REQUESTS_PER_SECOND,
      piExtra: ['timeout: 10s'],
    })
    try {
      const outcome = await bench.run(['backfill', '--quiet', '--json', '--log-level', 'error'])
      expect(outcome.stderr).toBe('')
      expect(outcome).toMatchObject({ code: 0, signal: null })
      // Where the historian shuffles ties, their places are not the same twice; the samples are.
      const options = { ord: switches.tieOrder !== 'shuffled' }
      const comparison = compareKeys(
        Array.from(simulator.truth(), (row) => keyOfTruth('sim', row, options)),
        (await bench.readLog()).map((text) => keyOfRecord(text, options)),
      )
      expect(comparison).toMatchObject({ missing: 0, extra: 0, examples: [] })
      const counters = simulator.counters()
      expect(counters.writes).toBe(0)
      expect(counters.peakPerSecond).toBeLessThanOrEqual(REQUESTS_PER_SECOND)
    } finally {
      bench.remove()
    }
  })
})
