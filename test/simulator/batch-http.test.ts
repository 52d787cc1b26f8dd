/** `POST /batch` over HTTP, against the recorded answers of real servers. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts'

const START = BigInt(Date.UTC(2025, 11, 31)) * 10_000n

function sample(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/pi-web-api/samples/${name}`, import.meta.url), 'utf8'))
}

describe('batch over HTTP', () => {
  let simulator: Simulator
  let url: string
  let path: string

  beforeAll(async () => {
    simulator = createSimulator({ scenario: 'empty' })
    const { historian } = simulator
    historian.createPoint({ name: 'T1', pointType: 'Float32' })
    historian.createPoint({ name: 'T2', pointType: 'Float32' })
    for (const tag of ['T1', 'T2']) {
      for (let i = 0; i < 10; i++) historian.insert(tag, START + BigInt(i) * 10_000_000n, i)
    }
    path = `\\\\${historian.primary.name}\\T1`
    ;({ url } = await simulator.listen())
  })

  afterAll(async () => {
    await simulator.close()
  })

  async function post(
    body: unknown,
    headers: Record<string, string> = { 'X-Requested-With': 'test' },
    where = '/batch',
  ): Promise<{ status: number; json: Record<string, unknown> }> {
    const response = await fetch(url + where, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    return { status: response.status, json: (await response.json()) as Record<string, unknown> }
  }

  test('reads points by path and their recorded values in one call, each from its own start', async () => {
    const { status, json } = await post({
      p: { Method: 'GET', Resource: `https://other.example.org/piwebapi/points?path=${path}&selectedFields=WebId` },
      v: {
        Method: 'GET',
        ParentIds: ['p'],
        Parameters: ['$.p.Content.WebId'],
        Resource: 'https://h/piwebapi/streams/{0}/recorded?startTime=2025-12-31T00:00:07Z&endTime=*&maxCount=2',
      },
    })
    expect(status).toBe(207)
    expect(json).toMatchObject({
      p: { Status: 200, Content: { WebId: expect.any(String) as unknown } },
      v: { Status: 200, Content: { Items: [{ Value: 7 }, { Value: 8 }] } },
    })
  })

  test('a template over the list of points; trailing slash on the route', async () => {
    const body = {
      s: { Method: 'GET', Resource: `${url}/dataservers` },
      l: { ParentIds: ['s'], Parameters: ['$.s.Content.Items[0].WebId'], Resource: `${url}/dataservers/{0}/points` },
      v: {
        ParentIds: ['l'],
        Parameters: ['$.l.Content.Items[*].WebId'],
        RequestTemplate: { Resource: `${url}/streams/{0}/end` },
      },
    }
    const { status, json } = await post(body, { 'X-Requested-With': 'x' }, '/batch/')
    expect(status).toBe(207)
    expect(json['v']).toMatchObject({
      Status: 207,
      Headers: {},
      Content: {
        Total: 2,
        Items: [
          { Status: 200, Content: { Value: 9 } },
          { Status: 200, Content: { Value: 9 } },
        ],
      },
    })
  })

  test('a failed parent and an unknown route look as recorded', async () => {
    const { json } = await post({
      GetElements: { Method: 'GET', Resource: `${url}/points?path=nonsense` },
      GetAttributes: { Method: 'GET', ParentIds: ['GetElements'], Resource: `${url}/points` },
    })
    const recorded = sample('kukur-batch-parent-failed-409.json') as Record<string, unknown>
    expect(json['GetAttributes']).toEqual(recorded['GetAttributes'])
    expect(json['GetElements']).toMatchObject({
      Status: 400,
      Headers: { 'Content-Type': 'application/json; charset=utf-8' },
      Content: { Errors: [expect.any(String)] },
    })
    const unknown = await post({ a: { Method: 'GET', Resource: `${url}/elements/x` } })
    expect(unknown.json['a']).toMatchObject({
      Status: 404,
      Content: {
        Message: expect.stringMatching(/^No HTTP resource was found that matches the request URI/) as unknown,
      },
    })
  })

  test('needs X-Requested-With, and refuses Cache-Control', async () => {
    const body = { a: { Method: 'GET', Resource: `${url}/system` } }
    expect((await post(body, {})).status).toBe(400)
    expect((await post(body, { 'X-Requested-With': 'x', 'Cache-Control': 'no-cache' })).status).toBe(400)
  })

  test('has a bound on sub-requests, and may be absent', async () => {
    const body = Object.fromEntries(
      Array.from({ length: 6 }, (_, i) => [`r${String(i)}`, { Resource: `${url}/system` }]),
    )
    simulator.changeSwitches({ maxBatchRequests: 5 })
    expect(await post(body)).toMatchObject({ status: 400, json: { Errors: [expect.any(String)] } })
    simulator.changeSwitches({ maxBatchRequests: 6 })
    expect((await post(body)).status).toBe(207)
    simulator.changeSwitches({ batch: false })
    expect(await post(body)).toMatchObject({ status: 404, json: { Message: expect.any(String) as unknown } })
    simulator.changeSwitches({ batch: true })
  })

  test('reading is no write, whatever the method on the wire; a write inside a batch is one', async () => {
    simulator.resetCounters()
    await post({ a: { Method: 'GET', Resource: `${url}/system` } })
    expect(simulator.counters().writes).toBe(0)
    await post({ a: { Method: 'DELETE', Resource: `${url}/points/x` } })
    expect(simulator.counters().writes).toBeGreaterThan(0)
  })
})
