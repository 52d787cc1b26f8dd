/** Servers keep few continuation points: what they cannot keep costs time, never rows, and none is left behind. */
import { describe, expect, test } from 'vitest'
import { type Dialect, DIALECTS } from '../../../src/simulator/opcua/dialect.ts'
import type { ExtraNode } from '../../../src/simulator/opcua/plant.ts'
import type { SamplePage } from '../../../src/source/source.ts'
import { startOpcUa, startOpcUaProxy } from '../../harness/opcua.ts'
import { EVERYTHING, factsOfSamples, factsOfTruth, NO_SIGNAL, openSource, readAll, tagNamed } from './reading.ts'

const START = 17_600_000_000_000_000n
const SECOND = 10_000_000n

function steady(name: string, count: number): ExtraNode {
  const rows = Array.from({ length: count }, (_, i) => ({
    ticks: START + BigInt(i) * SECOND,
    status: 0,
    value: { type: 'Double', value: i } as const,
  }))
  return { name, type: 'Double', rows }
}

function keeping(limit: number, aboveLimit: 'refused' | 'oldest-freed' = 'refused'): Dialect {
  return { ...DIALECTS.strict, ties: 'all', continuation: { ...DIALECTS.strict.continuation, limit, aboveLimit } }
}

describe.each([1, 3])('a server that keeps %d continuation points', (limit) => {
  test.each(['refused', 'oldest-freed'] as const)('is read by many at once: %s', async (aboveLimit) => {
    const extraNodes = Array.from({ length: 12 }, (_, i) => steady(`A${i}`, 60))
    const { server } = await startOpcUa({ scenario: 'empty', dialect: keeping(limit, aboveLimit), extraNodes })
    // Waiting for each other costs no patience.
    const source = await openSource(server, { maxAttempts: aboveLimit === 'refused' ? 1 : 8 })
    const tags = await Promise.all(extraNodes.map(({ name }) => tagNamed(source, name)))
    const results = await Promise.all(tags.map((tag) => readAll(source, tag, 7)))
    for (const [i, samples] of results.entries()) {
      expect(factsOfSamples(samples)).toEqual(factsOfTruth(server.truth(`A${i}`)))
    }
    await expect.poll(() => server.counters().openContinuationPoints).toBe(0)
  })

  test('and those whose answers were lost are no loss for good', async () => {
    const dialect = keeping(limit)
    const { server } = await startOpcUa({ scenario: 'empty', dialect, extraNodes: [steady('A', 50)] })
    const proxy = await startOpcUaProxy(server)
    const source = await openSource(server, { endpoint: proxy.endpoint, maxAttempts: 4 })
    const tag = await tagNamed(source, 'A')
    for (let i = 0; i < 10; i++) {
      proxy.lose('history-read', 'cut')
      expect(factsOfSamples(await readAll(source, tag, 7))).toEqual(factsOfTruth(server.truth('A')))
    }
    // A session is given up only when it is in the way, and is closed then.
    expect(server.counters().sessions).toBeLessThanOrEqual(1 + Math.ceil(10 / limit))
    await source.close()
    await expect.poll(() => server.counters().openContinuationPoints).toBe(0)
  })

  test('and those whose answers came too late, or to nobody, are given back', async () => {
    const dialect = keeping(limit)
    const { server } = await startOpcUa({ scenario: 'empty', dialect, extraNodes: [steady('A', 50)] })
    const source = await openSource(server, { timeoutMs: 1500, maxAttempts: 20 })
    const tag = await tagNamed(source, 'A')
    for (let i = 0; i < 2; i++) {
      server.delayNext(1, 2000)
      expect(factsOfSamples(await readAll(source, tag, 7))).toEqual(factsOfTruth(server.truth('A')))
    }
    for (let i = 0; i < 4; i++) {
      server.delayNext(1, 60)
      const giveUp = new AbortController()
      const first = source.read(tag, EVERYTHING, { pageSize: 7 }, giveUp.signal)[Symbol.asyncIterator]().next()
      const before = server.counters().historyReads
      await expect.poll(() => server.counters().historyReads, { interval: 1 }).toBeGreaterThan(before)
      giveUp.abort(new Error('enough'))
      await expect(first).rejects.toThrow('enough')
    }
    expect(factsOfSamples(await readAll(source, tag, 7))).toEqual(factsOfTruth(server.truth('A')))
    await expect.poll(() => server.counters().openContinuationPoints).toBe(0)
  })
})

test('one that is held by a reader who takes his time holds the others back, but not for ever', async () => {
  const extraNodes = [steady('A', 60), steady('B', 60)]
  const { server } = await startOpcUa({ scenario: 'empty', dialect: keeping(1), extraNodes })
  const source = await openSource(server, { timeoutMs: 1500, maxAttempts: 2 })
  const [a, b] = [await tagNamed(source, 'A'), await tagNamed(source, 'B')]
  const slow = source.read(a, EVERYTHING, { pageSize: 7 }, NO_SIGNAL)[Symbol.asyncIterator]()
  const pages: SamplePage[] = [(await slow.next()).value as SamplePage]
  await expect(readAll(source, b, 7)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE', retryable: true })
  const reading = readAll(source, b, 7)
  for (let next = await slow.next(); next.done !== true; next = await slow.next()) pages.push(next.value)
  expect(factsOfSamples(pages.flatMap((page) => page.samples))).toEqual(factsOfTruth(server.truth('A')))
  expect(factsOfSamples(await reading)).toEqual(factsOfTruth(server.truth('B')))
})
