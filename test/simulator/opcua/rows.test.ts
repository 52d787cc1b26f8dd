/** What the double serves over the wire is what its historian holds: every kind, under every dialect, page by page. */
import { describe, expect, test } from 'vitest'
import { DataValues } from '../../../src/simulator/opcua/data-value.ts'
import { DIALECTS, type DialectName } from '../../../src/simulator/opcua/dialect.ts'
import { extraKinds } from '../../../src/simulator/opcua/extra-kinds.ts'
import { truthOf } from '../../../src/simulator/truth.ts'
import { startOpcUa } from '../../harness/opcua.ts'
import { connectTo, opcua } from './client.ts'

const START = 17_600_000_000_000_000n

describe('all rows', () => {
  /** Not `silent`: its pages lead nowhere. */
  test.each<DialectName>(['strict', 'node-opcua', 'asyncua', 'open62541', 'capped'])('%s', async (dialect) => {
    const { historian, server } = await startOpcUa({ dialect, scale: 0.1 })
    const client = await connectTo(server.endpoint)
    let rows = 0
    for (const { name } of historian.primary.points) {
      const truth = server.truth(name)
      const count = dialect === 'asyncua' ? 0 : truth.length < 100 ? 7 : 99
      expect(await client.rows(name, { count }), name).toEqual(truth)
      rows += truth.length
    }
    expect(server.counters()).toMatchObject({ rows, writes: 0, openContinuationPoints: 0 })
    const stored = [...truthOf(historian, { snapshots: true })].length
    expect(rows === stored).toBe(DIALECTS[dialect].ties !== 'newest')
  })

  test('of types that PI does not have', async () => {
    const { server } = await startOpcUa({ dialect: 'node-opcua', scenario: 'empty', extraNodes: extraKinds(START) })
    const client = await connectTo(server.endpoint)
    for (const { name, rows, hasHistory } of extraKinds(START)) {
      if (hasHistory === false || name === 'EXTRA.STATUS') continue
      expect(await client.rows(name), name).toEqual(rows)
    }
  })

  test('keep every bit of their status, known to the library or not', () => {
    const values = new DataValues(opcua)
    const rows = extraKinds(START)
      .find(({ name }) => name === 'EXTRA.STATUS')!
      .rows.filter((row) => row.value)
    const sent = rows.map((row) => {
      const stream = new opcua.BinaryStream(64)
      values.dataValue(row, { source: false, server: false }).encode(stream)
      // Mask, type and a Double come first.
      return stream.buffer.readUInt32LE(10)
    })
    expect(sent).toEqual(rows.map(({ status }) => status))
    expect(sent).toContain(0x4f12_0000)
  })
})

test('history may change while the server runs', async () => {
  const { historian, server } = await startOpcUa({ dialect: 'node-opcua', scenario: 'empty' })
  historian.createPoint({ name: 'LIVE', pointType: 'Int32' })
  for (const second of [1n, 2n, 3n]) historian.insert('LIVE', START + second * 10_000_000n, Number(second))
  const client = await connectTo(server.endpoint)
  const values = async (): Promise<unknown[]> => (await client.rows('LIVE')).map(({ value }) => value?.value)
  expect(await values()).toEqual([1, 2, 3])
  historian.insert('LIVE', START + 25_000_000n, 25)
  historian.edit('LIVE', START + 10_000_000n, 0, 11)
  historian.delete('LIVE', START + 30_000_000n, 0)
  expect(await values()).toEqual([11, 2, 25])
  expect((await client.rows('LIVE')).map(({ status }) => status)).toEqual([0x0096_0000, 0, 0])
})
