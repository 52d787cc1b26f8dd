/** Every kind of value and status, over the wire: what arrives is what the server holds, to the last bit. */
import fc from 'fast-check'
import { DataType, StatusCodes, Variant, VariantArrayType } from 'node-opcua-client'
import { describe, expect, test } from 'vitest'
import { isBanyanError } from '../../../src/domain/errors.ts'
import type { SamplePayload, SampleType } from '../../../src/domain/sample.ts'
import { ticks } from '../../../src/domain/ticks.ts'
import { extraKinds } from '../../../src/simulator/opcua/extra-kinds.ts'
import { decodeRows } from '../../../src/source/opcua/rows.ts'
import { dateOfTicks, ticksOfDate, ticksOfRow } from '../../../src/source/opcua/time.ts'
import { decodeValue, type StateNames } from '../../../src/source/opcua/value.ts'
import { startOpcUa } from '../../harness/opcua.ts'
import { openSource, readAll, tagNamed } from './reading.ts'

const START = 17_600_000_000_000_000n

function decoded(dataType: DataType, value: unknown, type: SampleType, states?: StateNames): SamplePayload {
  const variant = new Variant({ dataType, value, arrayType: VariantArrayType.Scalar })
  return decodeValue(variant, { type, states, uriOf: (index) => `urn:${index}` })
}

describe('over the wire', () => {
  const NUMBERS: readonly (readonly [string, SampleType, readonly unknown[]])[] = [
    ['BOOLEAN', 'boolean', [true, false]],
    ['SBYTE', 'int8', [-128, 0, 127]],
    ['BYTE', 'uint8', [0, 255]],
    ['UINT16', 'uint16', [0, 65_535]],
    ['UINT32', 'uint32', [0, 4_294_967_295]],
    ['INT64', 'int64', [-(2n ** 63n), -1n, 0n, 2n ** 53n + 1n, 2n ** 63n - 1n]],
    ['UINT64', 'uint64', [0n, 2n ** 32n, 2n ** 64n - 1n]],
    ['FLOAT', 'float32', [NaN, Infinity, -Infinity, -0, Math.fround(1.1), Math.fround(1e-45)]],
    ['DOUBLE', 'float64', [NaN, Infinity, -Infinity, -0, 1.1, 5e-324, Number.MAX_VALUE]],
    ['GUID', 'string', ['00000000-0000-0000-0000-000000000000', '72962B91-FA75-4AE6-8D28-B404DC7DAF63']],
    ['TIME', 'timestamp', [0n, 1n, 17_000_000_001_234_567n]],
  ]

  test('numbers, times, ids', async () => {
    const { server } = await startOpcUa({ scenario: 'empty', extraNodes: extraKinds(START) })
    const source = await openSource(server)
    for (const [name, type, values] of NUMBERS) {
      const tag = await tagNamed(source, `EXTRA.${name}`)
      expect(tag.type).toBe(type)
      const samples = await readAll(source, tag, 1000)
      expect(samples.map((sample) => sample.type)).toEqual(values.map(() => type))
      for (const [i, sample] of samples.entries()) expect(sample.value).toBe(values[i])
    }
  })

  test('texts, states, arrays, statuses', async () => {
    const { server } = await startOpcUa({ scenario: 'empty', dialect: 'node-opcua', extraNodes: extraKinds(START) })
    const source = await openSource(server)
    const read = async (name: string): Promise<(readonly [string, unknown])[]> =>
      (await readAll(source, await tagNamed(source, `EXTRA.${name}`), 1000)).map(({ type, value }) => [type, value])
    expect((await read('STRING')).slice(1)).toEqual([
      ['string', 'NaN'],
      ['string', 'nul \u0000 inside'],
      ['string', '温度 🌡️'],
    ])
    expect(await read('TEXT')).toEqual([
      ['other', '{"type":"LocalizedText","value":{"locale":"de","text":"läuft"}}'],
      expect.anything(),
    ])
    expect(await read('SPARSE-STATES')).toEqual([
      ['digital', { code: -1, name: 'unknown' }],
      ['digital', { code: 10, name: 'closed' }],
      ['digital', { code: 1000, name: 'open' }],
      ['digital', { code: 7, name: '7' }],
    ])
    expect(await read('ARRAY')).toEqual([
      ['other', '{"type":"Double","items":[]}'],
      ['other', '{"type":"Double","items":[1.5]}'],
      ['other', '{"type":"Double","items":["NaN","-0",3]}'],
    ])
    const ties = await readAll(source, await tagNamed(source, 'EXTRA.PICOSECONDS'), 1000)
    expect(ties.map((sample) => [sample.ticks, sample.ord])).toEqual([0, 1, 2].map((ord) => [START, ord]))
    const statuses = await readAll(source, await tagNamed(source, 'EXTRA.STATUS'), 1000)
    expect(statuses.map(({ status }) => status)).toEqual(server.truth('EXTRA.STATUS').map(({ status }) => status))
    expect(statuses.slice(-2).map(({ type }) => type)).toEqual(['null', 'null'])
    expect(statuses.filter(({ status }) => status >>> 30 === 1).map(({ flags }) => flags)).toEqual([1])
  })
})

describe('a value on a tag of another type', () => {
  test('is narrowed where that loses nothing', () => {
    expect(decoded(DataType.Double, 0.5, 'float32')).toEqual({ type: 'float32', value: 0.5 })
    expect(decoded(DataType.Double, Math.fround(1.1), 'float16')).toEqual({ type: 'float16', value: Math.fround(1.1) })
    expect(decoded(DataType.Double, NaN, 'float32')).toEqual({ type: 'float32', value: NaN })
    expect(decoded(DataType.Int32, 5, 'int16')).toEqual({ type: 'int16', value: 5 })
    expect(decoded(DataType.Double, -3, 'int32')).toEqual({ type: 'int32', value: -3 })
    expect(decoded(DataType.Int64, [0xffff_ffff, 0xffff_fffe], 'int32')).toEqual({ type: 'int32', value: -2 })
  })

  test('keeps its own type where it would', () => {
    expect(decoded(DataType.Double, 1.1, 'float32')).toEqual({ type: 'float64', value: 1.1 })
    expect(decoded(DataType.Double, 1e300, 'float32')).toEqual({ type: 'float64', value: 1e300 })
    expect(decoded(DataType.Double, -0, 'int32')).toEqual({ type: 'float64', value: -0 })
    expect(decoded(DataType.Int32, 70_000, 'int16')).toEqual({ type: 'int32', value: 70_000 })
    expect(decoded(DataType.Float, 0.5, 'float64')).toEqual({ type: 'float32', value: 0.5 })
    expect(decoded(DataType.String, '5', 'int32')).toEqual({ type: 'string', value: '5' })
  })

  test('of a digital tag is a state: by number, by name, by yes and no', () => {
    const states = new Map([
      [0, 'off'],
      [1, 'on'],
    ])
    const on = { type: 'digital', value: { code: 1, name: 'on' } }
    expect(decoded(DataType.Int32, 1, 'digital', states)).toEqual(on)
    expect(decoded(DataType.UInt64, [0, 1], 'digital', states)).toEqual(on)
    expect(decoded(DataType.Boolean, true, 'digital', states)).toEqual(on)
    expect(decoded(DataType.String, 'on', 'digital', states)).toEqual(on)
    expect(decoded(DataType.LocalizedText, { locale: 'en', text: 'on' }, 'digital', states)).toEqual(on)
    expect(decoded(DataType.String, 'broken', 'digital', states)).toEqual({ type: 'string', value: 'broken' })
  })

  test('that is no value at all has no type', () => {
    expect(decoded(DataType.String, null, 'string')).toEqual({ type: 'null', value: null })
    expect(decoded(DataType.Null, null, 'float64')).toEqual({ type: 'null', value: null })
    expect(decoded(DataType.String, '', 'string')).toEqual({ type: 'string', value: '' })
  })

  test('every number of a float tag is the same number afterwards', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const { type, value: kept } = decoded(DataType.Double, value, 'float32')
        expect(Object.is(kept, value)).toBe(true)
        expect(type).toBe(Object.is(Math.fround(value), value) ? 'float32' : 'float64')
      }),
    )
  })
})

describe('time', () => {
  test('goes to the wire and back, to 100 ns', () => {
    fc.assert(
      fc.property(fc.bigInt(-116_444_735_999_999_999n, 2_534_023_007_999_999_999n), (at) => {
        const date = dateOfTicks(ticks(at))
        expect(ticksOfDate(date, date.picoseconds ?? 0)).toBe(at)
      }),
    )
  })

  test('of a row is never none, nor beyond all calendars', () => {
    expect(ticksOfRow(null, 0)).toBeUndefined()
    expect(ticksOfRow(new Date(Date.UTC(1601, 0, 1)), 0)).toBeUndefined()
    expect(ticksOfRow(new Date(8.64e15), 0)).toBeUndefined()
    expect(ticksOfRow(new Date(0), 999_999_990)).toBe(9999n)
  })

  test('missing or running backwards fails the page', () => {
    const at = (ms: number | null): never =>
      ({
        sourceTimestamp: ms === null ? null : new Date(ms),
        sourcePicoseconds: 0,
        statusCode: StatusCodes.Good,
        value: null,
      }) as never
    const rows = (values: never[]): unknown =>
      decodeRows(values, { type: 'float64', states: undefined, uriOf: () => undefined }, 'T')
    const refused = (run: () => unknown): boolean => {
      try {
        run()
        return false
      } catch (error) {
        return isBanyanError(error, 'BANYAN_SOURCE_PROTOCOL')
      }
    }
    expect(refused(() => rows([at(null)]))).toBe(true)
    expect(refused(() => rows([at(5), at(4)]))).toBe(true)
    expect(rows([at(5), at(5), at(6)])).toMatchObject([{ ord: 0 }, { ord: 1 }, { ord: 0 }])
  })
})
