import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Tag } from '../../../src/domain/tag.ts'
import { parseTicks, ticks, type Ticks } from '../../../src/domain/ticks.ts'
import { window, type Window } from '../../../src/domain/window.ts'
import type { Switches } from '../../../src/simulator/switches.ts'
import type { Simulator } from '../../../src/simulator/simulator.ts'
import { MAX_INTERVALS } from '../../../src/source/pi-web-api/interval-summary.ts'
import type { HistorianSource } from '../../../src/source/source.ts'
import { startSimulator } from '../../harness/simulator.ts'
import { tag as tagOfPoint } from './small-reads.ts'
import { openSource, sendJson, startTinyServer } from './tiny-server.ts'

const START = parseTicks('2025-12-30T00:00:00Z')
const HOUR = 3_600
const signal = new AbortController().signal

const at = (seconds: number): Ticks => ticks(START + BigInt(Math.round(seconds * 1e7)))
const hours = (count: number, from = 0): Window[] =>
  Array.from({ length: count }, (_, i) => window(at((from + i) * HOUR), at((from + i + 1) * HOUR)))

interface Setting {
  readonly simulator: Simulator
  readonly source: HistorianSource
  readonly tag: Tag
}

async function start(pointType: 'Float64' | 'String', switches: Partial<Switches> = {}): Promise<Setting> {
  const { simulator, url } = await startSimulator({
    scenario: 'empty',
    switches: { rateLimitPerSecond: 0, ...switches },
  })
  simulator.historian.createPoint({ name: 'T', pointType })
  const source = openSource(url, { dataServer: 'BANYANSIM' })
  const { tags } = await source.catalogue({ include: ['T'], exclude: [], names: [] }, signal)
  simulator.resetCounters()
  return { simulator, source, tag: tags[0]! }
}

/** Counts by reading: what `count` should have said. */
async function held({ source, tag }: Setting, windows: readonly Window[]): Promise<number[]> {
  const counts: number[] = []
  for (const range of windows) {
    let count = 0
    for await (const page of source.read(tag, range, { pageSize: 1_000 }, signal)) count += page.samples.length
    counts.push(count)
  }
  return counts
}

const summaries = ({ simulator }: Setting): number => simulator.counters().byRoute['GET streams/{webId}/summary'] ?? 0

describe('count', () => {
  it.each(['Float64', 'String'] as const)(
    'says for each of neighbouring windows what it holds, in one request (%s)',
    async (pointType) => {
      const setting = await start(pointType)
      const { historian } = setting.simulator
      const value = (n: number): number | string => (pointType === 'Float64' ? n : String(n))
      // Ties on a boundary, just before and just after it, an empty hour, a bad value.
      for (const seconds of [0, 0, 0, HOUR - 1, HOUR, HOUR, HOUR + 1, 3 * HOUR, 4 * HOUR - 0.5, 4 * HOUR]) {
        historian.insert('T', at(seconds), value(seconds))
      }
      historian.insert('T', at(1.5 * HOUR), { system: 254 }, { good: false })
      const windows = hours(4)
      expect(await setting.source.count(setting.tag, windows, signal)).toEqual([4, 4, 0, 2])
      expect(summaries(setting)).toBe(1)
      expect(await held(setting, windows)).toEqual([4, 4, 0, 2])
    },
  )

  it('may leave bad values out where the server does: a hint, not proof', async () => {
    const setting = await start('Float64', { countIncludesBad: false })
    setting.simulator.historian.insert('T', at(1), 1)
    setting.simulator.historian.insert('T', at(2), { system: 254 }, { good: false })
    expect(await setting.source.count(setting.tag, hours(1), signal)).toEqual([1])
    expect(await held(setting, hours(1))).toEqual([2])
  })

  it('answers in the order of the windows, whatever they are', async () => {
    const setting = await start('Float64')
    for (let i = 0; i < 500; i++) setting.simulator.historian.insert('T', at(i * 97), i)
    const whole = fc.integer({ min: 0, max: 50_000 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(whole, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 9_000 })), { maxLength: 8 }),
        async (runs) => {
          const windows = runs.flatMap(([from, count, length]) =>
            Array.from({ length: count }, (_, i) => window(at(from + i * length), at(from + (i + 1) * length))),
          )
          expect(await setting.source.count(setting.tag, windows, signal)).toEqual(await held(setting, windows))
        },
      ),
      { numRuns: 25 },
    )
  })

  it('keeps calls to a bounded number of intervals', async () => {
    const setting = await start('Float64', { batch: false })
    setting.simulator.historian.insert('T', at(700 * 60 + 1), 1)
    const minutes = Array.from({ length: 2 * MAX_INTERVALS }, (_, i) => window(at(i * 60), at((i + 1) * 60)))
    const counts = await setting.source.count(setting.tag, minutes, signal)
    expect(counts).toEqual(minutes.map((_, i) => (i === 700 ? 1 : 0)))
    expect(summaries(setting)).toBe(2)
  })

  it('cannot tell where the historian refuses', async () => {
    const { url } = await startTinyServer((_request, response) => sendJson(response, { Errors: ['no'] }, 409))
    expect(await openSource(url).count(tagOfPoint(1), hours(3), signal)).toEqual([undefined, undefined, undefined])
  })

  it('matches counts by the time they name, and believes none that is doubtful', async () => {
    const item = (time: string, value: unknown, rest: object = {}): object => ({
      Type: 'Count',
      Value: { Timestamp: time, Value: value, Good: true },
      ...rest,
    })
    const { url } = await startTinyServer((request, response) => {
      if (request.method === 'POST') sendJson(response, {}, 404)
      else
        sendJson(response, {
          Items: [
            item('2025-12-30T05:00:00Z', 5),
            item('2025-12-30T00:00:00Z', 0),
            // Named twice, not a count, not of this range, bad, another statistic, a grid step early, half an hour late.
            item('2025-12-30T01:00:00Z', 1),
            item('2025-12-30T01:00:00Z', 1),
            item('2025-12-30T02:00:00Z', 2.5),
            item('2025-12-30T06:00:00Z', 6),
            { Type: 'Count', Value: { Timestamp: '2025-12-30T03:00:00Z', Value: 3, Good: false } },
            item('2025-12-30T03:00:00Z', 3, { Type: 'PercentGood' }),
            item('2025-12-30T03:59:59.9999848Z', 4),
            item('2025-12-30T03:30:00Z', 7),
          ],
        })
    })
    expect(await openSource(url).count(tagOfPoint(1), hours(6), signal)).toEqual([
      0,
      undefined,
      undefined,
      undefined,
      4,
      5,
    ])
  })

  it('cannot tell from an answer of another shape', async () => {
    const { url } = await startTinyServer((_request, response) => sendJson(response, { Items: [{ Type: 'Count' }] }))
    expect(await openSource(url).count(tagOfPoint(1), hours(2), signal)).toEqual([undefined, undefined])
  })
})
