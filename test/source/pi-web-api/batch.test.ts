import { describe, expect, it } from 'vitest'
import type { BanyanError } from '../../../src/domain/errors.ts'
import type { RequestGate } from '../../../src/source/source.ts'
import { answerReads, fulfilled, ok, OWN_RANGE, pointIn, readTogether, sizeOf } from './small-reads.ts'
import { openSource, sendJson, startTinyServer } from './tiny-server.ts'

describe('small reads of different ranges that arrive together', () => {
  it('travel in one batch and are answered each from its own part', async () => {
    const { url, seen } = await startTinyServer((request, response) => answerReads(request, response, ok))
    expect(await readTogether(openSource(url), 20, OWN_RANGE)).toEqual(fulfilled(20))
    expect(seen.map(sizeOf)).toEqual([1, 20])
    expect(seen[1]!.body).toContain(`${url}/streams/I1DP`)
  })

  it('are judged alone: one bad tag never fails its neighbours', async () => {
    const { url } = await startTinyServer((request, response) =>
      answerReads(request, response, (id) => {
        if (id === 2) return { Status: 404, Content: { Errors: ['unknown'] } }
        if (id === 3) return { Status: 403, Content: 'no' }
        if (id === 4) return { Status: 200, Content: 'text' }
        if (id === 5) return { Status: 200, Content: { WebException: { StatusCode: 409, Errors: [] } } }
        return ok(id)
      }),
    )
    const results = await readTogether(openSource(url), 6, OWN_RANGE)
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
      answerReads(request, response, (id) => {
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
    expect(await readTogether(openSource(url, { gate }), 4, OWN_RANGE)).toEqual(fulfilled(4))
    expect(told).toEqual(['BANYAN_SOURCE_THROTTLED'])
  })

  it('repeat a batch that was lost as a whole as a whole', async () => {
    let batches = 0
    const { url, seen } = await startTinyServer((request, response) => {
      batches += 1
      if (batches === 2 || batches === 3) response.writeHead(503).end()
      else answerReads(request, response, ok)
    })
    expect(await readTogether(openSource(url), 10, OWN_RANGE)).toEqual(fulfilled(10))
    expect(seen.map(sizeOf)).toEqual([1, 10, 10, 10])
  })

  it('never multiply retries: a batch that stays lost is tried as often as any request', async () => {
    const { url, seen } = await startTinyServer((request, response) => {
      if (sizeOf(request) === 1) answerReads(request, response, ok)
      else response.writeHead(503).end()
    })
    const results = await readTogether(openSource(url, { maxAttempts: 3 }), 5, OWN_RANGE)
    expect(results.every((it) => it.status === 'rejected')).toBe(true)
    expect(seen.map(sizeOf)).toEqual([1, 5, 5, 5])
  })

  it('split a batch the server finds too large', async () => {
    const { url, seen } = await startTinyServer((request, response) => {
      if (request.method === 'POST' && sizeOf(request) > 3) response.writeHead(413).end()
      else answerReads(request, response, ok)
    })
    expect(await readTogether(openSource(url), 10, OWN_RANGE)).toEqual(fulfilled(10))
    const sizes = seen.filter(({ method }) => method === 'POST').map(sizeOf)
    expect(Math.max(...sizes.slice(1))).toBe(10)
    expect(sizes.filter((size) => size > 1 && size <= 3).length).toBeGreaterThan(1)
  })

  it('split a batch the historian cannot answer before the deadline', async () => {
    const { url, seen } = await startTinyServer((request, response) => {
      if (request.method === 'GET' || sizeOf(request) < 4) answerReads(request, response, ok)
    })
    expect(await readTogether(openSource(url, { timeoutMs: 1_000 }), 6, OWN_RANGE)).toEqual(fulfilled(6))
    expect(seen.map(sizeOf).toSorted()).toEqual([1, 3, 3, 6])
  })

  it('keep to the configured number of sub-requests', async () => {
    const { url, seen } = await startTinyServer((request, response) => answerReads(request, response, ok))
    expect(await readTogether(openSource(url, { batchSize: 4 }), 12, OWN_RANGE)).toEqual(fulfilled(12))
    expect(seen.map(sizeOf)).toEqual([1, 4, 4, 4])
  })
})

describe('where batches are not to be had', () => {
  it('reads of different ranges travel alone', async () => {
    const { url, seen } = await startTinyServer((request, response) => {
      if (request.method === 'POST') sendJson(response, { Message: 'no' }, 404)
      else answerReads(request, response, ok)
    })
    expect(await readTogether(openSource(url), 5, OWN_RANGE)).toEqual(fulfilled(5))
    expect(seen.map(({ path }) => pointIn(path))).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('notices when batches disappear while it runs', async () => {
    let gone = false
    const { url, seen } = await startTinyServer((request, response) => {
      if (gone && request.method === 'POST') sendJson(response, { Message: 'no' }, 405)
      else answerReads(request, response, ok)
    })
    const source = openSource(url)
    expect(await readTogether(source, 3, OWN_RANGE)).toEqual(fulfilled(3))
    gone = true
    expect(await readTogether(source, 3, OWN_RANGE)).toEqual(fulfilled(3))
    expect(await readTogether(source, 3, OWN_RANGE)).toEqual(fulfilled(3))
    expect(seen.filter(({ method }) => method === 'POST').length).toBe(4)
  })
})
