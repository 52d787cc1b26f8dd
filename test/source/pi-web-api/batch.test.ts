import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { BanyanError } from '../../../src/domain/errors.ts'
import type { Tag } from '../../../src/domain/tag.ts'
import { tagId } from '../../../src/domain/tag-id.ts'
import { parseTicks } from '../../../src/domain/ticks.ts'
import { window } from '../../../src/domain/window.ts'
import { pointIdOf } from '../../../src/source/pi-web-api/webid.ts'
import type { HistorianSource, RequestGate } from '../../../src/source/source.ts'
import { GUID, openSource, sendJson, startTinyServer, type SeenRequest } from './tiny-server.ts'

const RANGE = window(parseTicks('2024-05-01T00:00:00Z'), parseTicks('2024-05-02T00:00:00Z'))

function tag(pointId: number): Tag {
  return {
    id: tagId('pi', pointId),
    name: `TAG${pointId}`,
    descriptor: '',
    type: 'float64',
    units: '',
    zero: undefined,
    span: undefined,
    step: false,
    future: false,
    digitalSet: undefined,
    compression: undefined,
    address: { serverGuid: GUID, pointId },
  }
}

/** One sample whose value is the point's id. */
const recordedOf = (pointId: number): object => ({
  Items: [{ Timestamp: '2024-05-01T06:00:00Z', Value: pointId, Good: true }],
})

type SubRequests = Record<string, { Method: string; Resource: string }>

const pointIn = (url: string): number => pointIdOf(/\/streams\/([^/]+)/.exec(url)?.[1] ?? '') ?? 0

/** Answers a batch with one answer per sub-request, and a single read alike; `answer` may leave one out. */
function answerBatch(
  { method, path, body }: SeenRequest,
  response: ServerResponse,
  answer: (pointId: number) => { Status: number; Content: unknown; Headers?: object } | undefined,
): void {
  if (method === 'GET') {
    const alone = answer(pointIn(path))
    sendJson(response, alone?.Content, alone?.Status)
    return
  }
  const subs = Object.entries(JSON.parse(body) as SubRequests)
  expect(subs.every(([, sub]) => sub.Method === 'GET')).toBe(true)
  const answers = subs.map(([id, sub]) => {
    const detection = sub.Resource.endsWith('/system/userinfo')
    return [id, detection ? { Status: 200, Content: { Name: 'PLANT\\svc' } } : answer(pointIn(sub.Resource))] as const
  })
  sendJson(response, Object.fromEntries(answers.filter(([, it]) => it !== undefined)), 207)
}

const sizeOf = ({ body }: SeenRequest): number => Object.keys(JSON.parse(body) as SubRequests).length

async function readTogether(source: HistorianSource, count: number): Promise<PromiseSettledResult<unknown>[]> {
  const signal = new AbortController().signal
  return Promise.allSettled(
    Array.from({ length: count }, async (_, i) => {
      const values: unknown[] = []
      for await (const page of source.read(tag(i + 1), RANGE, { pageSize: 100 }, signal)) {
        values.push(...page.samples.map((sample) => sample.value))
      }
      return values
    }),
  )
}

const fulfilled = (count: number): object[] =>
  Array.from({ length: count }, (_, i) => ({ status: 'fulfilled', value: [i + 1] }))

const ok = (pointId: number): { Status: number; Content: unknown } => ({ Status: 200, Content: recordedOf(pointId) })

describe('small reads that arrive together', () => {
  it('travel in one batch and are answered each from its own part', async () => {
    const { url, seen } = await startTinyServer((request, response) => answerBatch(request, response, ok))
    expect(await readTogether(openSource(url), 20)).toEqual(fulfilled(20))
    expect(seen.map(sizeOf)).toEqual([1, 20])
    expect(seen[1]!.body).toContain(`${url}/streams/I1DP`)
  })

  it('are judged alone: one bad tag never fails its neighbours', async () => {
    const { url } = await startTinyServer((request, response) =>
      answerBatch(request, response, (id) => {
        if (id === 2) return { Status: 404, Content: { Errors: ['unknown'] } }
        if (id === 3) return { Status: 403, Content: 'no' }
        if (id === 4) return { Status: 200, Content: 'text' }
        if (id === 5) return { Status: 200, Content: { WebException: { StatusCode: 409, Errors: [] } } }
        return ok(id)
      }),
    )
    const results = await readTogether(openSource(url), 6)
    expect(results.map((it) => (it.status === 'fulfilled' ? it.value : (it.reason as BanyanError).code))).toEqual([
      [1],
      'BANYAN_SOURCE_NOT_FOUND',
      'BANYAN_SOURCE_FORBIDDEN',
      'BANYAN_SOURCE_PROTOCOL',
      'BANYAN_SOURCE_REJECTED',
      [6],
    ])
  })

  it('ask again for parts that failed for a passing reason or are missing, and the gate hears of it', async () => {
    const failures = new Map<number, number>()
    const { url } = await startTinyServer((request, response) => {
      answerBatch(request, response, (id) => {
        const before = failures.get(id) ?? 0
        failures.set(id, before + 1)
        if (before > 0) return ok(id)
        if (id === 2) return { Status: 429, Content: 'Rate limit was reached', Headers: { 'Retry-After': '0' } }
        return id === 3 ? undefined : ok(id)
      })
    })
    const told: string[] = []
    const gate: RequestGate = {
      run: (_rows, request) =>
        request().catch((error: unknown) => {
          told.push((error as BanyanError).code)
          throw error
        }),
    }
    expect(await readTogether(openSource(url, { gate }), 4)).toEqual(fulfilled(4))
    expect(told).toEqual(['BANYAN_SOURCE_THROTTLED'])
  })

  it('repeat a batch that was lost as a whole as a whole', async () => {
    let batches = 0
    const { url, seen } = await startTinyServer((request, response) => {
      batches += 1
      if (batches === 2 || batches === 3) response.writeHead(503).end()
      else answerBatch(request, response, ok)
    })
    expect(await readTogether(openSource(url), 10)).toEqual(fulfilled(10))
    expect(seen.map(sizeOf)).toEqual([1, 10, 10, 10])
  })

  it('never multiply retries: a batch that stays lost is tried as often as any request', async () => {
    const { url, seen } = await startTinyServer((request, response) => {
      if (sizeOf(request) === 1) answerBatch(request, response, ok)
      else response.writeHead(503).end()
    })
    const results = await readTogether(openSource(url, { maxAttempts: 3 }), 5)
    expect(results.every((it) => it.status === 'rejected')).toBe(true)
    expect(seen.map(sizeOf)).toEqual([1, 5, 5, 5])
  })

  it('split a batch the server finds too large', async () => {
    const { url, seen } = await startTinyServer((request, response) => {
      if (request.method === 'POST' && sizeOf(request) > 3) response.writeHead(413).end()
      else answerBatch(request, response, ok)
    })
    expect(await readTogether(openSource(url), 10)).toEqual(fulfilled(10))
    const sizes = seen.filter(({ method }) => method === 'POST').map(sizeOf)
    expect(Math.max(...sizes.slice(1))).toBe(10)
    expect(sizes.filter((size) => size > 1 && size <= 3).length).toBeGreaterThan(1)
  })

  it('split a batch the historian cannot answer before the deadline', async () => {
    const { url, seen } = await startTinyServer((request, response) => {
      if (request.method === 'GET' || sizeOf(request) < 4) answerBatch(request, response, ok)
    })
    expect(await readTogether(openSource(url, { timeoutMs: 1_000 }), 6)).toEqual(fulfilled(6))
    expect(seen.map(sizeOf).toSorted()).toEqual([1, 3, 3, 6])
  })

  it('keep to the configured number of sub-requests', async () => {
    const { url, seen } = await startTinyServer((request, response) => answerBatch(request, response, ok))
    expect(await readTogether(openSource(url, { batchSize: 4 }), 12)).toEqual(fulfilled(12))
    expect(seen.map(sizeOf)).toEqual([1, 4, 4, 4])
  })
})

describe('where batches are not to be had', () => {
  const streamset = (path: string): { ids: number[]; items: object[] } => {
    const ids = [...path.matchAll(/webId=([^&]+)/g)].map((match) => pointIdOf(match[1]!)!)
    return { ids, items: ids.map((id) => ({ WebId: `F1DP${webIdTail(id)}TkFNRQ`, ...recordedOf(id) })) }
  }
  const webIdTail = (id: number): string => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32LE(id)
    return 'Bd9Ab83Z90SNSjy4JtD5fQ' + bytes.toString('base64url')
  }
  const withoutBatch =
    (streamsets: (path: string, response: ServerResponse) => void) =>
    (request: SeenRequest, response: ServerResponse): void => {
      if (request.method === 'POST') sendJson(response, { Message: 'no' }, 404)
      else if (request.path.startsWith('/streamsets/')) streamsets(request.path, response)
      else sendJson(response, recordedOf(pointIn(request.path)))
    }

  it('equal ranges travel as a streamset, matched by point id in whatever order and form', async () => {
    const { url, seen } = await startTinyServer(
      withoutBatch((path, response) => sendJson(response, { Items: streamset(path).items.toReversed() })),
    )
    expect(await readTogether(openSource(url), 20)).toEqual(fulfilled(20))
    expect(seen).toHaveLength(2)
  })

  it('asks alone for a stream that is missing or failed', async () => {
    const { url, seen } = await startTinyServer(
      withoutBatch((path, response) => {
        const { items } = streamset(path)
        sendJson(response, { Items: [{ ...items[0], Errors: [{ Message: ['gone'] }] }, ...items.slice(2)] })
      }),
    )
    expect(await readTogether(openSource(url), 5)).toEqual(fulfilled(5))
    expect(seen.filter(({ path }) => path.startsWith('/streams/')).map(({ path }) => pointIn(path))).toEqual([1, 2])
  })

  it('believes nothing of an answer that is as full as was asked for, by either reading of maxCount', async () => {
    const { url, seen } = await startTinyServer(
      withoutBatch((path, response) => {
        const maxCount = Number(/maxCount=(\d+)/.exec(path)?.[1])
        const { items } = streamset(path)
        const full = { ...items[0], Items: Array.from({ length: maxCount - 1 }, () => ({ Timestamp: 'never read' })) }
        sendJson(response, { Items: [full, ...items.slice(1)] })
      }),
    )
    expect(await readTogether(openSource(url), 3)).toEqual(fulfilled(3))
    expect(seen.filter(({ path }) => path.startsWith('/streams/'))).toHaveLength(3)
  })

  it('falls back to single calls when streamsets are refused too', async () => {
    const { url, seen } = await startTinyServer(
      withoutBatch((_path, response) => sendJson(response, { Errors: ['no'] }, 400)),
    )
    expect(await readTogether(openSource(url), 3)).toEqual(fulfilled(3))
    expect(seen.filter(({ path }) => path.startsWith('/streams/'))).toHaveLength(3)
  })

  it('notices when batches disappear while it runs', async () => {
    let gone = false
    const { url, seen } = await startTinyServer((request, response) => {
      if (request.path.startsWith('/streamsets/')) sendJson(response, {}, 404)
      else if (gone && request.method === 'POST') sendJson(response, { Message: 'no' }, 405)
      else answerBatch(request, response, ok)
    })
    const source = openSource(url)
    expect(await readTogether(source, 3)).toEqual(fulfilled(3))
    gone = true
    expect(await readTogether(source, 3)).toEqual(fulfilled(3))
    expect(await readTogether(source, 3)).toEqual(fulfilled(3))
    expect(seen.filter(({ method }) => method === 'POST').length).toBe(4)
  })
})
