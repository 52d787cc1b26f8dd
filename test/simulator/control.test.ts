import { describe, expect, it, vi } from 'vitest'
import type { Counters } from '../../src/simulator/counters.ts'
import type { Switches } from '../../src/simulator/switches.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { formatTruthRow } from '../../src/simulator/truth.ts'
import { startSimulator } from '../harness/simulator.ts'
import { ask, pointsByName, recorded } from './client.ts'

async function start(switches: Partial<Switches> = {}) {
  const running = await startSimulator({ scenario: 'conformance', switches })
  const control = `http://127.0.0.1:${String(running.port)}/simulator`
  const post = (path: string, body: unknown): ReturnType<typeof ask> =>
    ask(control, path, { method: 'POST', body: JSON.stringify(body) })
  return { ...running, control, post }
}

describe('control from another process', () => {
  it('gives the truth as NDJSON, whatever faults the API has', async () => {
    const { simulator, control } = await start({ outage: 500, cutProbability: 1 })
    const { text } = await ask(control, '/truth')
    const expected = [...simulator.truth()].map((row) => `${formatTruthRow(row)}\n`).join('')
    expect(text).toBe(expected)
  })

  it('changes switches; unknown ones and impossible values change nothing', async () => {
    const { simulator, control, post } = await start()
    const before = simulator.switches
    expect((await post('/switches', { gzip: false, noSuchSwitch: 1 })).status).toBe(400)
    expect((await post('/switches', { cutProbability: 2 })).status).toBe(400)
    expect((await post('/switches', [])).status).toBe(400)
    expect(simulator.switches).toEqual(before)
    expect((await post('/switches', { gzip: false })).status).toBe(200)
    expect(simulator.switches).toEqual({ ...before, gzip: false })
    expect(JSON.parse((await ask(control, '/switches')).text)).toEqual(simulator.switches)
    expect(() => createSimulator({ scenario: 'empty', switches: { maxReturnedItems: 0 } })).toThrow()
  })

  it('changes history', async () => {
    const { simulator, post } = await start()
    const at = '2025-12-31T00:00:00.5Z'
    const { status, text } = await post('/history', [
      { op: 'createPoint', name: 'NEW', pointType: 'Float64' },
      { op: 'insert', point: 'NEW', at, value: 1.5 },
      { op: 'insert', point: 'NEW', at, value: { system: 246 }, flags: { questionable: true } },
      { op: 'edit', point: 'NEW', at, ord: 0, value: 2.5 },
      { op: 'insert', point: 'NEW', at: '2025-12-31T00:00:01Z', value: 9 },
      { op: 'delete', point: 'NEW', at: '2025-12-31T00:00:01Z' },
      { op: 'rename', point: 'NEW', name: 'NEWER' },
      { op: 'advance', ms: 1000 },
    ])
    expect([status, text]).toEqual([200, '{"applied":8}'])
    const rows = [...simulator.truth()].filter((row) => row.name === 'NEWER')
    expect(rows.map((row) => [row.ts, row.ord, row.value, row.substituted, row.questionable])).toEqual([
      ['2025-12-31T00:00:00.5000000Z', 0, 2.5, true, false],
      ['2025-12-31T00:00:00.5000000Z', 1, { code: 246, name: 'I/O Timeout' }, false, true],
    ])
    expect((await post('/history', [{ op: 'explode' }])).status).toBe(400)
    expect((await post('/history', [{ op: 'delete', point: 'NEWER', at: 'never' }])).status).toBe(400)
  })

  it('sets the clock back and lets it run', async () => {
    const { simulator, post } = await start()
    const before = simulator.historian.clock.now()
    expect((await post('/history', [{ op: 'stepClock', ms: -60_000 }])).status).toBe(200)
    expect(simulator.historian.clock.now()).toBe(before - 600_000_000n)
    expect((await post('/history', [{ op: 'runClock', rate: 1000 }])).status).toBe(200)
    await vi.waitUntil(() => simulator.historian.clock.now() > before)
    expect((await post('/history', [{ op: 'runClock', rate: -1 }])).status).toBe(400)
  })

  it('a restart makes stream update markers unknown', async () => {
    const { url, post } = await start()
    const { WebId: webId } = (await pointsByName(url)).get('TYPE.INT32')!
    const headers = { 'X-Requested-With': 'x' }
    const registered = await ask(url, `/streams/${webId}/updates`, { method: 'POST', headers })
    const { LatestMarker: marker } = JSON.parse(registered.text) as { LatestMarker: string }
    expect((await ask(url, `/streams/updates/${marker}`)).status).toBe(200)
    await post('/restart', {})
    expect((await ask(url, `/streams/updates/${marker}`)).status).toBe(404)
  })

  it('refuses what it does not know', async () => {
    const { control, post } = await start()
    expect((await ask(control, '/nothing')).status).toBe(404)
    expect((await post('/truth', {})).status).toBe(404)
  })
})

describe('counters', () => {
  it('count requests by route, rows, failures and nothing of the control interface', async () => {
    const { simulator, url, control } = await start()
    const points = await pointsByName(url)
    simulator.resetCounters()
    await recorded(url, points.get('TIES.TWINS')!.WebId, { startTime: '2000-01-01T00:00:00Z', maxCount: 40 })
    await recorded(url, points.get('TIES.TWINS')!.WebId, { startTime: '2000-01-01T00:00:00Z', maxCount: 10 })
    await ask(url, '/nothing')
    await ask(control, '/truth')
    const counters = JSON.parse((await ask(control, '/counters')).text) as Counters
    expect(counters).toMatchObject({
      requests: 3,
      byRoute: { 'GET streams/{webId}/recorded': 2, unrouted: 1 },
      failed: 1,
      rows: 50,
      peakConcurrency: 1,
      writes: 0,
    })
  })

  it('know the most requests at once and in any second', async () => {
    const { simulator, url } = await start({ latencyMs: 50 })
    await Promise.all(Array.from({ length: 12 }, () => ask(url, '/system')))
    expect(simulator.counters().peakConcurrency).toBeGreaterThan(1)
    expect(simulator.counters().peakConcurrency).toBeLessThanOrEqual(12)
    expect(simulator.counters().peakPerSecond).toBeLessThanOrEqual(12)
    expect(simulator.counters().peakPerSecond).toBeGreaterThan(1)
  })

  it('count every request that is not a read as a write, refused, failed or batched', async () => {
    const { simulator, url } = await start()
    const { WebId: webId } = (await pointsByName(url)).get('TYPE.INT32')!
    const headers = { 'X-Requested-With': 'x' }
    const batch = (method: string): Promise<unknown> => {
      const body = JSON.stringify({
        a: { Method: method, Resource: `${url}/streams/${webId}/recorded`, Content: '[]' },
      })
      return ask(url, '/batch', { method: 'POST', body, headers })
    }
    await batch('GET')
    await ask(url, `/streams/${webId}/updates`, { method: 'POST', headers })
    await ask(url, `/streamsets/updates?webId=${webId}`, { method: 'POST', headers })
    expect(simulator.counters().writes).toBe(0)
    await batch('POST')
    expect(simulator.counters().writes).toBe(1)
    await ask(url, `/streams/${webId}/recorded`, { method: 'POST', body: '[]', headers })
    expect(simulator.counters().writes).toBe(2)
    await ask(url, `/points/${webId}`, { method: 'DELETE' })
    expect(simulator.counters().writes).toBe(3)
    simulator.changeSwitches({ outage: 503 })
    await ask(url, `/points/${webId}`, { method: 'PATCH', headers, body: '{}' })
    expect(simulator.counters().writes).toBe(4)
    expect(simulator.counters().batchedByRoute).toEqual({ 'GET streams/{webId}/recorded': 1, 'POST unrouted': 1 })
  })

  it('observers see each routed request before it is answered', async () => {
    const { simulator, url } = await start()
    const seen: string[] = []
    const stop = simulator.observe((request) => seen.push(request.segments.join('/')))
    await ask(url, '/System?x=1')
    stop()
    await ask(url, '/system')
    expect(seen).toEqual(['System'])
  })

  it('points created while the list is read shift its pages', async () => {
    const { simulator, url } = await start()
    let created = 0
    simulator.observe((request) => {
      if (request.segments[2] === 'points' && created < 1) {
        created += 1
        simulator.historian.createPoint({ name: 'APPEARED', pointType: 'Int32' })
      }
    })
    expect((await pointsByName(url)).has('APPEARED')).toBe(true)
  })
})

it('listens again after closing, and refuses to listen twice', async () => {
  const simulator = createSimulator({ scenario: 'empty' })
  const { url } = await simulator.listen()
  await expect(simulator.listen()).rejects.toThrow()
  await simulator.close()
  await expect(ask(url, '/system')).rejects.toThrow()
  const again = await simulator.listen()
  expect((await ask(again.url, '/system')).status).toBe(200)
  await simulator.close()
  await simulator.close()
})
