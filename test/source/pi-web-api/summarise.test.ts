import { describe, expect, it } from 'vitest'
import type { Tag } from '../../../src/domain/tag.ts'
import { parseTicks, ticks, type Ticks } from '../../../src/domain/ticks.ts'
import { window, type Window } from '../../../src/domain/window.ts'
import type { PiPointType } from '../../../src/simulator/series.ts'
import type { Simulator } from '../../../src/simulator/simulator.ts'
import type { HistorianSource } from '../../../src/source/source.ts'
import { startSimulator } from '../../harness/simulator.ts'
import { tag as tagOfPoint } from './small-reads.ts'
import { openSource, sendJson, startTinyServer } from './tiny-server.ts'

const START = parseTicks('2025-12-30T00:00:00Z')
const HOUR = 3_600
const signal = new AbortController().signal

const at = (seconds: number): Ticks => ticks(START + BigInt(Math.round(seconds * 1e7)))
const hours = (count: number): Window[] =>
  Array.from({ length: count }, (_, i) => window(at(i * HOUR), at((i + 1) * HOUR)))

interface Setting {
  readonly simulator: Simulator
  readonly source: HistorianSource
  readonly tag: Tag
}

async function start(pointType: PiPointType): Promise<Setting> {
  const { simulator, url } = await startSimulator({ scenario: 'empty', switches: { rateLimitPerSecond: 0 } })
  simulator.historian.createPoint({ name: 'T', pointType })
  const source = openSource(url, { dataServer: 'BANYANSIM' })
  const { tags } = await source.catalogue({ include: ['T'], exclude: [], names: [] }, signal)
  simulator.resetCounters()
  return { simulator, source, tag: tags[0]! }
}

/** What a server answers for the first hour: a value, and whether it is good, by type. */
async function answering(values: Record<string, unknown>, good = true): Promise<string | undefined> {
  const { url } = await startTinyServer((_request, response) =>
    sendJson(response, {
      Items: Object.entries(values).map(([type, value]) => ({
        Type: type,
        Value: { Timestamp: '2025-12-30T00:00:00Z', Value: value, Good: type === 'Count' || good },
      })),
    }),
  )
  const [summary] = await openSource(url).summarise(tagOfPoint(1), hours(1), signal)
  return summary
}

const NO_DATA = { Name: 'No Data', Value: 248, IsSystem: true }

describe('summarise', () => {
  it('says what the historian adds up, from inclusive, until exclusive, in one request', async () => {
    const { simulator, source, tag } = await start('Float64')
    for (const seconds of [0, 0, HOUR - 1, HOUR, 3 * HOUR]) simulator.historian.insert('T', at(seconds), seconds)
    simulator.historian.insert('T', at(1.5 * HOUR), { system: 254 }, { good: false })
    expect(await source.summarise(tag, hours(4), signal)).toEqual([
      'Count=3 Total=3599 Minimum=0 Maximum=3599',
      'Count=2 Total=3600 Minimum=3600 Maximum=3600',
      'Count=0 Total=none Minimum=none Maximum=none',
      'Count=1 Total=10800 Minimum=10800 Maximum=10800',
    ])
    expect(simulator.counters().byRoute['GET streams/{webId}/summary']).toBe(1)
  })

  it('counts what is no number', async () => {
    const { simulator, source, tag } = await start('String')
    simulator.historian.insert('T', at(1), 'open')
    expect(await source.summarise(tag, hours(2), signal)).toEqual(['Count=1', 'Count=0'])
  })

  it('is another after an edit, and the same after two values were swapped', async () => {
    const { simulator, source, tag } = await start('Float32')
    for (const second of [1, 2, 3]) simulator.historian.insert('T', at(second), second)
    const before = await source.summarise(tag, hours(1), signal)
    simulator.historian.edit('T', at(1), 0, 2)
    simulator.historian.edit('T', at(2), 0, 1)
    expect(await source.summarise(tag, hours(1), signal)).toEqual(before)
    simulator.historian.edit('T', at(2), 0, 1 + 2 ** -23)
    expect(await source.summarise(tag, hours(1), signal)).not.toEqual(before)
  })

  it('keeps every number to its last bit', async () => {
    expect(await answering({ Count: 2, Total: 0.1 + 0.2, Minimum: 5e-324, Maximum: 1e300 })).toBe(
      'Count=2 Total=0.30000000000000004 Minimum=5e-324 Maximum=1e+300',
    )
    expect(await answering({ Count: 2, Total: 'NaN', Minimum: '-Infinity', Maximum: 'Infinity' })).toBe(
      'Count=2 Total=NaN Minimum=-Infinity Maximum=Infinity',
    )
  })

  it('tells minus zero from zero', async () => {
    const { url } = await startTinyServer((_request, response) => {
      const item = (type: string, value: string): string =>
        `{"Type":"${type}","Value":{"Timestamp":"2025-12-30T00:00:00Z","Value":${value},"Good":true}}`
      response.writeHead(200, { 'Content-Type': 'application/json' })
      response.end(
        `{"Items":[${item('Count', '1')},${item('Total', '-0.0')},${item('Minimum', '-0.0')},${item('Maximum', '0.0')}]}`,
      )
    })
    expect(await openSource(url).summarise(tagOfPoint(1), hours(1), signal)).toEqual([
      'Count=1 Total=-0 Minimum=-0 Maximum=0',
    ])
  })

  it('cannot tell from an answer that is incomplete, doubtful or of another shape', async () => {
    expect(await answering({ Count: 2, Total: 1, Minimum: 1 })).toBeUndefined()
    expect(await answering({ Count: 2.5, Total: 1, Minimum: 1, Maximum: 1 })).toBeUndefined()
    expect(await answering({ Count: 2, Total: 'much', Minimum: 1, Maximum: 1 })).toBeUndefined()
    expect(await answering({ Count: 2, Total: NO_DATA, Minimum: 1, Maximum: 1 })).toBeUndefined()
    expect(await answering({ Count: 2, Total: NO_DATA, Minimum: NO_DATA, Maximum: NO_DATA }, false)).toBe(
      'Count=2 Total=none Minimum=none Maximum=none',
    )
    const { url } = await startTinyServer((_request, response) => sendJson(response, { Items: [{ Type: 'Count' }] }))
    expect(await openSource(url).summarise(tagOfPoint(1), hours(1), signal)).toEqual([undefined])
  })

  it('cannot tell where the historian refuses', async () => {
    const { url } = await startTinyServer((_request, response) => sendJson(response, { Errors: ['no'] }, 409))
    expect(await openSource(url).summarise(tagOfPoint(1), hours(2), signal)).toEqual([undefined, undefined])
  })
})
