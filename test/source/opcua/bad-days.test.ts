/** Days on which the server, the network or the account misbehaves: a read is exact, or it fails and says why. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Sample } from '../../../src/domain/sample.ts'
import { ticks } from '../../../src/domain/ticks.ts'
import { window } from '../../../src/domain/window.ts'
import { DIALECT_NAMES, DIALECTS } from '../../../src/simulator/opcua/dialect.ts'
import type { ExtraNode } from '../../../src/simulator/opcua/plant.ts'
import type { Phase } from '../../harness/opcua-proxy.ts'
import { startOpcUa, startOpcUaProxy } from '../../harness/opcua.ts'
import { EVERYTHING, factsOfSamples, factsOfTruth, NO_SIGNAL, openSource, readAll, tagNamed } from './reading.ts'

const START = 17_600_000_000_000_000n
const SECOND = 10_000_000n

function steady(name: string, count: number, first = 0): ExtraNode {
  const rows = Array.from({ length: count }, (_, i) => ({
    ticks: START + BigInt(i) * SECOND,
    status: 0,
    value: { type: 'Double', value: first + i } as const,
  }))
  return { name, type: 'Double', rows }
}

const UNKNOWN = 'NO.SUCH.NODE'

describe('a connection that breaks', () => {
  test.each<Phase>(['hello', 'open', 'create-session', 'activate-session', 'read', 'history-read'])(
    'at %s',
    async (phase) => {
      const { server } = await startOpcUa({ scenario: 'empty', extraNodes: [steady('A', 50)] })
      const proxy = await startOpcUaProxy(server)
      const source = await openSource(server, { endpoint: proxy.endpoint })
      proxy.lose(phase, 'cut', { times: 2 })
      const tag = await tagNamed(source, 'A')
      proxy.lose('history-read', 'cut', { skip: 1, times: 2 })
      expect(factsOfSamples(await readAll(source, tag, 7))).toEqual(factsOfTruth(server.truth('A')))
      expect(proxy.hits).toBeGreaterThan(2)
    },
  )

  test.each(['cut', 'silence'] as const)('at browse: %s', async (loss) => {
    const { server } = await startOpcUa({ scenario: 'empty', extraNodes: [steady('A', 5), steady('B', 5)] })
    const proxy = await startOpcUaProxy(server)
    const nodes = { kind: 'browse', root: server.addressOf('Plant') } as const
    const source = await openSource(server, { endpoint: proxy.endpoint, nodes, timeoutMs: 1500 })
    proxy.lose('browse', loss)
    const { tags } = await source.catalogue({ include: ['*'], exclude: [], names: [] }, NO_SIGNAL)
    expect(tags.map(({ name }) => name)).toEqual(['A', 'B'])
    expect(proxy.hits).toBe(1)
  })

  test.each<Phase>(['hello', 'create-session', 'read', 'history-read'])('without a word, at %s', async (phase) => {
    const { server } = await startOpcUa({ scenario: 'empty', extraNodes: [steady('A', 50)] })
    const proxy = await startOpcUaProxy(server)
    const source = await openSource(server, { endpoint: proxy.endpoint, timeoutMs: 300 })
    proxy.lose(phase, 'silence')
    const tag = await tagNamed(source, 'A')
    expect(factsOfSamples(await readAll(source, tag, 7))).toEqual(factsOfTruth(server.truth('A')))
    expect(proxy.hits).toBe(1)
  })

  test('for good', async () => {
    const { server } = await startOpcUa({ scenario: 'empty', extraNodes: [steady('A', 50)] })
    const source = await openSource(server, { maxAttempts: 3 })
    const tag = await tagNamed(source, 'A')
    await server.stop()
    await expect(readAll(source, tag, 7)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE', retryable: true })
    await server.start()
    expect(await readAll(source, tag, 7)).toHaveLength(50)
  })

  test('many times keeps one session at the server', async () => {
    const { server } = await startOpcUa({ scenario: 'empty', extraNodes: [steady('A', 50)] })
    const proxy = await startOpcUaProxy(server)
    const source = await openSource(server, { endpoint: proxy.endpoint, maxAttempts: 40 })
    const tag = await tagNamed(source, 'A')
    for (let i = 0; i < 10; i++) {
      proxy.lose('history-read', 'cut')
      expect(await readAll(source, tag, 1000)).toHaveLength(50)
    }
    expect(server.counters().sessions).toBe(1)
  })
})

describe('a session that ends', () => {
  test.each(DIALECT_NAMES)('between pages, %s', async (dialect) => {
    const { server } = await startOpcUa({ scenario: 'empty', dialect, extraNodes: [steady('A', 50)] })
    const source = await openSource(server)
    const tag = await tagNamed(source, 'A')
    const samples: Sample[] = []
    for await (const page of source.read(tag, EVERYTHING, { pageSize: 7 }, NO_SIGNAL)) {
      samples.push(...page.samples)
      server.killSessions()
    }
    expect(factsOfSamples(samples)).toEqual(factsOfTruth(server.truth('A')))
  })

  test('with the server, whose next life gives the continuation point to somebody else', async () => {
    const extraNodes = [steady('BIG', 60), steady('OTHER', 60, 1000)]
    const { server } = await startOpcUa({ scenario: 'empty', dialect: 'node-opcua', extraNodes })
    const source = await openSource(server)
    const [big, other] = [await tagNamed(source, 'BIG'), await tagNamed(source, 'OTHER')]
    const others: Sample[] = []
    const readOther = async (): Promise<void> => {
      others.push(...(await readAll(source, other, 10)))
    }
    const samples: Sample[] = []
    let reading: Promise<void> | undefined
    for await (const page of source.read(big, EVERYTHING, { pageSize: 10 }, NO_SIGNAL)) {
      samples.push(...page.samples)
      if (reading !== undefined) continue
      await server.restart()
      reading = readOther()
    }
    await reading
    expect(factsOfSamples(samples)).toEqual(factsOfTruth(server.truth('BIG')))
    expect(factsOfSamples(others)).toEqual(factsOfTruth(server.truth('OTHER')))
  })

  test('with the server, whose next life counts its namespaces otherwise', async () => {
    const { server } = await startOpcUa({ scenario: 'empty', extraNodes: [steady('A', 50)] })
    const source = await openSource(server)
    const tag = await tagNamed(source, 'A')
    const samples: Sample[] = []
    for await (const page of source.read(tag, EVERYTHING, { pageSize: 20 }, NO_SIGNAL)) {
      samples.push(...page.samples)
      await server.restart({ namespacesBefore: 3 })
    }
    expect(factsOfSamples(samples)).toEqual(factsOfTruth(server.truth('A')))
  })
})

describe('a server that is late', () => {
  test('an answer after the deadline is not waited for, nor believed', async () => {
    const { server } = await startOpcUa({ scenario: 'empty', extraNodes: [steady('A', 50)] })
    const source = await openSource(server, { timeoutMs: 300 })
    const tag = await tagNamed(source, 'A')
    server.delayNext(2, 600)
    expect(factsOfSamples(await readAll(source, tag, 7))).toEqual(factsOfTruth(server.truth('A')))
    // It was slow, not gone.
    expect(server.counters().sessions).toBe(1)
  })

  test('again and again: the read fails', async () => {
    const { server } = await startOpcUa({ scenario: 'empty', extraNodes: [steady('A', 50)] })
    const source = await openSource(server, { timeoutMs: 100, maxAttempts: 3 })
    const tag = await tagNamed(source, 'A')
    server.delayNext(100, 400)
    const failure = { code: 'BANYAN_SOURCE_UNAVAILABLE', retryable: true, context: { timeoutMs: 100 } }
    await expect(readAll(source, tag, 7)).rejects.toMatchObject(failure)
  })
})

describe.each(DIALECT_NAMES)('nodes that cannot be read, %s', (dialect) => {
  test('fail alone, in the company of others', async () => {
    const noHistory: ExtraNode = { name: 'NO.HISTORY', type: 'Double', hasHistory: false, rows: [] }
    const extraNodes = [...Array.from({ length: 8 }, (_, i) => steady(`A${i}`, 20)), steady('DENIED', 5), noHistory]
    const { server } = await startOpcUa({ scenario: 'empty', dialect, extraNodes })
    server.changeSwitches({ deniedNodes: ['DENIED'] })
    const source = await openSource(server)
    const good = await Promise.all(Array.from({ length: 8 }, (_, i) => tagNamed(source, `A${i}`)))
    const unknown = { ...good[0]!, name: UNKNOWN, address: { pi: undefined, opcua: server.addressOf(UNKNOWN) } }
    const object = { ...good[0]!, name: 'Plant', address: { pi: undefined, opcua: server.addressOf('Plant') } }
    const bad = [unknown, object, await tagNamed(source, 'NO.HISTORY')]
    const range = window(ticks(START), ticks(START + 100n * SECOND))
    const results = await Promise.allSettled([...good, ...bad].map((tag) => readAll(source, tag, 100, range)))
    const [goodResults, badResults] = [results.slice(0, 8), results.slice(8)]
    for (const [i, result] of goodResults.entries()) {
      expect(result.status === 'fulfilled' && factsOfSamples(result.value)).toEqual(factsOfTruth(server.truth(`A${i}`)))
    }
    expect(badResults[0]).toMatchObject({ status: 'rejected', reason: { code: 'BANYAN_SOURCE_NOT_FOUND' } })
    // An object has no history, and no dialect may make it a tag without samples.
    expect(badResults[1]!.status).toBe('rejected')
    // Nor is a history that nobody keeps, or that is closed to us, an empty one.
    expect(badResults[2]!.status).toBe('rejected')
    await expect(readAll(source, await tagNamed(source, 'DENIED'), 100, range)).rejects.toMatchObject({
      code: 'BANYAN_SOURCE_FORBIDDEN',
    })
  })
})

test('small reads of one range share calls, as many nodes as the server takes', async () => {
  const extraNodes = Array.from({ length: 40 }, (_, i) => steady(`A${i}`, 20))
  const { server } = await startOpcUa({ scenario: 'empty', extraNodes, switches: { maxNodesPerCall: 10 } })
  const source = await openSource(server)
  const names = extraNodes.map(({ name }) => name)
  const { tags } = await source.catalogue({ include: [], exclude: [], names }, NO_SIGNAL)
  const range = window(ticks(START + 200n * SECOND), ticks(START + 300n * SECOND))
  const before = server.counters().historyReads
  const empty = await Promise.all(tags.map((tag) => readAll(source, tag, 100, range)))
  expect(empty.flat()).toEqual([])
  expect(server.counters().historyReads - before).toBe(4)
})

test('a server that gives fewer rows, or bytes, than asked is asked for less', async () => {
  const extraNodes = [steady('A', 500)]
  const { server } = await startOpcUa({ scenario: 'empty', extraNodes, switches: { maxRowsPerAnswer: 60 } })
  const source = await openSource(server)
  const tag = await tagNamed(source, 'A')
  expect(factsOfSamples(await readAll(source, tag, 10_000))).toEqual(factsOfTruth(server.truth('A')))
})

test('a group larger than the server gives at once fails loudly, unless its continuation points give the rest', async () => {
  const ties = (count: number): ExtraNode => {
    const rows = steady('TIES', count).rows.map((row) => ({ ...row, ticks: START }))
    return { name: 'TIES', type: 'Double', rows: [...rows, ...steady('TIES', 3).rows.slice(1)] }
  }
  for (const dialect of [DIALECTS.silent, DIALECTS.capped, { ...DIALECTS.asyncua, pageCap: 300 }]) {
    const { server } = await startOpcUa({ scenario: 'empty', dialect, extraNodes: [ties(700)] })
    const source = await openSource(server)
    const tag = await tagNamed(source, 'TIES')
    for (const pageSize of [10, 10_000]) {
      const reading = readAll(source, tag, pageSize)
      if (dialect === DIALECTS.capped) {
        expect(factsOfSamples(await reading)).toEqual(factsOfTruth(server.truth('TIES')))
      } else await expect(reading).rejects.toMatchObject({ code: 'BANYAN_TICK_GROUP_TOO_LARGE' })
    }
  }
})

test('rows from before 1970 are read, and not taken for none', async () => {
  const at = [-20_000_000_000_000_001n, -20_000_000_000_000_000n, -1n, 0n]
  const rows = at.map((time) => ({ ticks: time, status: 0, value: { type: 'Double', value: 1 } as const }))
  for (const dialect of ['node-opcua', 'open62541'] as const) {
    const extraNodes: ExtraNode[] = [{ name: 'OLD', type: 'Double', rows }]
    const { server } = await startOpcUa({ scenario: 'empty', dialect, extraNodes })
    const source = await openSource(server)
    const old = window(ticks(-116_444_736_000_000_000n), ticks(0n))
    const samples = await readAll(source, await tagNamed(source, 'OLD'), 2, old)
    expect(samples.map((sample) => sample.ticks)).toEqual(at.slice(0, -1))
  }
})

test('a continuation point that expired between two pages costs a call, and no row', async () => {
  const continuation = { ...DIALECTS.capped.continuation, lifetimeMs: 20 }
  const dialect = { ...DIALECTS.capped, pageCap: 10, continuation }
  const { server } = await startOpcUa({ scenario: 'empty', dialect, extraNodes: [steady('A', 50)] })
  const source = await openSource(server)
  const samples: Sample[] = []
  for await (const page of source.read(await tagNamed(source, 'A'), EVERYTHING, { pageSize: 7 }, NO_SIGNAL)) {
    samples.push(...page.samples)
    await sleep(40)
  }
  expect(factsOfSamples(samples)).toEqual(factsOfTruth(server.truth('A')))
})

test('a node that is removed while it is read is gone, not at its end; the others are read on', async () => {
  for (const dialect of ['strict', 'asyncua', 'open62541'] as const) {
    const { server } = await startOpcUa({ scenario: 'empty', dialect, extraNodes: [steady('A', 50), steady('B', 50)] })
    const source = await openSource(server)
    const [a, b] = [await tagNamed(source, 'A'), await tagNamed(source, 'B')]
    // That it was there a moment ago, and had nothing new, says nothing about now.
    const later = window(ticks(START + 1000n * SECOND), ticks(START + 1001n * SECOND))
    expect(await readAll(source, a, 7, later)).toEqual([])
    const reading = source.read(a, EVERYTHING, { pageSize: 7 }, NO_SIGNAL)[Symbol.asyncIterator]()
    await reading.next()
    server.changeSwitches({ removedNodes: ['A'] })
    const toTheEnd = async (): Promise<void> => {
      while ((await reading.next()).done !== true);
    }
    await expect(toTheEnd()).rejects.toMatchObject({ code: 'BANYAN_SOURCE_NOT_FOUND' })
    await expect(readAll(source, a, 7, later)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_NOT_FOUND' })
    expect(await readAll(source, b, 7)).toHaveLength(50)
  }
})

test('continuation points that are left over are given back', async () => {
  const { server } = await startOpcUa({ scenario: 'empty', extraNodes: [steady('A', 50)] })
  const source = await openSource(server)
  const tag = await tagNamed(source, 'A')
  for await (const page of source.read(tag, EVERYTHING, { pageSize: 7 }, NO_SIGNAL)) {
    if (page.samples.length > 0) break
  }
  await expect.poll(() => server.counters().openContinuationPoints).toBe(0)
})

test('a source that is closed while it connects to nobody does not wait for an answer', async () => {
  const { server } = await startOpcUa({ scenario: 'empty' })
  const proxy = await startOpcUaProxy(server)
  const source = await openSource(server, { endpoint: proxy.endpoint, timeoutMs: 3_600_000 })
  proxy.lose('open', 'silence')
  const probing = source.probe(NO_SIGNAL)
  const refused = expect(probing).rejects.toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE' })
  await expect.poll(() => proxy.hits).toBe(1)
  await source.close()
  await refused
})
