import { describe, expect, it } from 'vitest'
import type { TruthRow, TruthValue } from '../../src/simulator/truth.ts'
import { startSimulator } from '../harness/simulator.ts'
import { ask, pointsByName, recorded, recordedPath, type PointJson, type ValueJson } from './client.ts'

const ALL = { startTime: '1900-01-01T00:00:00Z', endTime: '2100-01-01T00:00:00Z', maxCount: 150_000 }
const EARLY = '2026-01-01T10:00:00Z'

/** An empty historian with one Int32 point and rows at whole seconds after 10:00. */
async function withRows(seconds: readonly number[], switches = {}) {
  const running = await startSimulator({ scenario: 'empty', switches })
  const { historian } = running.simulator
  const { id } = historian.createPoint({ name: 'T', pointType: 'Int32' })
  const base = BigInt(Date.parse(EARLY)) * 10_000n
  seconds.forEach((second, i) => {
    historian.insert(id, base + BigInt(Math.round(second * 10_000_000)), i)
  })
  historian.clock.advance(24 * 3_600_000)
  const { WebId: webId } = (await pointsByName(running.url)).get('T') as PointJson
  const read = async (parameters: Record<string, string | number>): Promise<unknown[]> =>
    (await recorded(running.url, webId, parameters)).map((row) => row.Value)
  return { ...running, webId, read, base, id }
}

function at(second: number): string {
  return new Date(Date.parse(EARLY) + second * 1000).toISOString()
}

function plain(value: unknown, type: string): TruthValue {
  if (Array.isArray(value)) return Buffer.from(value as number[]).toString('base64')
  if (typeof value === 'object' && value !== null) {
    const { Value: code, Name: name } = value as { Value: number; Name: string }
    return { code, name }
  }
  if (type === 'Timestamp') {
    const [whole = '', fraction = ''] = String(value).slice(0, -1).split('.')
    return `${whole}.${fraction.padEnd(7, '0')}Z`
  }
  return type.startsWith('Float') && typeof value === 'number' && type !== 'Float64'
    ? Math.fround(value)
    : (value as TruthValue)
}

function comparable(row: ValueJson, type: string): Partial<TruthRow> {
  const [whole = '', fraction = ''] = row.Timestamp.slice(0, -1).split('.')
  return {
    ts: `${whole}.${fraction.padEnd(7, '0')}Z`,
    value: plain(row.Value, type),
    isSystemState: (row.Value as { IsSystem?: boolean } | null)?.IsSystem === true,
    good: row.Good,
    questionable: row.Questionable,
    substituted: row.Substituted,
    annotated: row.Annotated,
  }
}

describe('recorded values', () => {
  it('are the truth, for every point of the conformance scenario', async () => {
    const { simulator, url } = await startSimulator({ scenario: 'conformance' })
    const points = [...(await pointsByName(url)).values()]
    const truth = new Map<number, Partial<TruthRow>[]>(points.map((point) => [point.Id, []]))
    for (const { pointId, ts, value, isSystemState, good, questionable, substituted, annotated } of simulator.truth()) {
      truth.get(pointId)!.push({ ts, value, isSystemState, good, questionable, substituted, annotated })
    }
    expect(points.length).toBe(simulator.historian.primary.points.length)
    for (const point of points) {
      const rows = await recorded(url, point.WebId, ALL)
      expect(rows.map((row) => comparable(row, point.PointType))).toEqual(truth.get(point.Id))
    }
  })

  it('come from a range that is closed at both ends', async () => {
    const { read } = await withRows([0, 1, 2, 3])
    expect(await read({ startTime: at(1), endTime: at(2) })).toEqual([1, 2])
    expect(await read({ startTime: at(1), endTime: at(1) })).toEqual([1])
    expect(await read({ startTime: at(1.2), endTime: at(1.8) })).toEqual([])
  })

  it('descend when the end lies before the start, ties included', async () => {
    const { read } = await withRows([0, 1, 1, 2])
    expect(await read({ startTime: at(2), endTime: at(0) })).toEqual([3, 2, 1, 0])
    expect(await read({ startTime: at(2), endTime: at(0), maxCount: 2 })).toEqual([3, 2])
  })

  it('are cut silently at maxCount, 1000 by default', async () => {
    const { read } = await withRows(Array.from({ length: 1200 }, (_, i) => i))
    expect(await read({ startTime: at(0), endTime: at(2000) })).toHaveLength(1000)
    expect(await read({ startTime: at(0), endTime: at(2000), maxCount: 3 })).toEqual([0, 1, 2])
    expect(await read({ startTime: at(0), endTime: at(2000), maxCount: 1201 })).toHaveLength(1200)
  })

  it('refuse a maxCount above the ceiling in the words of the real server, also once it is lowered', async () => {
    const { simulator, url, webId } = await withRows([0])
    const refusal = await ask(url, recordedPath(webId, { maxCount: 150_001 }))
    expect(refusal.status).toBe(400)
    expect(JSON.parse(refusal.text)).toEqual({
      Errors: ["Parameter 'maxCount' is greater than the maximum allowed (150000)."],
    })
    expect((await ask(url, recordedPath(webId, { maxCount: 150_000 }))).status).toBe(200)
    simulator.changeSwitches({ maxReturnedItems: 500 })
    expect((await ask(url, recordedPath(webId, { maxCount: 501 }))).status).toBe(400)
    expect((await ask(url, recordedPath(webId, {}))).status).toBe(200)
    for (const bad of ['0', '-1', 'many', '1.5']) {
      expect((await ask(url, recordedPath(webId, { maxCount: bad }))).status).toBe(400)
    }
  })

  it('of an empty window are an empty list, not an error', async () => {
    const { read } = await withRows([])
    expect(await read({ startTime: at(0), endTime: at(1) })).toEqual([])
  })

  it('Outside adds the neighbours, Interpolated a value at each end that has none', async () => {
    const { read, url, webId } = await withRows([0, 10, 20, 30])
    const range = { startTime: at(5), endTime: at(25) }
    expect(await read({ ...range, boundaryType: 'Inside' })).toEqual([1, 2])
    expect(await read({ ...range, boundaryType: 'outside' })).toEqual([0, 1, 2, 3])
    expect(await read({ startTime: at(25), endTime: at(5), boundaryType: 'Outside' })).toEqual([3, 2, 1, 0])
    const rows = await recorded(url, webId, { ...range, boundaryType: 'Interpolated' })
    expect(rows.map((row) => [row.Timestamp, row.Value])).toEqual([
      ['2026-01-01T10:00:05Z', 0],
      ['2026-01-01T10:00:10Z', 1],
      ['2026-01-01T10:00:20Z', 2],
      ['2026-01-01T10:00:25Z', 2],
    ])
    expect(await read({ startTime: at(10), endTime: at(20), boundaryType: 'Interpolated' })).toEqual([1, 2])
    expect((await ask(url, recordedPath(webId, { boundaryType: 'Sideways' }))).status).toBe(400)
  })

  it('print times on the grid with trailing zeros left out', async () => {
    const { url, webId } = await withRows([0, 0.5, 1 / 65_536, 2 + 3 / 65_536])
    const rows = await recorded(url, webId, { startTime: at(0), endTime: at(10) })
    expect(rows.map((row) => row.Timestamp)).toEqual([
      '2026-01-01T10:00:00Z',
      '2026-01-01T10:00:00.0000152Z',
      '2026-01-01T10:00:00.5Z',
      '2026-01-01T10:00:02.0000457Z',
    ])
  })

  it('a printed time used as the end of a range misses its own event where the server floors', async () => {
    const { simulator, read } = await withRows([0, 1 / 65_536])
    const printed = '2026-01-01T10:00:00.0000152Z'
    expect(await read({ startTime: at(0), endTime: printed })).toEqual([0, 1])
    simulator.changeSwitches({ timeParsing: 'floor' })
    expect(await read({ startTime: at(0), endTime: printed })).toEqual([0])
    expect(await read({ startTime: printed, endTime: at(1) })).toEqual([0, 1])
  })

  it('hold ties in insert order, reversed, or shuffled from call to call', async () => {
    const { simulator, read } = await withRows([0, ...Array<number>(20).fill(1), 2])
    const range = { startTime: at(0), endTime: at(3) }
    const inOrder = Array.from({ length: 22 }, (_, i) => i)
    expect(await read(range)).toEqual(inOrder)
    simulator.changeSwitches({ tieOrder: 'reversed' })
    expect(await read(range)).toEqual([0, ...inOrder.slice(1, 21).reverse(), 21])
    simulator.changeSwitches({ tieOrder: 'shuffled' })
    const first = await read(range)
    const second = await read(range)
    expect(first).not.toEqual(second)
    expect(first.toSorted((a, b) => Number(a) - Number(b))).toEqual(inOrder)
    expect([first[0], first[21]]).toEqual([0, 21])
    // The cut may fall anywhere in a shuffled group.
    expect(await read({ ...range, maxCount: 5 })).toHaveLength(5)
  })

  it('may or may not hold the snapshot that is not archived yet; the truth never does', async () => {
    const { simulator, read, base, id } = await withRows([0])
    simulator.historian.write(id, base + 50_000_000n, 7)
    const range = { startTime: at(0), endTime: '*' }
    expect(await read(range)).toEqual([0, 7])
    simulator.changeSwitches({ snapshotInRecorded: false })
    expect(await read(range)).toEqual([0])
    expect([...simulator.truth()].map((row) => row.value)).toEqual([0])
    simulator.historian.write(id, base + 60_000_000n, 8)
    expect([...simulator.truth()].map((row) => row.value)).toEqual([0, 7])
  })

  it('thin out by selectedFields, in any case, also into a value', async () => {
    const { url } = await startSimulator({ scenario: 'conformance' })
    const digital = (await pointsByName(url)).get('TYPE.DIGITAL') as PointJson
    const get = async (fields: string): Promise<unknown> =>
      JSON.parse((await ask(url, recordedPath(digital.WebId, { ...ALL, maxCount: 1, selectedFields: fields }))).text)
    expect(await get('items.TIMESTAMP;Items.Good;Nothing.Such')).toEqual({
      Items: [{ Timestamp: expect.any(String) as string, Good: true }],
    })
    expect(await get('UnitsAbbreviation')).toEqual({ UnitsAbbreviation: '' })
    expect(await get('Items.Value.Name')).toEqual({ Items: [{ Value: { Name: 'Stopped' } }] })
    expect(await get('Items.Good;Items.Substituted')).toEqual({ Items: [{ Good: true, Substituted: false }] })
    expect(await get('Nothing')).toEqual({})
  })

  it('show annotations on request, and refuse filters and other associations', async () => {
    const { simulator, url, webId, id, base } = await withRows([0])
    simulator.historian.insert(id, base + 10_000_000n, 1, { annotated: true })
    const rows = (await recorded(url, webId, {
      startTime: at(0),
      endTime: at(9),
      associations: 'Annotations',
    })) as (ValueJson & {
      Annotations: unknown[]
    })[]
    expect(rows.map((row) => row.Annotations.length)).toEqual([0, 1])
    expect((await ask(url, recordedPath(webId, { filterExpression: "'.' > 1" }))).status).toBe(409)
    expect((await ask(url, recordedPath(webId, { associations: 'Everything' }))).status).toBe(409)
  })

  it('print NaN and infinities as strings, or as values with Errors', async () => {
    const { simulator, url } = await startSimulator({ scenario: 'conformance' })
    const float = (await pointsByName(url)).get('TYPE.FLOAT32') as PointJson
    const strings = (await recorded(url, float.WebId, ALL)).map((row) => row.Value)
    expect(strings).toEqual(expect.arrayContaining(['NaN', 'Infinity', '-Infinity']))
    simulator.changeSwitches({ nonFinite: 'error' })
    const rows = await recorded(url, float.WebId, ALL)
    const failed = rows.filter((row) => row.Errors !== undefined)
    expect(failed).toHaveLength(3)
    expect(failed.every((row) => row.Value === null && row.Good)).toBe(true)
  })

  it('print single floats with the digits that .NET needs, whole ones with a decimal', async () => {
    const { url } = await startSimulator({ scenario: 'conformance' })
    const float = (await pointsByName(url)).get('TYPE.FLOAT32') as PointJson
    const { text } = await ask(url, recordedPath(float.WebId, ALL))
    for (const token of ['"Value":51.4615021,', '"Value":0.1,', '"Value":0.0,', '"Value":-0.0,']) {
      expect(text).toContain(token)
    }
  })
})
