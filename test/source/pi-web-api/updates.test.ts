/** Notices of change by stream updates: against the simulator, and against servers that misbehave. */
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Tag } from '../../../src/domain/tag.ts'
import { parseTicks, ticks, type Ticks } from '../../../src/domain/ticks.ts'
import type { Switches } from '../../../src/simulator/switches.ts'
import type { Simulator } from '../../../src/simulator/simulator.ts'
import { pointIdOf } from '../../../src/source/pi-web-api/webid.ts'
import type { Hint, HistorianSource } from '../../../src/source/source.ts'
import { startSimulator } from '../../harness/simulator.ts'
import { tag as tagOfPoint } from './small-reads.ts'
import { openSource, sendJson, startTinyServer, type SeenRequest } from './tiny-server.ts'

const START = parseTicks('2025-12-31T00:00:00Z')
const at = (seconds: number): Ticks => ticks(START + BigInt(seconds) * 10_000_000n)
const EVERY_MS = 1
/** Patience, not a measure. */
const PATIENTLY = { interval: 5, timeout: 30_000 }

interface Setting {
  readonly simulator: Simulator
  readonly tags: readonly Tag[]
  readonly listener: Listener
}

/** Takes batches as a test asks for them; between two takes nothing is polled. */
class Listener {
  readonly #hints: AsyncIterator<readonly Hint[]>

  constructor(source: HistorianSource, tags: readonly Tag[]) {
    const ending = new AbortController()
    onTestFinished(() => ending.abort(new Error('the test is over')))
    this.#hints = source.hints(tags, EVERY_MS, ending.signal)[Symbol.asyncIterator]()
  }

  async take(): Promise<readonly Hint[]> {
    const next = await this.#hints.next()
    return next.value as readonly Hint[]
  }
}

async function start(tagCount: number, switches: Partial<Switches> = {}): Promise<Setting> {
  const { simulator, url } = await startSimulator({
    scenario: 'empty',
    switches: { rateLimitPerSecond: 0, retryAfterSeconds: 0, ...switches },
  })
  for (let i = 1; i <= tagCount; i++) simulator.historian.createPoint({ name: `T${i}`, pointType: 'Float64' })
  const source = openSource(url, { dataServer: 'BANYANSIM' })
  const { tags } = await source.catalogue({ include: ['*'], exclude: [], names: [] }, new AbortController().signal)
  simulator.resetCounters()
  return { simulator, tags, listener: new Listener(source, tags) }
}

/** Starts the first poll, waits until all are registered, then makes the change; gives the first hints. */
async function takeAfter({ simulator, tags, listener }: Setting, change: () => void): Promise<readonly Hint[]> {
  const taking = listener.take()
  await expect.poll(() => pollsOf(simulator), PATIENTLY).toBeGreaterThan(Math.ceil(tags.length / 900))
  change()
  return taking
}

function pollsOf(simulator: Simulator): number {
  const { byRoute, batchedByRoute } = simulator.counters()
  const route = 'GET streamsets/updates'
  return (byRoute[route] ?? 0) + (batchedByRoute[route] ?? 0)
}

/** Takes batches until every one of the tags had a hint. */
async function takeUntil(listener: Listener, tags: readonly Tag[]): Promise<Hint[]> {
  const hints: Hint[] = []
  const missing = new Set(tags.map(({ id }) => id))
  while (missing.size > 0) {
    for (const hint of await listener.take()) {
      hints.push(hint)
      missing.delete(hint.tag)
    }
  }
  return hints
}

const unknown = (tag: Tag): Hint => ({ tag: tag.id, change: 'unknown', at: undefined })

describe('hints', () => {
  it('tell additions by the newest of them, and every other change by its time', async () => {
    const setting = await start(3)
    const { historian } = setting.simulator
    const [first, second] = setting.tags
    const hints = await takeAfter(setting, () => {
      historian.write('T1', at(10), 1)
      historian.write('T1', at(20), 2)
      historian.write('T1', at(30), 3)
      historian.write('T1', at(5), 4)
      historian.edit('T1', at(10), 0, 5)
      historian.delete('T1', at(5), 0)
      historian.write('T2', at(7), 1)
    })
    expect(hints).toEqual([
      { tag: first!.id, change: 'added', at: at(30) },
      { tag: first!.id, change: 'changed', at: at(5) },
      { tag: first!.id, change: 'changed', at: at(10) },
      { tag: second!.id, change: 'added', at: at(7) },
    ])
    historian.write('T3', at(40), 1)
    expect(await setting.listener.take()).toEqual([{ tag: setting.tags[2]!.id, change: 'added', at: at(40) }])
    expect(setting.simulator.counters().writes).toBe(0)
  })

  it.each([true, false])('find every change among thousands of tags in a few requests (batches: %s)', async (batch) => {
    const setting = await start(2_000, { batch, webIdType: 'PathOnly' })
    const { simulator, tags, listener } = setting
    const taking = listener.take()
    // All are registered within a few polls; what is registered later misses what happens before.
    await expect
      .poll(() => simulator.counters().byRoute['POST streamsets/updates'], PATIENTLY)
      .toBe(Math.ceil(2_000 / 92))
    for (const tag of tags) simulator.historian.write(tag.name, at(1), 1)
    const hints = new Set((await taking).map((hint) => hint.tag))
    while (hints.size < tags.length) for (const hint of await listener.take()) hints.add(hint.tag)
    simulator.resetCounters()
    simulator.historian.write('T1234', at(2), 2)
    expect(await listener.take()).toEqual([{ tag: tags[1_233]!.id, change: 'added', at: at(2) }])
    expect(simulator.counters().requests).toBeLessThanOrEqual(batch ? 2 : 60)
  })

  it('put less into one answer where there was much, and never a value', async () => {
    const setting = await start(200)
    const { simulator, tags, listener } = setting
    const flood = (): void => {
      for (const tag of tags) for (let i = 0; i < 600; i++) simulator.historian.write(tag.name, at(i), i)
    }
    await takeAfter(setting, flood)
    const fields = new Set<string | undefined>()
    onTestFinished(simulator.observe(({ query }) => fields.add(query.get('selectedFields'))))
    simulator.resetCounters()
    for (const tag of tags) simulator.historian.write(tag.name, at(700), 1)
    expect(await listener.take()).toHaveLength(tags.length)
    // Two calls of some 50,000 events each are more than one answer should hold; the third, of the rest, is small.
    expect(simulator.counters().byRoute).toEqual({ 'GET streamsets/updates': 1, 'POST batch': 1 })
    expect([...fields].join()).toMatch(/Items\.Events\.Timestamp/)
    expect([...fields].join()).not.toMatch(/Value/)
  })

  it.each<[string, (setting: Setting) => void]>([
    ['the server restarts', ({ simulator }) => simulator.restart()],
    ['the markers expire', ({ simulator }) => simulator.historian.clock.advance(3_600_001)],
  ])('answer `unknown` for every tag when %s, then go on', async (_name, lose) => {
    const setting = await start(250)
    const { simulator, tags, listener } = setting
    await takeAfter(setting, () => simulator.historian.write('T1', at(1), 1))
    lose(setting)
    expect(await takeUntil(listener, tags)).toEqual(tags.map(unknown))
    simulator.historian.write('T7', at(2), 1)
    expect(await listener.take()).toEqual([{ tag: tags[6]!.id, change: 'added', at: at(2) }])
  })

  it('survive a restart right after the registration', async () => {
    const setting = await start(2)
    const { simulator, tags, listener } = setting
    const stop = simulator.observe((request) => {
      if (request.method !== 'GET') return
      stop()
      simulator.restart()
    })
    expect(await listener.take()).toEqual(tags.map(unknown))
    simulator.historian.write('T2', at(1), 1)
    expect(await listener.take()).toEqual([{ tag: tags[1]!.id, change: 'added', at: at(1) }])
  })

  it('leave a tag alone that cannot be registered, and try it again rarely', async () => {
    const setting = await start(3)
    const { simulator, tags } = setting
    simulator.historian.deletePoint('T2')
    const hints = await takeAfter(setting, () => simulator.historian.write('T3', at(1), 1))
    expect(hints).toEqual([{ tag: tags[2]!.id, change: 'added', at: at(1) }])
    const registrations = (): number => simulator.counters().byRoute['POST streamsets/updates'] ?? 0
    expect(registrations()).toBe(1)
    const taking = setting.listener.take()
    await expect.poll(registrations, { interval: 5, timeout: 5_000 }).toBe(2)
    const polls = pollsOf(simulator)
    expect(polls).toBeGreaterThanOrEqual(50)
    simulator.historian.write('T1', at(2), 1)
    expect(await taking).toEqual([{ tag: tags[0]!.id, change: 'added', at: at(2) }])
  })

  it('tell once that a tag was deleted while it was watched', async () => {
    const setting = await start(3)
    const { simulator, tags, listener } = setting
    await takeAfter(setting, () => simulator.historian.write('T1', at(1), 1))
    simulator.historian.deletePoint('T2')
    simulator.restart()
    expect(await listener.take()).toEqual(expect.arrayContaining(tags.map(unknown)))
    simulator.historian.write('T3', at(2), 1)
    expect(await listener.take()).toEqual([{ tag: tags[2]!.id, change: 'added', at: at(2) }])
  })

  it('end with BANYAN_SOURCE_REJECTED where there are none', async () => {
    const { simulator, listener } = await start(500, { streamUpdates: false })
    await expect(listener.take()).rejects.toMatchObject({ code: 'BANYAN_SOURCE_REJECTED' })
    expect(simulator.counters().requests).toBeLessThanOrEqual(5)
  })

  it.each([400, 404, 405, 501])('take a refusal with %i for the same', async (status) => {
    const { url } = await startTinyServer((_request, response) => sendJson(response, { Message: 'no' }, status))
    const listener = new Listener(openSource(url), [1, 2, 3, 4, 5].map(tagOfPoint))
    await expect(listener.take()).rejects.toMatchObject({ code: 'BANYAN_SOURCE_REJECTED' })
  })

  it('end with the reason when the historian cannot be reached, but tell first what they know', async () => {
    const setting = await start(1)
    const { simulator, listener, tags } = setting
    expect(await takeAfter(setting, () => simulator.historian.write('T1', at(1), 1))).toHaveLength(1)
    simulator.restart()
    expect(await listener.take()).toEqual([unknown(tags[0]!)])
    simulator.changeSwitches({ outage: 503 })
    await expect(listener.take()).rejects.toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE' })
  })

  it('end with the reason of the signal, and when the source is closed', async () => {
    const { url } = await startSimulator({ scenario: 'demo' })
    const source = openSource(url, { dataServer: 'BANYANSIM' })
    const { tags } = await source.catalogue({ include: ['*'], exclude: [], names: [] }, new AbortController().signal)
    const reason = new Error('enough')
    const ending = new AbortController()
    const take = (signal: AbortSignal): Promise<unknown> =>
      source.hints(tags, 60_000, signal)[Symbol.asyncIterator]().next()
    const first = take(ending.signal)
    const second = take(new AbortController().signal)
    ending.abort(reason)
    await expect(first).rejects.toBe(reason)
    await expect(take(AbortSignal.abort(reason))).rejects.toBe(reason)
    await source.close()
    await expect(second).rejects.toThrow(/closed/)
  })
})

describe('under faults that pass', () => {
  it.each<[string, Partial<Switches>]>([
    ['server errors', { serverErrorProbability: 0.2 }],
    ['throttling', { throttleProbability: 0.2 }],
    ['cut connections', { cutProbability: 0.2 }],
    ['truncated JSON', { truncateProbability: 0.2 }],
    ['login pages', { htmlProbability: 0.2 }],
    ['failures of single parts of a batch', { batchItemErrorProbability: 0.2 }],
  ])('every change is told, or that it is unknown: %s', async (_name, switches) => {
    const setting = await start(300)
    const { simulator, tags, listener } = setting
    await takeAfter(setting, () => simulator.historian.write('T1', at(1), 1))
    simulator.changeSwitches(switches)
    for (let round = 2; round < 8; round++) {
      const changed = tags.filter((_, i) => i % 7 === round % 7)
      for (const tag of changed) simulator.historian.write(tag.name, at(round), round)
      await takeUntil(listener, changed)
    }
  })
})

describe('answers that make no sense', () => {
  type Item = Record<string, unknown>

  /** Registers everything; what a poll answers for each marker is the test's. */
  async function listenTo(
    tagCount: number,
    answer: (pointId: number, poll: number) => Item | undefined,
  ): Promise<{ listener: Listener; seen: readonly SeenRequest[]; tags: readonly Tag[] }> {
    const polled = new Map<number, number>()
    const { url, seen } = await startTinyServer(({ method, path }, response) => {
      if (method === 'POST' && path.startsWith('/streamsets/updates')) {
        const webIds = [...path.matchAll(/webId=([^&]+)/g)].map((match) => match[1]!)
        const items = webIds.map((webId) => ({
          Source: webId,
          LatestMarker: `m${pointIdOf(webId)!}_0`,
          Status: 'Succeeded',
        }))
        sendJson(response, { Items: items.toReversed() })
      } else if (method === 'POST') sendJson(response, {}, 404)
      else {
        const items = [...path.matchAll(/marker=([^&]+)/g)].map(([, marker]) => {
          const id = Number(/^m(\d+)/.exec(marker!)?.[1])
          const poll = polled.get(id) ?? 0
          polled.set(id, poll + 1)
          const item = answer(id, poll)
          return item && { RequestedMarker: marker, LatestMarker: `m${id}_${poll + 1}`, Events: [], ...item }
        })
        sendJson(response, { Items: items.filter((item) => item !== undefined).toReversed() })
      }
    })
    const tags = Array.from({ length: tagCount }, (_, i) => tagOfPoint(i + 1))
    return { listener: new Listener(openSource(url), tags), seen, tags }
  }

  const added = (time: string): Item => ({ Events: [{ Action: 'Add', Timestamp: time, Value: 1 }] })

  it.each<[string, Item | undefined]>([
    ['leaves it out', undefined],
    ['says it failed', { Status: 'Failed', Exception: { Errors: ['gone'] } }],
    ['names no marker to go on with', { LatestMarker: null }],
    ['names a marker no URL can carry', { LatestMarker: 'x'.repeat(5_000) }],
    ['has no list of events', { Events: 'none' }],
    ['answers for another marker', { RequestedMarker: 'another' }],
  ])('register a stream again when the answer %s, and only that one', async (_name, item) => {
    const { listener, seen, tags } = await listenTo(3, (id, poll) => {
      if (id === 2 && poll === 1) return item
      return id === 3 && poll === 1 ? added('2025-12-31T00:00:01Z') : {}
    })
    expect(await listener.take()).toEqual([{ tag: tags[2]!.id, change: 'added', at: at(1) }, unknown(tags[1]!)])
    const registrations = seen.filter(({ method, path }) => method === 'POST' && path.includes('/updates'))
    expect(registrations.map(({ path }) => path.split('webId=').length - 1)).toEqual([3, 1])
  })

  it.each<[string, unknown]>([
    ['an event that is none', 'event'],
    ['an event without a time', { Action: 'Add' }],
    ['a time that cannot be read', { Action: 'Add', Timestamp: 'yesterday' }],
  ])('say `unknown` for %s, without registering again', async (_name, event) => {
    const { listener, seen, tags } = await listenTo(2, (id, poll) =>
      id === 1 && poll === 0 ? { Events: [event, { Action: 'Add', Timestamp: '2025-12-31T00:00:01Z' }] } : {},
    )
    expect(await listener.take()).toEqual([unknown(tags[0]!)])
    expect(seen.filter(({ path }) => path.includes('webId='))).toHaveLength(1)
  })

  it('bound what one poll may bring: `unknown` instead of a flood', async () => {
    const { listener, tags } = await listenTo(1, (_id, poll) => ({
      Events:
        poll > 0
          ? []
          : Array.from({ length: 5_000 }, (_, i) => ({
              Action: 'Insert',
              Timestamp: `2025-12-31T00:00:00.${String(i).padStart(7, '0')}Z`,
            })),
    }))
    expect(await listener.take()).toEqual([unknown(tags[0]!)])
  })

  it('take an action nobody has heard of for a change', async () => {
    const { listener, tags } = await listenTo(1, (_id, poll) => ({
      Events:
        poll > 0
          ? []
          : [
              { Action: 'Refresh', Timestamp: '2025-12-31T00:00:02Z' },
              { Action: 'New', Timestamp: '2025-12-31T00:00:03Z' },
            ],
    }))
    expect(await listener.take()).toEqual([
      { tag: tags[0]!.id, change: 'changed', at: at(2) },
      { tag: tags[0]!.id, change: 'changed', at: at(3) },
    ])
  })

  it('do not hammer a historian whose registrations never answer', async () => {
    const { listener, seen } = await listenTo(5, (id) => (id === 1 ? {} : undefined))
    const taken: Hint[] = []
    while (taken.length < 8) taken.push(...(await listener.take()))
    const registrations = (): number => seen.filter(({ path }) => path.includes('webId=')).length
    const before = registrations()
    const taking = listener.take()
    await expect.poll(registrations, { interval: 2, timeout: 5_000 }).toBeGreaterThan(before)
    expect(seen.length - before).toBeGreaterThan(50)
    expect(await taking).not.toEqual([])
  })

  it('split a registration that is refused for one of its streams', async () => {
    const { url, seen } = await startTinyServer(({ method, path }, response) => {
      const webIds = [...path.matchAll(/webId=([^&]+)/g)].map((match) => match[1]!)
      if (method === 'POST' && webIds.length > 0) {
        if (webIds.some((webId) => pointIdOf(webId) === 17)) sendJson(response, { Errors: ['no'] }, 410)
        else sendJson(response, { Items: webIds.map((id) => ({ Source: id, LatestMarker: id, Status: 'Succeeded' })) })
      } else if (method === 'POST') sendJson(response, {}, 404)
      else {
        const items = [...path.matchAll(/marker=([^&]+)/g)].map(([, marker]) => ({
          RequestedMarker: marker,
          LatestMarker: marker,
          ...added('2025-12-31T00:00:01Z'),
        }))
        sendJson(response, { Items: items })
      }
    })
    const tags = Array.from({ length: 40 }, (_, i) => tagOfPoint(i + 1))
    const hints = await new Listener(openSource(url), tags).take()
    expect(hints.map((hint) => hint.tag)).toEqual(tags.flatMap(({ id }, i) => (i === 16 ? [] : [id])))
    expect(seen.filter(({ path }) => path.includes('webId=')).length).toBeLessThan(15)
  })

  it('register again when a poll is refused as a whole', async () => {
    let polls = 0
    const { url } = await startTinyServer(({ method, path }, response) => {
      const webIds = [...path.matchAll(/webId=([^&]+)/g)].map((match) => match[1]!)
      if (method === 'POST' && webIds.length > 0) {
        sendJson(response, {
          Items: webIds.map((id) => ({ Source: id, LatestMarker: id, Status: 'AlreadyRegistered' })),
        })
      } else if (method === 'POST') sendJson(response, {}, 404)
      else sendJson(response, { Errors: ['unknown marker'] }, polls++ === 0 ? 404 : 503)
    })
    const tags = [1, 2].map(tagOfPoint)
    const listener = new Listener(openSource(url), tags)
    expect(await listener.take()).toEqual(tags.map(unknown))
    await expect(listener.take()).rejects.toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE' })
  })
})
