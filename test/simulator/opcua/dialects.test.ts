/** What the dialects answer to whole calls, to nodes that are not there, and to continuation points. */
import type { HistoryReadResult } from 'node-opcua'
import { describe, expect, test } from 'vitest'
import { DIALECTS, type Dialect, type DialectName } from '../../../src/simulator/opcua/dialect.ts'
import type { OpcUaServerOptions } from '../../../src/simulator/opcua/server.ts'
import { UA_STATUS } from '../../../src/simulator/opcua/status.ts'
import type { OpcUaServer } from '../../../src/simulator/opcua/server.ts'
import { startOpcUa } from '../../harness/opcua.ts'
import { connectTo, EVER, opcua, pointOf, valuesOf, type BareClient } from './client.ts'

const START = 17_600_000_000_000_000n
const ROWS = 20

/** Two points, A counting up from 0 and B from 100, a row a second. */
async function start(
  dialect: DialectName | Dialect,
  options: Partial<OpcUaServerOptions> = {},
): Promise<{ server: OpcUaServer; client: BareClient }> {
  const { historian, server } = await startOpcUa({ ...options, dialect, scenario: 'empty' })
  for (const [name, first] of [['A', 0] as const, ['B', 100] as const]) {
    historian.createPoint({ name, pointType: 'Int32' })
    for (let i = 0; i < ROWS; i++) historian.insert(name, START + BigInt(i) * 10_000_000n, first + i)
  }
  return { server, client: await connectTo(server.endpoint) }
}

function numbers(result: HistoryReadResult): unknown[] {
  return valuesOf(result).map(({ value }) => value.value as unknown)
}

/** All nodes in one call; resolves to the name of the service fault, or to each node's status and number of rows. */
async function batch({ session }: BareClient, nodes: string[], details: object): Promise<string | [number, number][]> {
  const request = new opcua.HistoryReadRequest({
    historyReadDetails: details as never,
    timestampsToReturn: opcua.TimestampsToReturn.Source,
    nodesToRead: nodes.map((nodeId) => ({ nodeId })),
  })
  try {
    const { results } = await session.historyRead(request)
    return results!.map((result) => [result.statusCode.value, valuesOf(result).length])
  } catch (error) {
    return /serviceResult = (\w+)/.exec(String(error))?.[1] ?? String(error)
  }
}

function raw(more: object = {}): object {
  return new opcua.ReadRawModifiedDetails({
    startTime: new Date(Number(EVER.start)),
    endTime: new Date('2040-01-01'),
    ...more,
  })
}

describe('nodes that cannot be read, in a batch with one that can', () => {
  const cases: [DialectName, string | [number, number][]][] = [
    [
      'strict',
      [
        [UA_STATUS.good, ROWS],
        [UA_STATUS.badNodeIdUnknown, 0],
        [UA_STATUS.badHistoryOperationUnsupported, 0],
      ],
    ],
    ['node-opcua', 'BadHistoryOperationInvalid'],
    [
      'asyncua',
      [
        [UA_STATUS.good, ROWS],
        [UA_STATUS.good, 0],
        [UA_STATUS.good, 0],
      ],
    ],
    [
      'open62541',
      [
        [UA_STATUS.good, ROWS],
        [UA_STATUS.badUserAccessDenied, 0],
        [UA_STATUS.badUserAccessDenied, 0],
      ],
    ],
  ]
  test.each(cases)('%s', async (dialect, expected) => {
    const { client } = await start(dialect)
    expect(await batch(client, [client.nodeId('A'), client.nodeId('none'), client.nodeId('Plant')], raw())).toEqual(
      expected,
    )
  })

  test('switched by name, while it runs', async () => {
    const { client, server } = await start('strict')
    server.changeSwitches({ deniedNodes: ['A'], removedNodes: ['B'] })
    const nodes = [client.nodeId('A'), client.nodeId('B')]
    expect(await batch(client, nodes, raw())).toEqual([
      [UA_STATUS.badUserAccessDenied, 0],
      [UA_STATUS.badNodeIdUnknown, 0],
    ])
    const { statusCode } = await client.session.read({ nodeId: nodes[1]!, attributeId: opcua.AttributeIds.DataType })
    expect(statusCode).toBe(opcua.StatusCodes.BadNodeIdUnknown)
    server.changeSwitches({ deniedNodes: [], removedNodes: [], operationStatus: 0x809e_0000 })
    expect(await batch(client, nodes, raw())).toEqual([
      [0x809e_0000, 0],
      [0x809e_0000, 0],
    ])
  })
})

test('limits of a call: nodes, rows, and a service that is out of order', async () => {
  const { client, server } = await start('strict', { switches: { maxNodesPerCall: 1 } })
  const nodes = [client.nodeId('A'), client.nodeId('B')]
  expect(await batch(client, nodes, raw())).toBe('BadTooManyOperations')
  const { value } = await client.session.read({ nodeId: 'i=12165', attributeId: opcua.AttributeIds.Value })
  expect(value.value).toBe(1)
  server.changeSwitches({ maxNodesPerCall: 0, maxRowsPerAnswer: 2 * ROWS - 1 })
  expect(await batch(client, nodes, raw())).toBe('BadResponseTooLarge')
  expect(await batch(client, nodes.slice(1), raw())).toEqual([[UA_STATUS.good, ROWS]])
  server.changeSwitches({ serviceResult: 0x8008_0000 })
  expect(await batch(client, nodes, raw())).toBe('BadEncodingLimitsExceeded')
})

describe('other reads', () => {
  const modified = raw({ isReadModified: true })
  const atTime = new opcua.ReadAtTimeDetails({ reqTimes: [new Date(Number(START / 10_000n) + 500)] })
  const cases: [DialectName, unknown, unknown][] = [
    ['strict', [[UA_STATUS.good, 0]], [[UA_STATUS.good, 1]]],
    ['node-opcua', [[UA_STATUS.badUnexpectedError, 0]], [[UA_STATUS.badHistoryOperationUnsupported, 0]]],
    ['asyncua', [[UA_STATUS.good, ROWS]], [[UA_STATUS.badNotImplemented, 0]]],
    ['open62541', 'BadNotSupported', 'BadNotSupported'],
  ]
  test.each(cases)('%s', async (dialect, toModified, toAtTime) => {
    const { client } = await start(dialect)
    expect(await batch(client, [client.nodeId('A')], modified)).toEqual(toModified)
    expect(await batch(client, [client.nodeId('A')], atTime)).toEqual(toAtTime)
  })

  test('modified reads tell the rows a strict raw read keeps back', async () => {
    const { historian, server } = await startOpcUa({ scenario: 'empty' })
    historian.createPoint({ name: 'TIED', pointType: 'Int32' })
    for (const value of [1, 2, 3]) historian.insert('TIED', START, value)
    const client = await connectTo(server.endpoint)
    expect(numbers(await client.page('TIED'))).toEqual([3])
    expect(await batch(client, [client.nodeId('TIED')], modified)).toEqual([[UA_STATUS.good, 2]])
  })
})

describe('continuation points', () => {
  test('strict: each is good once, for its node, with the same details', async () => {
    const { client } = await start('strict')
    const first = pointOf(await client.page('A', { count: 5 }))!
    expect((await client.page('B', { count: 5 }, first)).statusCode.value).toBe(UA_STATUS.badContinuationPointInvalid)
    expect((await client.page('A', { count: 6 }, first)).statusCode.value).toBe(UA_STATUS.badHistoryOperationInvalid)
    const again = pointOf(await client.page('A', { count: 5 }))!
    const second = await client.page('A', { count: 5 }, again)
    expect(numbers(second)).toEqual([5, 6, 7, 8, 9])
    expect(pointOf(second)).not.toEqual(again)
    expect((await client.page('A', { count: 5 }, again)).statusCode.value).toBe(UA_STATUS.badContinuationPointInvalid)
  })

  test('node-opcua: the same bytes for every page, and for any node; sent again they give the next page', async () => {
    const { client } = await start('node-opcua')
    const point = pointOf(await client.page('A', { count: 5 }))!
    expect(point.toString()).toBe('1')
    const second = await client.page('A', { count: 5 }, point)
    expect(pointOf(second)).toEqual(point)
    expect(numbers(await client.page('B', { count: 5 }, point))).toEqual([10, 11, 12, 13, 14])
  })

  test('node-opcua: a number comes back after a restart and means another read', async () => {
    const { client, server } = await start('node-opcua')
    const point = pointOf(await client.page('A', { count: 5 }))!
    await server.restart()
    const other = await connectTo(server.endpoint)
    expect(pointOf(await other.page('B', { count: 5 }))).toEqual(point)
    expect(numbers(await other.page('A', { count: 5 }, point))).toEqual([105, 106, 107, 108, 109])
  })

  test('asyncua: none at a full page; above its cap the time of the next row, which repeats a tied one', async () => {
    const { historian, server } = await startOpcUa({
      scenario: 'empty',
      dialect: { ...DIALECTS.asyncua, pageCap: 3 },
    })
    historian.createPoint({ name: 'TIED', pointType: 'Int32' })
    for (const [second, value] of [
      [0, 1],
      [1, 2],
      [2, 3],
      [2, 4],
      [3, 5],
    ] as const) {
      historian.insert('TIED', START + BigInt(second) * 10_000_000n, value)
    }
    const client = await connectTo(server.endpoint)
    expect(pointOf(await client.page('TIED', { count: 2 }))).toBeUndefined()
    const first = await client.page('TIED', { count: 0 })
    expect(numbers(first)).toEqual([1, 2, 3])
    expect(numbers(await client.page('TIED', { count: 0 }, pointOf(first)))).toEqual([3, 4, 5])
    await expect(client.page('TIED', {}, Buffer.from('bogus'))).rejects.toThrow('BadInternalError')
  })

  test('open62541: an offset that later rows shift, good in any session, and release answers with rows', async () => {
    const { client, server } = await start('open62541')
    const point = pointOf(await client.page('A', { count: 5 }))!
    expect(point).toHaveLength(16)
    const other = await connectTo(server.endpoint)
    expect(numbers(await other.page('A', { count: 2 }, point))).toEqual([5, 6])
    expect(valuesOf(await client.release('A', point)).length).toBeGreaterThan(0)
  })

  test('capped: its own page size, random bytes, pages without rows, Good_MoreData, expiry', async () => {
    const { continuation } = DIALECTS.capped
    const { client } = await start({ ...DIALECTS.capped, pageCap: 4, continuation: { ...continuation, limit: 2 } })
    const first = await client.page('A', { count: 10 })
    expect(numbers(first)).toHaveLength(4)
    expect(first.statusCode.value).toBe(UA_STATUS.goodMoreData)
    const second = await client.page('A', { count: 10 }, pointOf(first))
    const third = await client.page('A', { count: 10 }, pointOf(second))
    expect(numbers(third)).toEqual([])
    expect(numbers(await client.page('A', { count: 10 }, pointOf(third)))).toEqual([8, 9, 10, 11])
    const oldest = pointOf(await client.page('B', { count: 10 }))
    await client.page('B', { count: 10 })
    await client.page('B', { count: 10 })
    const { statusCode } = await client.page('B', { count: 10 }, oldest)
    expect(statusCode.value).toBe(UA_STATUS.badContinuationPointInvalid)
  })

  test('no more than the session may have, given back by release, lost with the session', async () => {
    const { continuation } = DIALECTS.strict
    const { client, server } = await start({ ...DIALECTS.strict, continuation: { ...continuation, limit: 1 } })
    const point = pointOf(await client.page('A', { count: 5 }))!
    const { statusCode } = await client.page('B', { count: 5 })
    expect(statusCode.value).toBe(UA_STATUS.badNoContinuationPoints)
    const released = await client.release('A', point)
    expect(valuesOf(released)).toEqual([])
    expect(pointOf(await client.page('B', { count: 5 }))).toBeDefined()
    expect(server.counters()).toMatchObject({ openContinuationPoints: 1, peakContinuationPoints: 1 })
    server.killSessions()
    expect(server.counters()).toMatchObject({ openContinuationPoints: 0 })
  })
})
