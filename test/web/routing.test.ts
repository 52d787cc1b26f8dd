import { Hono } from 'hono'
import { expect, test, describe } from 'vitest'
import { bucketOf, decodeRoutingRecord, type RoutingRecord } from '../../src/cutover/routing.ts'
import { RoutingRoute, type RoutingSource, type RoutingState } from '../../src/web/routing.ts'

const CANARY: RoutingRecord = {
  v: 1,
  workload: 'boiler',
  phase: 'canary',
  serve: 'log',
  cohort: 50,
  version: 7,
  evidence: 'a'.repeat(64),
  at: '2026-01-01T00:00:00.0000000Z',
}
const LIVE: RoutingRecord = { ...CANARY, phase: 'live', cohort: 100, version: 8 }

class Board implements RoutingSource {
  state: RoutingState
  readonly #waiting = new Set<() => void>()

  constructor(state: RoutingState) {
    this.state = state
  }

  get waiting(): number {
    return this.#waiting.size
  }

  routingOf(): RoutingState {
    return this.state
  }

  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve)
      signal.addEventListener('abort', () => {
        this.#waiting.delete(resolve)
        resolve()
      })
    })
  }

  become(state: RoutingState): void {
    this.state = state
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

const record = (one: RoutingRecord): RoutingState => ({ kind: 'record', record: one })

function asking(board: RoutingSource) {
  const route = new RoutingRoute(board, 1)
  const app = new Hono().get('/api/routing/:workload', (c) => route.answer(c))
  return (path: string, headers: Record<string, string> = {}) => app.request(`/api/routing/${path}`, { headers })
}

describe('an answer', () => {
  test('is the record, which clients can decode as they decode that of the topic', async () => {
    const answer = await asking(new Board(record(CANARY)))('boiler')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('etag')).toBe('"7"')
    const body = await answer.text()
    expect(JSON.parse(body)).toEqual({ schemaVersion: 1, ...CANARY, killed: false, etag: '7' })
    expect(decodeRoutingRecord(body)).toEqual(CANARY)
  })

  test('tells the side of a consumer', async () => {
    const ask = asking(new Board(record(CANARY)))
    for (const consumer of ['grafana', 'trend 1', 'excel', 'pi-vision', 'report', 'batch']) {
      const answer = await ask(`boiler?consumer=${encodeURIComponent(consumer)}`)
      const side = bucketOf(consumer, 'boiler') < 50 ? 'log' : 'historian'
      expect(await answer.json()).toMatchObject({ consumer, side })
    }
  })

  test('is 404 for a workload that is unknown, or no name of one', async () => {
    const ask = asking(new Board({ kind: 'unknown' }))
    for (const name of ['boiler', 'BOILER', 'a'.repeat(65), '%2e%2e', 'x%00'])
      expect((await ask(name)).status).toBe(404)
  })

  test('is 503 when nobody knows what was decided', async () => {
    const answer = await asking(new Board({ kind: 'unavailable', reason: 'locked' }))('boiler')
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ hint: expect.stringContaining('historian') as unknown })
  })

  test('is not sent again to who has it', async () => {
    const answer = await asking(new Board(record(CANARY)))('boiler', { 'if-none-match': '"7"' })
    expect(answer.status).toBe(304)
    expect(await answer.text()).toBe('')
  })

  test.each(['consumer=', `consumer=${'x'.repeat(201)}`, 'wait=31', 'wait=-1', 'wait=1.5', `after=${'7'.repeat(41)}`])(
    'refuses ?%s',
    async (query) => {
      expect((await asking(new Board(record(CANARY)))(`boiler?${query}`)).status).toBe(400)
    },
  )
})

describe('the kill switch', () => {
  test.each([LIVE, undefined])('sends everybody to the historian, whatever the record: %#', async (known) => {
    const ask = asking(new Board({ kind: 'killed', record: known }))
    const answer = await ask('boiler?consumer=grafana')
    expect(answer.status).toBe(200)
    const body = await answer.text()
    expect(JSON.parse(body)).toMatchObject({ serve: 'historian', cohort: 0, killed: true, side: 'historian' })
    // Who only knows the record of the topic must not take it for one that says log.
    expect(decodeRoutingRecord(body)?.serve ?? 'historian').toBe('historian')
  })
})

describe('waiting', () => {
  test('ends with the change', async () => {
    const board = new Board(record(CANARY))
    const answer = asking(board)('boiler?after=7&wait=30')
    await expect.poll(() => board.waiting).toBe(1)
    board.become(record(LIVE))
    expect(await (await answer).json()).toMatchObject({ version: 8, etag: '8' })
    expect(board.waiting).toBe(0)
  })

  test('goes on when something else has changed', async () => {
    const board = new Board(record(CANARY))
    const answer = asking(board)('boiler?after=7&wait=30')
    await expect.poll(() => board.waiting).toBe(1)
    board.become(record(CANARY))
    await expect.poll(() => board.waiting).toBe(1)
    board.become({ kind: 'killed', record: CANARY })
    expect(await (await answer).json()).toMatchObject({ killed: true, etag: 'killed' })
  })

  test('ends in time with what is', async () => {
    const answer = await asking(new Board(record(CANARY)))('boiler?after=7&wait=1')
    expect(await answer.json()).toMatchObject({ version: 7 })
  })

  test('is not done by who does not know what is', async () => {
    const board = new Board(record(CANARY))
    const answer = await asking(board)('boiler?after=6&wait=30')
    expect(await answer.json()).toMatchObject({ version: 7 })
  })

  test('is for some at a time: others are answered at once, so that scrapers find a connection', async () => {
    const board = new Board(record(CANARY))
    const ask = asking(board)
    const answers = Array.from({ length: 70 }, () => ask('boiler?after=7&wait=30'))
    await expect.poll(() => board.waiting).toBe(60)
    expect(await Promise.race(answers.slice(60).map(async (answer) => (await answer).status))).toBe(200)
    board.become(record(LIVE))
    for (const answer of answers) expect((await answer).status).toBe(200)
  })
})
