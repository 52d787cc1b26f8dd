import { describe, expect, test } from 'vitest'
import { runBatch, type BatchOutcome, type SubRequest, type SubResponse } from '../../src/simulator/batch.ts'
import { jsonText } from '../../src/simulator/http/answer.ts'

const JSON_HEADERS = { 'Content-Type': 'application/json; charset=utf-8' }

function json(status: number, content: string): SubResponse {
  return { status, headers: JSON_HEADERS, content, isJson: true }
}

class Server {
  readonly seen: SubRequest[] = []
  inFlight = 0
  peak = 0
  readonly #answer: (request: SubRequest) => SubResponse

  constructor(answer: (request: SubRequest) => SubResponse = () => json(200, '{}')) {
    this.#answer = answer
  }

  async run(body: unknown, maxRequests = 100, concurrency = 8): Promise<BatchOutcome> {
    return runBatch(body, {
      maxRequests,
      concurrency,
      dispatch: async (request) => {
        this.seen.push(request)
        this.inFlight++
        this.peak = Math.max(this.peak, this.inFlight)
        await Promise.resolve()
        this.inFlight--
        return this.#answer(request)
      },
    })
  }

  async answers(body: unknown, maxRequests?: number): Promise<unknown> {
    const outcome = await this.run(body, maxRequests)
    if (outcome.status !== 207) throw new Error(outcome.error)
    return JSON.parse(jsonText(outcome.answers))
  }
}

const points = '{"Items":[{"WebId":"A"},{"WebId":"B"}]}'

describe('batch', () => {
  test('answers in the shape of the samples, by the ids of the request', async () => {
    const server = new Server(() => json(200, '{"Value":200.0}'))
    expect(
      await server.answers({ b: { Method: 'GET', Resource: 'u1' }, a: { method: 'get', resource: 'u2' } }),
    ).toEqual({
      a: { Status: 200, Headers: JSON_HEADERS, Content: { Value: 200 } },
      b: { Status: 200, Headers: JSON_HEADERS, Content: { Value: 200 } },
    })
    expect(server.seen.map(({ method, resource }) => `${method} ${resource}`)).toEqual(['GET u1', 'GET u2'])
  })

  test('keeps the wire form of numbers', async () => {
    const outcome = await new Server(() => json(200, '{"Value":200.0,"Big":1E+07}')).run({ a: { Resource: 'u' } })
    expect(outcome.status === 207 ? jsonText(outcome.answers) : '').toContain('{"Value":200.0,"Big":1E+07}')
  })

  test('a child waits for its parents and takes its parameters from their answers', async () => {
    const server = new Server((request) => json(200, request.resource === 'p' ? '{"WebId":"X1"}' : '{"ok":true}'))
    const body = {
      v: {
        Method: 'POST',
        ParentIds: ['p'],
        Parameters: ['$.p.Content.WebId'],
        Resource: 'streams/{0}/value?x={1}',
        Headers: { From: '{0}' },
        Content: '{"id":"{0}"}',
      },
      p: { Method: 'GET', Resource: 'p' },
    }
    await server.answers(body)
    expect(server.seen.at(-1)).toEqual({
      method: 'POST',
      resource: 'streams/X1/value?x={1}',
      headers: { From: 'X1' },
      content: '{"id":"X1"}',
    })
  })

  test('a template becomes one sub-request for each value', async () => {
    const server = new Server((request) => {
      if (request.resource === 'l') return json(200, points)
      return request.resource.includes('/A/') ? json(404, '{"Message":"No HTTP resource"}') : json(200, '{"n":1}')
    })
    const all = {
      ParentIds: ['l'],
      Parameters: ['$.l.Content.Items[*].WebId'],
      RequestTemplate: { Resource: 'streams/{0}/x' },
    }
    const answers = await server.answers({ l: { Resource: 'l' }, all })
    expect(answers).toMatchObject({
      all: {
        Status: 207,
        Headers: {},
        Content: {
          Total: 2,
          Items: [
            { Status: 404, Content: { Message: 'No HTTP resource' } },
            { Status: 200, Content: { n: 1 } },
          ],
        },
      },
    })
  })

  test('a template over nothing is answered, not failed', async () => {
    const server = new Server(() => json(200, '{"Items":[]}'))
    const all = { ParentIds: ['l'], Parameters: ['$.l.Content.Items[*].WebId'], RequestTemplate: { Resource: 'x/{0}' } }
    expect(await server.answers({ l: { Resource: 'l' }, all })).toMatchObject({
      all: { Status: 207, Content: { Total: 0, Items: [] } },
    })
  })

  test('the items of a template can be the parameters of the next request', async () => {
    const server = new Server((request) =>
      json(200, request.resource === 'l' ? points : `{"From":"${request.resource}"}`),
    )
    const body = {
      l: { Resource: 'l' },
      all: { ParentIds: ['l'], Parameters: ['$.l.Content.Items[*].WebId'], RequestTemplate: { Resource: 'x/{0}' } },
      last: { ParentIds: ['all'], Parameters: ['$.all.Content.Items[1].Content.From'], Resource: 'y/{0}' },
    }
    await server.answers(body)
    expect(server.seen.at(-1)?.resource).toBe('y/x/B')
  })

  test('a failed parent fails its children with the text on the wire, and theirs in turn', async () => {
    const server = new Server(() => json(400, '{"Errors":["no"]}'))
    const body = {
      a: { Resource: 'a' },
      b: { Resource: 'b', ParentIds: ['a'] },
      c: { Resource: 'c', ParentIds: ['b'] },
    }
    expect(await server.answers(body)).toEqual({
      a: { Status: 400, Headers: JSON_HEADERS, Content: { Errors: ['no'] } },
      b: { Status: 409, Headers: {}, Content: 'The following ParentIds did not complete successfully: a.' },
      c: { Status: 409, Headers: {}, Content: 'The following ParentIds did not complete successfully: b.' },
    })
    expect(server.seen).toHaveLength(1)
  })

  test('the resource may be a path into a parent', async () => {
    const server = new Server(() => ({
      status: 201,
      headers: { Location: 'http://h/new' },
      content: '',
      isJson: false,
    }))
    const answers = await server.answers({
      '1': { Method: 'POST', Resource: 'make' },
      '2': { ParentIds: ['1'], Resource: '$.1.Headers.Location' },
    })
    expect(server.seen.at(-1)?.resource).toBe('http://h/new')
    expect(answers).toMatchObject({ '2': { Status: 201, Content: '' } })
  })

  test('a parameter that selects nothing fails that request alone', async () => {
    const server = new Server()
    const child = { ParentIds: ['a'], Parameters: ['$.a.Content.Gone'], Resource: 'x/{0}' }
    expect(await server.answers({ a: { Resource: 'a' }, child, other: { Resource: 'o' } })).toMatchObject({
      child: { Status: 400, Headers: {} },
      other: { Status: 200 },
    })
  })

  test('runs independent requests side by side, up to the bound', async () => {
    const server = new Server()
    const body = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`r${i}`, { Resource: String(i) }]))
    await server.run(body, 100, 5)
    expect(server.peak).toBe(5)
    expect(server.seen).toHaveLength(20)
  })

  test('counts the requests of templates against the bound', async () => {
    const server = new Server((request) => json(200, request.resource === 'l' ? points : '{}'))
    const all = { ParentIds: ['l'], Parameters: ['$.l.Content.Items[*].WebId'], RequestTemplate: { Resource: 'x/{0}' } }
    expect(await server.answers({ l: { Resource: 'l' }, all }, 3)).toMatchObject({ all: { Status: 207 } })
    expect(await server.answers({ l: { Resource: 'l' }, all }, 2)).toMatchObject({ all: { Status: 400 } })
    expect(await new Server().run({ a: { Resource: '1' }, b: { Resource: '2' } }, 1)).toMatchObject({ status: 400 })
  })

  test.each([
    ['not a dictionary', [1]],
    ['null', null],
    ['a request that is no object', { a: 1 }],
    ['no resource', { a: { Method: 'GET' } }],
    ['resource and template', { a: { Resource: 'u', RequestTemplate: { Resource: 'u' } } }],
    ['content that is no text', { a: { Resource: 'u', Content: {} } }],
    ['an unknown parent', { a: { Resource: 'u', ParentIds: ['x'] } }],
    ['a circle', { a: { Resource: 'u', ParentIds: ['b'] }, b: { Resource: 'u', ParentIds: ['a'] } }],
    ['itself', { a: { Resource: 'u', ParentIds: ['a'] } }],
  ])('refuses %s before anything runs', async (_, body) => {
    const server = new Server()
    expect(await server.run(body)).toMatchObject({ status: 400 })
    expect(server.seen).toHaveLength(0)
  })

  test('ids of any spelling stay apart from the prototype', async () => {
    const body: unknown = JSON.parse('{"__proto__":{"Resource":"a"},"constructor":{"Resource":"b"}}')
    const outcome = await new Server().run(body)
    expect(outcome.status === 207 ? Object.keys(outcome.answers) : []).toEqual(expect.arrayContaining(['constructor']))
  })
})
