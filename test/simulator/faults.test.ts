import { describe, expect, it } from 'vitest'
import type { Switches } from '../../src/simulator/switches.ts'
import { startSimulator } from '../harness/simulator.ts'
import { ask, pointsByName, recorded, recordedPath, type PageJson, type ValueJson } from './client.ts'

const ALL = { startTime: '1970-01-01T00:00:00Z', endTime: '2100-01-01T00:00:00Z', maxCount: 150_000 }

async function start(switches: Partial<Switches>, seed = 1) {
  const running = await startSimulator({ scenario: 'conformance', seed })
  const webId = (await pointsByName(running.url)).get('TIME.WHOLE-MINUTES')!.WebId
  running.simulator.changeSwitches(switches)
  const page = async (): Promise<PageJson<ValueJson>> =>
    JSON.parse((await ask(running.url, recordedPath(webId, ALL))).text) as PageJson<ValueJson>
  return { ...running, webId, page }
}

describe('faults of the whole answer', () => {
  it('server errors come as 500 with Errors, or as pages of the web server in front', async () => {
    const { url } = await start({ serverErrorProbability: 1 })
    const seen = new Map<number, string>()
    for (let i = 0; i < 60; i++) {
      const { status, headers } = await ask(url, '/system')
      seen.set(status, headers.get('content-type') ?? '')
    }
    expect([...seen.keys()].sort()).toEqual([500, 502, 503, 504])
    expect(seen.get(500)).toContain('json')
    expect(seen.get(502)).toContain('html')
  })

  it('a probability is kept, and the same seed fails the same requests', async () => {
    const outcomes = async (seed: number): Promise<boolean[]> => {
      const { url } = await start({ serverErrorProbability: 0.2, throttleProbability: 0.1 }, seed)
      const failed: boolean[] = []
      for (let i = 0; i < 200; i++) failed.push((await ask(url, '/system')).status !== 200)
      return failed
    }
    const first = await outcomes(7)
    expect(await outcomes(7)).toEqual(first)
    expect(await outcomes(8)).not.toEqual(first)
    const share = first.filter(Boolean).length / first.length
    expect(share).toBeGreaterThan(0.15)
    expect(share).toBeLessThan(0.42)
  })

  it('an outage answers everything with its status', async () => {
    const { simulator, url } = await start({ outage: 503 })
    expect((await ask(url, '/system')).status).toBe(503)
    expect((await ask(url, '/nothing')).status).toBe(503)
    simulator.changeSwitches({ outage: 0 })
    expect((await ask(url, '/system')).status).toBe(200)
  })

  it('an outage may reset every connection instead, and nothing is carried out', async () => {
    const { simulator, url } = await start({ outage: 'reset' })
    simulator.resetCounters()
    await expect(ask(url, '/system')).rejects.toThrow()
    await expect(ask(url, '/points/x', { method: 'DELETE' })).rejects.toThrow()
    expect(simulator.counters()).toMatchObject({ requests: 2, byRoute: {}, failed: 2, writes: 1 })
    simulator.changeSwitches({ outage: 0 })
    expect((await ask(url, '/system')).status).toBe(200)
  })

  it('HTML instead of JSON under 200', async () => {
    const { url } = await start({ htmlProbability: 1 })
    const { status, text } = await ask(url, '/system')
    expect(status).toBe(200)
    expect(text).toContain('<HTML>')
  })

  it('a cut connection is an error for the client, a truncated body is not JSON', async () => {
    const { simulator, url, webId } = await start({ cutProbability: 1 })
    await expect(ask(url, recordedPath(webId, ALL))).rejects.toThrow()
    simulator.changeSwitches({ cutProbability: 0, truncateProbability: 1 })
    const { status, text } = await ask(url, recordedPath(webId, ALL))
    expect(status).toBe(200)
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError)
    expect(simulator.counters().failed).toBe(2)
  })

  it('a slow drip delivers everything in the end', async () => {
    const { url } = await start({ slowDripProbability: 1, slowDripBytesPerSecond: 20_000 })
    const { text } = await ask(url, '/system')
    expect(JSON.parse(text)).toMatchObject({ ProductTitle: 'PI Web API' })
  })

  it('a sub-request of a batch fails alone', async () => {
    const { url } = await start({ batchItemErrorProbability: 0.5 })
    const body = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [String(i), { Method: 'GET', Resource: `${url}/system` }]),
    )
    const headers = { 'X-Requested-With': 'x' }
    const { status, text } = await ask(url, '/batch', { method: 'POST', body: JSON.stringify(body), headers })
    expect(status).toBe(207)
    const statuses = Object.values(JSON.parse(text) as Record<string, { Status: number }>).map((item) => item.Status)
    expect(statuses).toContain(200)
    expect(statuses.some((code) => code >= 429)).toBe(true)
  })
})

describe('faults inside a recorded answer', () => {
  it('WebException under 200: fewer rows, and it is said unless the selection hides it', async () => {
    const { url, webId, page } = await start({ webExceptionProbability: 1 })
    const answer = await page()
    expect(answer.Items.length).toBeLessThan(200)
    expect(answer.WebException).toMatchObject({ StatusCode: 503, Errors: [expect.any(String)] })
    const hidden = await ask(url, recordedPath(webId, { ...ALL, selectedFields: 'Items.Timestamp' }))
    expect(hidden.status).toBe(200)
    expect(hidden.text).not.toContain('WebException')
  })

  it('one value with Errors', async () => {
    const { page } = await start({ valueErrorProbability: 1 })
    const failed = (await page()).Items.filter((row) => row.Errors !== undefined)
    expect(failed).toHaveLength(1)
    expect(failed[0]).toMatchObject({ Value: null, Good: true })
  })

  it('one row that cannot be decoded', async () => {
    const { page } = await start({ undecodableProbability: 1 })
    const times = (await page()).Items.map((row) => Date.parse(row.Timestamp))
    expect(times.filter((time) => Number.isNaN(time))).toHaveLength(1)
  })

  it('two rows in the wrong order: the times differ, so that it can be seen', async () => {
    const { page } = await start({ outOfOrderProbability: 1 })
    for (let i = 0; i < 10; i++) {
      const times = (await page()).Items.map((row) => row.Timestamp)
      const descents = times.filter((time, at) => at > 0 && time < times[at - 1]!)
      expect(descents).toHaveLength(1)
      expect(times).toHaveLength(200)
    }
  })

  it('each goes away with its switch', async () => {
    const { simulator, page } = await start({ webExceptionProbability: 1, valueErrorProbability: 1 })
    simulator.changeSwitches({ webExceptionProbability: 0, valueErrorProbability: 0 })
    const answer = await page()
    expect(answer.Items).toHaveLength(200)
    expect(JSON.stringify(answer)).not.toContain('Errors')
  })
})

describe('changes of the catalogue midway', () => {
  it('a tag is deleted after so many reads', async () => {
    const { url, webId } = await start({ deleteMidway: { tag: 'TIME.WHOLE-MINUTES', afterReads: 2 } })
    const statuses: number[] = []
    for (let i = 0; i < 4; i++) statuses.push((await ask(url, recordedPath(webId, ALL))).status)
    expect(statuses).toEqual([200, 200, 410, 410])
  })

  it('reads through streamsets count too', async () => {
    const { simulator, url, webId } = await start({ deleteMidway: { tag: 'TIME.WHOLE-MINUTES', afterReads: 1 } })
    const first = await ask(url, `/streamsets/recorded?webId=${webId}`)
    const second = await ask(url, `/streamsets/recorded?webId=${webId}`)
    expect([first.text.includes('Errors'), second.text.includes('Errors')]).toEqual([false, true])
    expect(() => simulator.historian.point('TIME.WHOLE-MINUTES')).toThrow(RangeError)
  })

  it('a tag changes its type after so many reads', async () => {
    const { url, webId } = await start({ retypeMidway: { tag: 'TIME.WHOLE-MINUTES', afterReads: 1, to: 'String' } })
    expect((await recorded(url, webId, ALL))[3]?.Value).toBe(3)
    expect((await recorded(url, webId, ALL))[3]?.Value).toBe('3')
  })
})
