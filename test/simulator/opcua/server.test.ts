/** The double beside its history: what one can browse, its clock, its lives, and losing answers in front of it. */
import { describe, expect, test } from 'vitest'
import { extraKinds } from '../../../src/simulator/opcua/extra-kinds.ts'
import { startOpcUa, startOpcUaProxy } from '../../harness/opcua.ts'
import { connectTo, opcua, pointOf, valuesOf, type BareClient } from './client.ts'

const START = 17_600_000_000_000_000n

async function attribute(
  { session }: BareClient,
  nodeId: string,
  name: keyof typeof opcua.AttributeIds,
): Promise<unknown> {
  const { value, statusCode } = await session.read({ nodeId, attributeId: opcua.AttributeIds[name] })
  return statusCode.isGood() ? (value.value as unknown) : statusCode.name
}

/** Properties and parts of a node by name. */
async function children(
  { session }: BareClient,
  nodeId: string,
  referenceTypeId = 'Aggregates',
): Promise<Map<string, string>> {
  const result = await session.browse({
    nodeId,
    referenceTypeId,
    includeSubtypes: true,
    browseDirection: opcua.BrowseDirection.Forward,
    resultMask: 63,
  })
  return new Map((result.references ?? []).map((r) => [r.browseName.name ?? '', r.nodeId.toString()]))
}

describe('the address space', () => {
  test('describes points as far as the historian knows them', async () => {
    const { historian, server } = await startOpcUa({ scenario: 'empty', extraNodes: extraKinds(START) })
    const set = historian.primary.addEnumerationSet('Pump', ['off', 'läuft'])
    historian.createPoint({
      name: 'FLOW',
      pointType: 'Float32',
      descriptor: 'feed',
      engineeringUnits: 'm3/h',
      zero: -5,
      span: 20,
    })
    historian.createPoint({ name: 'PUMP', pointType: 'Digital', digitalSet: set, step: true })
    historian.insert('FLOW', START, 1.5)
    const client = await connectTo(server.endpoint)
    const flow = client.nodeId('FLOW')
    expect(String(await attribute(client, flow, 'DataType'))).toBe('ns=0;i=10')
    expect(await attribute(client, flow, 'AccessLevel')).toBe(5)
    expect(await attribute(client, flow, 'Historizing')).toBe(true)
    expect(await attribute(client, flow, 'Description')).toMatchObject({ text: 'feed' })
    expect(await attribute(client, flow, 'Value')).toBe(1.5)
    const properties = await children(client, flow)
    expect(await attribute(client, properties.get('EURange')!, 'Value')).toMatchObject({ low: -5, high: 15 })
    const units = await attribute(client, properties.get('EngineeringUnits')!, 'Value')
    expect(units).toMatchObject({ displayName: { text: 'm3/h' } })
    const configuration = await children(client, flow, 'HasHistoricalConfiguration')
    const parts = await children(client, configuration.get('HA Configuration')!)
    expect(await attribute(client, parts.get('Stepped')!, 'Value')).toBe(false)
    expect(await attribute(client, parts.get('StartOfArchive')!, 'Value')).toEqual(new Date(Number(START / 10_000n)))
    const strings = (await children(client, client.nodeId('PUMP'))).get('EnumStrings')!
    expect(await attribute(client, strings, 'Value')).toMatchObject([{ text: 'off' }, { text: 'läuft' }])
    const values = (await children(client, client.nodeId('EXTRA.SPARSE-STATES'))).get('EnumValues')!
    expect(await attribute(client, values, 'Value')).toMatchObject([
      { value: [0xffff_ffff, 0xffff_ffff], displayName: { text: 'unknown' } },
      { value: [0, 10], displayName: { text: 'closed' } },
      { value: [0, 1000], displayName: { text: 'open' } },
    ])
    expect(await attribute(client, client.nodeId('EXTRA.NO-HISTORY'), 'AccessLevel')).toBe(1)
  })

  test('follows points that come, go, and change their name or type', async () => {
    const { historian, server } = await startOpcUa({ scenario: 'empty' })
    const client = await connectTo(server.endpoint)
    const names = async (): Promise<string[]> => [
      ...(await children(client, client.nodeId('Plant'), 'Organizes')).keys(),
    ]
    for (const name of ['A', 'B', 'C']) historian.createPoint({ name, pointType: 'Float32' })
    expect(await names()).toEqual(['A', 'B', 'C'])
    historian.deletePoint('A')
    historian.renamePoint('B', 'Renamed')
    for (const [type, dataType] of [
      ['Float64', 'ns=0;i=11'],
      ['String', 'ns=0;i=12'],
    ] as const) {
      historian.retypePoint('C', type)
      expect((await names()).toSorted()).toEqual(['C', 'Renamed'])
      expect(String(await attribute(client, client.nodeId('C'), 'DataType'))).toBe(dataType)
    }
    server.changeSwitches({ deniedNodes: ['C'] })
    expect(await attribute(client, client.nodeId('C'), 'UserAccessLevel')).toBe(0)
  })
})

test('clock and service level are the historian’s and the switches’', async () => {
  const { historian, server } = await startOpcUa({ scenario: 'empty', switches: { clockOffsetMs: -60_000 } })
  const client = await connectTo(server.endpoint)
  const now = async (): Promise<unknown> => attribute(client, 'i=2258', 'Value')
  const standing = Number(historian.clock.now() / 10_000n)
  expect(await now()).toEqual(new Date(standing - 60_000))
  historian.clock.advance(5000)
  server.changeSwitches({ clockOffsetMs: 0, serviceLevel: 10 })
  expect(await now()).toEqual(new Date(standing + 5000))
  expect(await attribute(client, 'i=2256', 'Value')).toMatchObject({ currentTime: new Date(standing + 5000) })
  expect(await attribute(client, 'i=2267', 'Value')).toBe(10)
})

test('a restart keeps the address, and may move the namespace', async () => {
  const { server } = await startOpcUa({ extraNodes: [] })
  const before = await connectTo(server.endpoint)
  const { endpoint } = server
  await server.restart({ namespacesBefore: 2 })
  expect(server.endpoint).toBe(endpoint)
  const after = await connectTo(server.endpoint)
  expect(before.nodeId('X')).toBe('ns=2;s=X')
  expect(after.nodeId('X')).toBe('ns=4;s=X')
  expect(server.addressOf('X')).toEqual({ namespaceUri: 'urn:banyan:simulator', identifier: 's=X' })
  expect(await after.rows('TYPE.FLOAT64')).toEqual(server.truth('TYPE.FLOAT64'))
})

test('a port that is taken is an error', async () => {
  const { server } = await startOpcUa({ scenario: 'empty' })
  await expect(startOpcUa({ scenario: 'empty', port: server.port })).rejects.toThrow()
})

test('killed sessions are unknown from then on', async () => {
  const { server } = await startOpcUa()
  const client = await connectTo(server.endpoint)
  const first = client.session.sessionId.toString()
  server.killSessions()
  // The library signs in again by itself and repeats the call.
  await client.page('TYPE.FLOAT64')
  expect(client.session.sessionId.toString()).not.toBe(first)
  expect(server.counters().sessions).toBe(2)
})

test('a delayed answer is made at once: its continuation point is used up whether or not it arrives', async () => {
  const { server } = await startOpcUa({ dialect: 'node-opcua' })
  const client = await connectTo(server.endpoint)
  const point = pointOf(await client.page('TIES.PAIRS', { count: 10 }))!
  server.delayNext(1, 300)
  const late = client.page('TIES.PAIRS', { count: 10 }, point)
  await expect.poll(() => server.counters().historyReads).toBe(2)
  const next = await client.page('TIES.PAIRS', { count: 10 }, point)
  expect(valuesOf(next).map(({ value }) => value.value as unknown)[0]).toBe(20)
  expect(valuesOf(await late).map(({ value }) => value.value as unknown)[0]).toBe(10)
})

test('attempts to write are counted', async () => {
  const { server } = await startOpcUa({ scenario: 'empty' })
  const client = await connectTo(server.endpoint)
  await client.session.write({
    nodeId: 'i=2267',
    attributeId: opcua.AttributeIds.Value,
    value: { value: { dataType: opcua.DataType.Byte, value: 1 } },
  })
  expect(server.counters().writes).toBe(1)
})

describe('the proxy', () => {
  test('loses the answer after the server gave it: the same session and point then get the page after', async () => {
    const { server } = await startOpcUa({ dialect: 'node-opcua' })
    const proxy = await startOpcUaProxy(server)
    const client = await connectTo(proxy.endpoint)
    const session = client.session.sessionId.toString()
    const point = pointOf(await client.page('TIES.PAIRS', { count: 10 }))!
    proxy.lose('history-read', 'cut')
    await expect(client.page('TIES.PAIRS', { count: 10 }, point)).rejects.toThrow()
    expect(proxy.hits).toBe(1)
    const next = await client.page('TIES.PAIRS', { count: 10 }, point)
    expect(client.session.sessionId.toString()).toBe(session)
    expect(valuesOf(next)[0]!.value.value).toBe(20)
  })

  test.each(['hello', 'open', 'create-session', 'activate-session'] as const)(
    'cuts in phase %s, once',
    async (phase) => {
      const { server } = await startOpcUa({ scenario: 'empty' })
      const proxy = await startOpcUaProxy(server)
      proxy.lose(phase, 'cut')
      // Some phases the library repeats by itself, after some the attempt fails: the cut is what counts.
      await connectTo(proxy.endpoint, { connectionStrategy: { maxRetry: 0 } }).catch(() => undefined)
      expect(proxy.hits).toBe(1)
      const client = await connectTo(proxy.endpoint)
      expect(await client.session.readNamespaceArray()).toHaveLength(3)
    },
  )

  test('half open: a silent peer answers nothing, and another connection after healing does', async () => {
    const { server } = await startOpcUa()
    const proxy = await startOpcUaProxy(server)
    const client = await connectTo(proxy.endpoint)
    proxy.silence()
    const hung = client.page('TYPE.FLOAT64')
    const outcome = expect(hung).rejects.toThrow()
    await expect.poll(() => proxy.hits).toBe(1)
    proxy.heal()
    const other = await connectTo(proxy.endpoint)
    expect(await other.rows('TYPE.FLOAT64')).toEqual(server.truth('TYPE.FLOAT64'))
    proxy.cut()
    await outcome
    expect(server.counters().historyReads).toBe(1)
  })
})
