/** Which nodes become which tags, and what a probe tells. */
import { describe, expect, test } from 'vitest'
import { END_OF_PI_TIME, floorToMs } from '../../../src/domain/ticks.ts'
import { extraKinds } from '../../../src/simulator/opcua/extra-kinds.ts'
import type { OpcUaServer } from '../../../src/simulator/opcua/server.ts'
import type { OpcUaNodes } from '../../../src/source/opcua/options.ts'
import type { TagSelection } from '../../../src/source/source.ts'
import { startOpcUa } from '../../harness/opcua.ts'
import { NO_SIGNAL, openSource } from './reading.ts'

const START = 17_600_000_000_000_000n
const select = (selection: Partial<TagSelection>): TagSelection => ({
  include: [],
  exclude: [],
  names: [],
  ...selection,
})

function listOf(server: OpcUaServer, names: readonly string[]): OpcUaNodes {
  return { kind: 'list', entries: new Map(names.map((name) => [name, server.addressOf(name)])) }
}

describe('the catalogue', () => {
  test('describes tags as their nodes do', async () => {
    const { historian, server } = await startOpcUa({ scenario: 'empty', extraNodes: extraKinds(START) })
    const set = historian.primary.addEnumerationSet('Pump', ['off', 'läuft'])
    const flow = { pointType: 'Float32', descriptor: 'feed', engineeringUnits: 'm3/h', zero: -5, span: 20 } as const
    historian.createPoint({ name: 'FLOW', ...flow })
    historian.createPoint({ name: 'PUMP', pointType: 'Digital', digitalSet: set, step: true })
    const source = await openSource(server)
    const names = ['FLOW', 'PUMP', 'EXTRA.ARRAY', 'EXTRA.TEXT', 'EXTRA.SPARSE-STATES']
    const { tags } = await source.catalogue(select({ names }), NO_SIGNAL)
    const byName = new Map(tags.map((tag) => [tag.name, tag]))
    expect(byName.get('FLOW')).toEqual({
      id: 'ua/nsu=urn:banyan:simulator;s=FLOW',
      name: 'FLOW',
      descriptor: 'feed',
      type: 'float32',
      units: 'm3/h',
      zero: -5,
      span: 20,
      step: false,
      future: false,
      digitalSet: undefined,
      compression: undefined,
      address: { pi: undefined, opcua: { namespaceUri: 'urn:banyan:simulator', identifier: 's=FLOW' } },
    })
    expect(byName.get('PUMP')).toMatchObject({ type: 'digital', step: true })
    expect(byName.get('EXTRA.SPARSE-STATES')).toMatchObject({ type: 'digital' })
    expect(byName.get('EXTRA.ARRAY')).toMatchObject({ type: 'other' })
    expect(byName.get('EXTRA.TEXT')).toMatchObject({ type: 'other' })
  })

  test('of a list holds what is asked for and is there', async () => {
    const { server } = await startOpcUa()
    const names = ['TYPE.FLOAT64', 'TYPE.INT32', 'GONE']
    const source = await openSource(server, { nodes: listOf(server, names) })
    const all = await source.catalogue(select({ include: ['*'] }), NO_SIGNAL)
    expect(all.tags.map((tag) => tag.name)).toEqual(['TYPE.FLOAT64', 'TYPE.INT32'])
    expect(all.missing).toEqual(['GONE'])
    const some = await source.catalogue(
      select({ include: ['type.int??', 'NO.SUCH'], names: ['type.float64', 'OTHER'], exclude: ['*64'] }),
      NO_SIGNAL,
    )
    expect(some.tags.map((tag) => tag.name)).toEqual(['TYPE.INT32'])
    expect(some.missing.toSorted()).toEqual(['NO.SUCH', 'OTHER'])
  })

  test('of a pattern holds the names asked for, and cannot list others', async () => {
    const { server } = await startOpcUa()
    const source = await openSource(server)
    const asked = await source.catalogue(select({ names: ['TYPE.INT32', 'GONE'] }), NO_SIGNAL)
    expect(asked.tags.map((tag) => tag.name)).toEqual(['TYPE.INT32'])
    expect(asked.missing).toEqual(['GONE'])
    await expect(source.catalogue(select({ include: ['TYPE.*'] }), NO_SIGNAL)).rejects.toMatchObject({
      code: 'BANYAN_SOURCE_REJECTED',
    })
  })

  test('of a server that was browsed holds what has history, however many nodes there are', async () => {
    const { server } = await startOpcUa({ scenario: 'many-small', scale: 1.2, extraNodes: extraKinds(START) })
    const source = await openSource(server, { nodes: { kind: 'browse', root: server.addressOf('Plant') } })
    const { tags } = await source.catalogue(select({ include: ['*'] }), NO_SIGNAL)
    const names = tags.map((tag) => tag.name)
    // More than one answer to a Browse can hold.
    expect(names.length).toBeGreaterThan(1100)
    expect(new Set(names).size).toBe(names.length)
    expect(names).not.toContain('EXTRA.NO-HISTORY')
    expect(names).toContain('EXTRA.DOUBLE')
    expect(server.counters().writes).toBe(0)
  })

  test('follows the names of namespaces, not their numbers', async () => {
    const { server } = await startOpcUa()
    const source = await openSource(server)
    const before = await source.catalogue(select({ names: ['TYPE.INT32'] }), NO_SIGNAL)
    await server.restart({ namespacesBefore: 5 })
    expect(await source.catalogue(select({ names: ['TYPE.INT32'] }), NO_SIGNAL)).toEqual(before)
  })
})

describe('the probe', () => {
  test('tells product, identity and whose clock is how far off', async () => {
    const { historian, server } = await startOpcUa({ scenario: 'empty', switches: { clockOffsetMs: 90_000 } })
    const source = await openSource(server, { clock: () => floorToMs(historian.clock.now() as typeof END_OF_PI_TIME) })
    const probe = await source.probe(NO_SIGNAL)
    expect(probe).toMatchObject({ source: 'opcua', server: 'urn:banyan:simulator:server', user: undefined })
    expect(probe.product).not.toBe('')
    expect(probe.clockOffsetMs).toBe(90_000)
    expect((await (await openSource(server)).probe(NO_SIGNAL)).serverGuid).toBe(probe.serverGuid)
  })

  test('refuses an account that may read the history of none of the listed nodes', async () => {
    const { server } = await startOpcUa({ switches: { deniedNodes: ['TYPE.INT32', 'TYPE.INT16'] } })
    const denied = await openSource(server, { nodes: listOf(server, ['TYPE.INT32', 'TYPE.INT16', 'GONE']) })
    await expect(denied.probe(NO_SIGNAL)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_FORBIDDEN' })
    const allowed = await openSource(server, { nodes: listOf(server, ['TYPE.INT32', 'TYPE.FLOAT64']) })
    await expect(allowed.probe(NO_SIGNAL)).resolves.toBeDefined()
  })
})
