import { describe, expect, it } from 'vitest'
import { parseTicks, ticks, TICKS_PER_SECOND } from '../../../src/domain/ticks.ts'
import { window } from '../../../src/domain/window.ts'
import { MAX_STREAMS, MAX_STREAMS_OF_REQUEST } from '../../../src/source/pi-web-api/company.ts'
import { openGate, type HistorianSource, type RequestGate } from '../../../src/source/source.ts'
import { startSimulator } from '../../harness/simulator.ts'
import {
  answerReads,
  fulfilled,
  maxCountIn,
  ok,
  pointIn,
  pointsIn,
  readTogether,
  recordedOf,
  resourcesOf,
  SAME_RANGE,
  streamOf,
  type SubAnswer,
} from './small-reads.ts'
import { openSource, sendJson, startTinyServer, type SeenRequest, type TinyServer } from './tiny-server.ts'

const FORMS = [{ batch: true }, { batch: false }]

/** A server with or without batches, whose streamsets the test answers. */
function serve(batch: boolean, answerSet: (url: string) => SubAnswer, answer = ok): Promise<TinyServer> {
  return startTinyServer((request, response) => {
    if (!batch && request.method === 'POST') sendJson(response, { Message: 'no' }, 404)
    else answerReads(request, response, answer, answerSet)
  })
}

/** The URLs asked for, in batches or not. */
const urlsOf = (seen: readonly SeenRequest[]): string[] =>
  seen.flatMap((request) => (request.method === 'GET' ? [request.path] : resourcesOf(request)))
const setsIn = (seen: readonly SeenRequest[]): string[] => urlsOf(seen).filter((url) => url.includes('/streamsets/'))
const aloneIn = (seen: readonly SeenRequest[]): number[] =>
  urlsOf(seen).flatMap((url) => (url.includes('/streams/') ? [pointIn(url)] : []))

const set = (items: readonly object[]): SubAnswer => ({ Status: 200, Content: { Items: items } })

const rowsOf = (count: number): object[] =>
  Array.from({ length: count }, () => ({ Timestamp: '2024-05-01T06:00:00Z', Value: 1, Good: true }))

describe.each(FORMS)('small reads of one range (batches: $batch)', ({ batch }) => {
  it('share a streamset call, matched by point id in whatever order and form', async () => {
    const { url, seen } = await serve(batch, (set_) =>
      set(
        pointsIn(set_)
          .toReversed()
          .map((id) => streamOf(id)),
      ),
    )
    expect(await readTogether(openSource(url), 20, SAME_RANGE)).toEqual(fulfilled(20))
    expect(setsIn(seen).map(pointsIn)).toEqual([Array.from({ length: 20 }, (_, i) => i + 1)])
    expect(aloneIn(seen)).toEqual([])
  })

  it('are asked for alone where their stream is missing, failed, or holds a value that failed', async () => {
    const { url, seen } = await serve(batch, () =>
      set([
        { ...streamOf(1), Errors: [{ Message: ['gone'] }] },
        streamOf(3, { Items: [{ Timestamp: '2024-05-01T06:00:00Z', Value: null, Good: true, Errors: ['gone'] }] }),
        streamOf(4),
        { ...streamOf(5), WebId: 'P1DPbm90IGRlY29kYWJsZQ' },
        { ...streamOf(6), WebException: { StatusCode: 500 } },
        null as unknown as object,
      ]),
    )
    expect(await readTogether(openSource(url), 6, SAME_RANGE)).toEqual(fulfilled(6))
    expect(aloneIn(seen).toSorted()).toEqual([1, 2, 3, 5, 6])
  })

  it('believe nothing of an answer that is as full as was asked for, by either reading of maxCount', async () => {
    const { url, seen } = await serve(batch, (url_) => {
      const many = Array.from({ length: maxCountIn(url_) - 2 }, () => ({ Timestamp: 'never read' }))
      return set([streamOf(1, { Items: many }), streamOf(2), streamOf(3)])
    })
    expect(await readTogether(openSource(url), 3, SAME_RANGE)).toEqual(fulfilled(3))
    expect(aloneIn(seen)).toEqual([1, 2, 3])
  })

  it('believe an answer that is one row short of full', async () => {
    const lengths = [99, 99, 99, 99, 99, 99, 99, 99, 40, 0]
    const total = lengths.reduce((sum, length) => sum + length)
    const { url, seen } = await serve(batch, (url_) => {
      expect(maxCountIn(url_)).toBe(total + 1)
      return set(lengths.map((length, i) => streamOf(i + 1, { Items: rowsOf(length) })))
    })
    const results = await readTogether(openSource(url), lengths.length, SAME_RANGE)
    expect(results).toMatchObject(lengths.map((length) => ({ status: 'fulfilled', value: { length } })))
    expect(aloneIn(seen)).toEqual([])
  })

  it.each([400, 403, 404, 409, 410, 413, 501])(
    'are asked for alone when the call is refused with %i',
    async (status) => {
      const { url, seen } = await serve(batch, () => ({ Status: status, Content: { Errors: ['no'] } }))
      expect(await readTogether(openSource(url), 3, SAME_RANGE)).toEqual(fulfilled(3))
      expect(aloneIn(seen)).toEqual([1, 2, 3])
    },
  )

  it('are never multiplied by a historian that stays busy', async () => {
    const { url, seen } = await serve(batch, () => ({ Status: 503, Content: 'busy' }))
    const results = await readTogether(openSource(url, { maxAttempts: 3 }), 50, SAME_RANGE)
    expect(results.every((it) => it.status === 'rejected')).toBe(true)
    expect(setsIn(seen)).toHaveLength(3)
    expect(aloneIn(seen)).toEqual([])
  })

  it('survive a call that fails for a passing reason', async () => {
    let calls = 0
    const { url, seen } = await serve(batch, (url_) =>
      calls++ === 0 ? { Status: 503, Content: 'busy' } : set(pointsIn(url_).map((id) => streamOf(id))),
    )
    expect(await readTogether(openSource(url), 5, SAME_RANGE)).toEqual(fulfilled(5))
    expect(aloneIn(seen)).toEqual([])
  })

  it('are judged one by one: a stream that cannot be read is asked for alone, and only it', async () => {
    const { url, seen } = await serve(
      batch,
      (url_) => set(pointsIn(url_).map((id) => streamOf(id, id === 2 ? { Items: ['nonsense'] } : recordedOf(id)))),
      (id) => (id === 2 ? { Status: 410, Content: { Errors: ['gone'] } } : ok(id)),
    )
    const source = openSource(url)
    for (let round = 0; round < 2; round++) {
      const results = await readTogether(source, 4, SAME_RANGE)
      expect(results).toMatchObject([
        ...fulfilled(1),
        { status: 'rejected', reason: { code: 'BANYAN_SOURCE_NOT_FOUND' } },
        ...fulfilled(4).slice(2),
      ])
    }
    expect(aloneIn(seen)).toEqual([2, 2])
  })

  it('learn who is too lively for company, and keep to the bounds of a URL', async () => {
    const recorded = (id: number): object => ({ Items: rowsOf(id === 3 ? 95 : 0) })
    const { url, seen } = await serve(
      batch,
      (url_) => set(pointsIn(url_).map((id) => streamOf(id, recorded(id)))),
      (id) => ({ Status: 200, Content: recorded(id) }),
    )
    const source = openSource(url)
    const sharing: number[][] = []
    for (let round = 0; round < 3; round++) {
      const before = seen.length
      await readTogether(source, 2 * MAX_STREAMS, SAME_RANGE)
      sharing.push(setsIn(seen.slice(before)).map((call) => pointsIn(call).length))
      expect(aloneIn(seen.slice(before))).toEqual(round === 0 ? [] : [3])
    }
    expect(sharing).toEqual([
      [MAX_STREAMS, MAX_STREAMS],
      [MAX_STREAMS, MAX_STREAMS - 1],
      [MAX_STREAMS, MAX_STREAMS - 1],
    ])
    for (const call of setsIn(seen)) expect(call.length).toBeLessThan(4_000)
  })
})

describe('reads that share a stream', () => {
  it('name it once, and each get the answer', async () => {
    const { url, seen } = await serve(true, (url_) => set(pointsIn(url_).map((id) => streamOf(id))))
    const source = openSource(url)
    const [first, second] = await Promise.all([
      readTogether(source, 3, SAME_RANGE),
      readTogether(source, 3, SAME_RANGE),
    ])
    expect([first, second]).toEqual([fulfilled(3), fulfilled(3)])
    expect(setsIn(seen).map(pointsIn)).toEqual([[1, 2, 3]])
  })
})

describe('a round over ten thousand tags of which one in a hundred has new samples', () => {
  it('takes a dozen requests of bounded size, and finds every sample', async () => {
    const TAGS = 10_000
    const { simulator, url } = await startSimulator({ scenario: 'empty', switches: { rateLimitPerSecond: 0 } })
    const { historian } = simulator
    for (let i = 1; i <= TAGS; i++) historian.createPoint({ name: `T${i}`, pointType: 'Float64' })
    const rows: number[] = []
    const gate: RequestGate = {
      run: (weight, request, signal) => {
        rows.push(weight)
        return openGate.run(weight, request, signal)
      },
    }
    const source = openSource(url, { dataServer: 'BANYANSIM', gate })
    const signal = new AbortController().signal
    const { tags } = await source.catalogue({ include: ['*'], exclude: [], names: [] }, signal)
    const start = parseTicks('2025-12-31T00:00:00Z')
    const at = (seconds: number): typeof start => ticks(start + BigInt(seconds) * TICKS_PER_SECOND)

    for (let round = 0; round < 3; round++) {
      const range = window(at(round * 10), at(round * 10 + 10))
      const lively = tags.filter((_, i) => i % 100 === round)
      for (const tag of lively) historian.write(tag.name, at(round * 10 + 3), round)
      simulator.resetCounters()
      rows.length = 0
      const found = await Promise.all(tags.map((tag) => countIn(source, tag, range, signal)))
      expect(found.flatMap((count, i) => (count > 0 ? [tags[i]!.name] : []))).toEqual(lively.map(({ name }) => name))
      const { requests, writes } = simulator.counters()
      expect(requests).toBeLessThanOrEqual(Math.ceil(TAGS / MAX_STREAMS_OF_REQUEST) + 1)
      expect(writes).toBe(0)
      expect(Math.max(...rows)).toBeLessThanOrEqual(100_000)
    }
  })
})

async function countIn(
  source: HistorianSource,
  tag: Parameters<HistorianSource['read']>[0],
  range: Parameters<HistorianSource['read']>[1],
  signal: AbortSignal,
): Promise<number> {
  let count = 0
  for await (const page of source.read(tag, range, { pageSize: 1_000 }, signal)) count += page.samples.length
  return count
}
