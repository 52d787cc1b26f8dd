/** The reader against everything a historian, or what stands before it, is known or feared to do. */
import { describe, expect, it } from 'vitest'
import type { Sample } from '../../../src/domain/sample.ts'
import type { Tag } from '../../../src/domain/tag.ts'
import { END_OF_PI_TIME, ticks } from '../../../src/domain/ticks.ts'
import { window } from '../../../src/domain/window.ts'
import { encodeRecord } from '../../../src/log/record.ts'
import type { Simulator, SimulatorOptions } from '../../../src/simulator/simulator.ts'
import type { PiWebApiOptions } from '../../../src/source/pi-web-api/options.ts'
import type { HistorianSource } from '../../../src/source/source.ts'
import { compareKeys, keyOfRecord, keyOfTruth } from '../../harness/expected.ts'
import { startSimulator } from '../../harness/simulator.ts'
import { openSource, sendJson, startTinyServer } from './tiny-server.ts'

const EVERYTHING = window(ticks(0n), ticks(END_OF_PI_TIME + 1n))
const ALL = { include: ['*'], exclude: [], names: [] }
const EQUAL = { missing: 0, extra: 0 }
const signal = new AbortController().signal

interface Setting {
  readonly simulator: Simulator
  readonly source: HistorianSource
  readonly tags: readonly Tag[]
}

async function start(options: SimulatorOptions, changes: Partial<PiWebApiOptions> = {}): Promise<Setting> {
  const { simulator, url } = await startSimulator({
    scenario: 'conformance',
    ...options,
    // Rates are no part of these tests, and a 429 shall not cost a second each.
    switches: { rateLimitPerSecond: 0, retryAfterSeconds: 0, ...options.switches },
  })
  const source = openSource(url, { dataServer: 'BANYANSIM', ...changes })
  const { tags } = await source.catalogue(ALL, signal)
  return { simulator, source, tags }
}

async function readAll(source: HistorianSource, tag: Tag, pageSize: number): Promise<Sample[]> {
  const samples: Sample[] = []
  for await (const page of source.read(tag, EVERYTHING, { pageSize }, signal)) samples.push(...page.samples)
  return samples
}

async function compare({ simulator, source, tags }: Setting, pageSize: number, ord = true): Promise<object> {
  const read = await Promise.all(
    tags.map(async (tag) =>
      (await readAll(source, tag, pageSize)).map((sample) =>
        keyOfRecord(encodeRecord({ tag: tag.id, sample, rev: 0, op: 'put', source: 'pi-web-api' }), { ord }),
      ),
    ),
  )
  const truth = [...simulator.truth()].map((row) => keyOfTruth('pi', row, { ord }))
  return compareKeys(truth, read.flat())
}

describe('faults that pass never lose, repeat or change a sample', () => {
  it.each<[string, SimulatorOptions['switches']]>([
    ['server errors', { serverErrorProbability: 0.1 }],
    ['throttling', { throttleProbability: 0.1 }],
    ['cut connections', { cutProbability: 0.1 }],
    ['truncated JSON', { truncateProbability: 0.1 }],
    ['login pages', { htmlProbability: 0.1 }],
    ['failures while streaming', { webExceptionProbability: 0.1 }],
    ['failures of single parts of a batch', { batchItemErrorProbability: 0.1 }],
    ['values with errors', { valueErrorProbability: 0.02 }],
    ['rows that cannot be decoded', { undecodableProbability: 0.02 }],
    ['rows out of order', { outOfOrderProbability: 0.02 }],
    ['slow answers', { slowDripProbability: 0.02 }],
  ])('%s', async (_name, switches) => {
    const setting = await start({}, { timeoutMs: 2_000 })
    setting.simulator.changeSwitches(switches ?? {})
    expect(await compare(setting, 200)).toMatchObject(EQUAL)
    expect(setting.simulator.counters().writes).toBe(0)
  })

  it('ties that come in another order on every call are still each read once', async () => {
    const setting = await start({ switches: { tieOrder: 'shuffled' } })
    expect(await compare(setting, 7 * 13, false)).toMatchObject(EQUAL)
  })

  it.each(['perStream', 'total'] as const)('streamsets in which maxCount is %s', async (streamsetMaxCount) => {
    const setting = await start({ switches: { streamsetMaxCount } })
    // Again and again, because who travels with whom is learned.
    for (let round = 0; round < 3; round++) expect(await compare(setting, 300)).toMatchObject(EQUAL)
  })

  it('times parsed onto the grid place below their own', async () => {
    expect(await compare(await start({ switches: { timeParsing: 'floor' } }), 100)).toMatchObject(EQUAL)
  })
})

describe('the ceiling of maxCount', () => {
  it('is found out without reading messages, and remembered', async () => {
    const setting = await start({ switches: { maxReturnedItems: 2_600 } })
    expect(await compare(setting, 100_000)).toMatchObject(EQUAL)
    const { failed } = setting.simulator.counters()
    expect(await compare(setting, 100_000)).toMatchObject(EQUAL)
    expect(setting.simulator.counters().failed - failed).toBeLessThanOrEqual(30)
  })

  it('may be lowered while a read runs', async () => {
    const { simulator, source, tags } = await start({})
    const tag = tags.find(({ name }) => name === 'TIES.PRIMES')!
    const values: unknown[] = []
    for await (const page of source.read(tag, EVERYTHING, { pageSize: 1_500 }, signal)) {
      values.push(...page.samples.map((sample) => sample.value))
      simulator.changeSwitches({ maxReturnedItems: 100 })
    }
    expect(values).toEqual(Array.from(values, (_, i) => i))
    expect(values.length).toBeGreaterThanOrEqual(3_000)
  })

  it('fails a tag whose tick group is larger, naming it, and only that tag', async () => {
    const { source, tags } = await start({ switches: { maxReturnedItems: 2_499 } })
    const results = await Promise.allSettled(tags.map((tag) => readAll(source, tag, 1_000)))
    const failed = results.flatMap((it, i) => (it.status === 'rejected' ? [{ name: tags[i]!.name, ...it }] : []))
    expect(failed).toMatchObject([
      { name: 'TIES.LARGER-THAN-A-PAGE', reason: { code: 'BANYAN_TICK_GROUP_TOO_LARGE', retryable: false } },
    ])
  })

  it('is used to the last row: a group that just fits below it is read', async () => {
    const { source, tags } = await start({ switches: { maxReturnedItems: 2_501 } })
    const tag = tags.find(({ name }) => name === 'TIES.LARGER-THAN-A-PAGE')!
    expect((await readAll(source, tag, 10)).length).toBeGreaterThanOrEqual(3_000)
  })
})

describe('answers too large or too slow', () => {
  it('a page that misses the deadline is asked for in halves until it fits', async () => {
    const sizes: number[] = []
    const { url } = await startTinyServer(({ path }, response) => {
      const size = Number(/maxCount=(\d+)/.exec(path)?.[1])
      sizes.push(size)
      if (size <= 4_000) sendJson(response, { Items: [] })
    })
    const { tags } = await start({})
    expect(await readAll(openSource(url, { timeoutMs: 1_000 }), tags[0]!, 10_000)).toEqual([])
    expect(sizes).toEqual([10_000, 5_000, 2_500])
  })

  it('a stall makes pages small for a while, not for the rest of the history', async () => {
    const sizes: number[] = []
    const { url } = await startTinyServer(({ path }, response) => {
      const size = Number(/maxCount=(\d+)/.exec(path)?.[1])
      const first = Date.parse(/startTime=([^&]+)/.exec(path)?.[1] ?? '') / 1000
      sizes.push(size)
      const rows = Array.from({ length: Math.min(size, 50_000 - first) }, (_, i) => ({
        Timestamp: new Date((first + i) * 1000).toISOString(),
        Value: first + i,
        Good: true,
      }))
      if (sizes.length > 3) sendJson(response, { Items: rows })
    })
    const tag = { ...(await start({})).tags[0]!, type: 'float64' as const }
    const samples = await readAll(openSource(url, { timeoutMs: 1_000 }), tag, 10_000)
    expect(samples.map(({ value }) => value)).toEqual(samples.map((_, i) => i))
    expect(samples).toHaveLength(50_000)
    expect(sizes.slice(0, 5)).toEqual([10_000, 5_000, 2_500, 1_250, 1_250])
    expect(sizes.slice(15)).toContain(2_500)
  })

  it('are asked for in smaller pages', async () => {
    const setting = await start({}, { maxAnswerBytes: 60_000 })
    const tag = setting.tags.find(({ name }) => name === 'TIES.PRIMES')!
    const samples = await readAll(setting.source, tag, 3_000)
    expect(samples.map(({ value }) => value)).toEqual(samples.map((_, i) => i))
  })

  it('end in an error, not in a loop, when a single tick group is too large', async () => {
    const { source, tags } = await start({}, { maxAnswerBytes: 100_000 })
    const tag = tags.find(({ name }) => name === 'TIES.LARGER-THAN-A-PAGE')!
    await expect(readAll(source, tag, 100)).rejects.toMatchObject({ code: 'BANYAN_TICK_GROUP_TOO_LARGE' })
  })
})

describe('a catalogue that changes while it is read', () => {
  it('a tag deleted midway is not found; the others are read to the end', async () => {
    const { simulator, source, tags } = await start({})
    simulator.changeSwitches({ deleteMidway: { tag: 'TIES.PAIRS', afterReads: 2 } })
    const read = async (name: string): Promise<Sample[]> =>
      readAll(
        source,
        tags.find((tag) => tag.name === name)!,
        500,
      )
    const [deleted, other] = await Promise.allSettled([read('TIES.PAIRS'), read('TIES.TRIPLES')])
    expect(deleted).toMatchObject({ reason: { code: 'BANYAN_SOURCE_NOT_FOUND' } })
    expect(other.status).toBe('fulfilled')
  })

  it('a type that changed since the catalogue is found out and used', async () => {
    const { simulator, source, tags } = await start({})
    const tag = tags.find(({ name }) => name === 'TYPE.INT16')!
    simulator.historian.retypePoint('TYPE.INT16', 'String')
    const samples = await readAll(source, tag, 1_000)
    expect(samples.filter(({ type }) => type === 'string').length).toBeGreaterThan(3)
    expect(samples.every(({ type }) => type === 'string' || type === 'state')).toBe(true)
  })

  it('a value that contradicts the type the tag still has is an error that names tag and time', async () => {
    const { url } = await startTinyServer((request, response) => {
      if (request.path.startsWith('/points/')) sendJson(response, { Id: 7, Name: 'FIC101', PointType: 'Float32' })
      else sendJson(response, { Items: [{ Timestamp: '2024-05-01T06:00:00Z', Value: 'text', Good: true }] })
    })
    const { tags } = await start({})
    const tag: Tag = { ...tags.find(({ type }) => type === 'float32')!, name: 'FIC101' }
    await expect(readAll(openSource(url), tag, 10_000)).rejects.toMatchObject({
      code: 'BANYAN_SOURCE_PROTOCOL',
      retryable: false,
      message: expect.stringMatching(/FIC101.*2024-05-01T06:00:00Z is a string on a tag of floating-point/) as unknown,
    })
  })
})

describe('politeness', () => {
  it('reads 1,000 small tags, catalogue included, in less than 100 requests', async () => {
    const setting = await start({ scenario: 'many-small' })
    expect(setting.tags).toHaveLength(1_000)
    expect(await compare(setting, 1_000)).toMatchObject(EQUAL)
    const { requests, writes } = setting.simulator.counters()
    expect(requests).toBeLessThan(100)
    expect(writes).toBe(0)
  })

  it('reads nothing ahead of its caller', async () => {
    const { simulator, source, tags } = await start({})
    const tag = tags.find(({ name }) => name === 'TIES.PAIRS')!
    const pages = source.read(tag, EVERYTHING, { pageSize: 1_500 }, signal)[Symbol.asyncIterator]()
    await pages.next()
    const before = simulator.counters().requests
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(simulator.counters().requests).toBe(before)
    await pages.return?.()
  })

  it('reads compression settings with the catalogue', async () => {
    const { tags } = await start({})
    expect(tags.every(({ compression }) => compression !== undefined)).toBe(true)
  })
})
