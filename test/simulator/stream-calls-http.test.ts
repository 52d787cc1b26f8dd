/** The calculating calls over HTTP: parameters and wire form. What they calculate is tested under `calc/`. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { encodePointWebId } from '../../src/simulator/webid.ts'

const START = BigInt(Date.UTC(2025, 11, 31)) * 10_000n
const SECOND = 10_000_000n
const RANGE = 'startTime=2025-12-31T00:00:00Z&endTime=2025-12-31T00:01:40Z'

interface TimedValue {
  readonly Timestamp: string
  readonly Value: unknown
  readonly Good: boolean
  readonly UnitsAbbreviation: string
}

describe('stream calls over HTTP', () => {
  let simulator: Simulator
  let url: string
  let ramp: string
  let text: string

  beforeAll(async () => {
    simulator = createSimulator({ scenario: 'empty' })
    const { historian } = simulator
    ramp = webIdOf('ramp', 'Float32')
    text = webIdOf('text', 'String')
    for (const [second, value] of [
      [0, 0],
      [50, 50],
      [50, 60],
      [100, 100],
    ] as const) {
      historian.insert('ramp', START + BigInt(second) * SECOND, value)
    }
    historian.insert('text', START, 'a')
    historian.insert('text', START + 10n * SECOND, { system: 254 })
    ;({ url } = await simulator.listen())
  })

  afterAll(async () => {
    await simulator.close()
  })

  function webIdOf(name: string, pointType: 'Float32' | 'String'): string {
    const { historian } = simulator
    const point = historian.createPoint({ name, pointType, engineeringUnits: 'm' })
    return encodePointWebId(historian.primary, point, 'IDOnly')
  }

  async function ask(path: string): Promise<{ status: number; text: string; json: unknown }> {
    const response = await fetch(`${url}/${path}`)
    const body = await response.text()
    return { status: response.status, text: body, json: JSON.parse(body) }
  }

  async function items(path: string): Promise<readonly TimedValue[]> {
    const { status, json } = await ask(path)
    expect(status, path).toBe(200)
    return (json as { Items: readonly TimedValue[] }).Items
  }

  async function one(path: string): Promise<TimedValue> {
    const { status, json } = await ask(path)
    expect(status, path).toBe(200)
    return json as TimedValue
  }

  test('value, end and recordedattime answer one TimedValue', async () => {
    expect(await one(`streams/${ramp}/end`)).toEqual({
      Timestamp: '2025-12-31T00:01:40Z',
      Value: 100,
      UnitsAbbreviation: 'm',
      Good: true,
      Questionable: false,
      Substituted: false,
      Annotated: false,
    })
    const at = await one(`streams/${ramp}/value?time=2025-12-31T00:00:25Z`)
    expect([at.Timestamp, at.Value]).toEqual(['2025-12-31T00:00:25Z', 25])
    const before = await one(`streams/${ramp}/recordedattime?time=2025-12-31T00:00:55Z&retrievalmode=before`)
    expect([before.Timestamp, before.Value]).toEqual(['2025-12-31T00:00:50Z', 60])
    const state = await one(`streams/${text}/value`)
    expect(state).toMatchObject({ Value: { Name: 'Shutdown', Value: 254, IsSystem: true }, Good: false })
  })

  test('whole floats keep their wire form', async () => {
    expect((await ask(`streams/${ramp}/end`)).text).toContain('"Value":100.0,')
  })

  test('value?time=* is stamped with now', async () => {
    expect((await one(`streams/${ramp}/value?time=*`)).Timestamp).toBe('2026-01-01T00:00:00Z')
  })

  test('recordedattimes and interpolatedattimes take many times and a sort order', async () => {
    const times = 'time=2025-12-31T00:00:50Z&time=2025-12-31T00:00:00Z&sortOrder=Descending'
    expect((await items(`streams/${ramp}/recordedattimes?${times}&retrievalMode=Exact`)).map((v) => v.Value)).toEqual([
      50, 0,
    ])
    expect((await items(`streams/${ramp}/interpolatedattimes?${times}`)).map((v) => v.Value)).toEqual([60, 0])
  })

  test('interpolated steps at an interval, or from syncTime', async () => {
    const even = await items(`streams/${ramp}/interpolated?${RANGE}&interval=40s`)
    expect(even.map(({ Timestamp, Value }) => [Timestamp, Value])).toEqual([
      ['2025-12-31T00:00:00Z', 0],
      ['2025-12-31T00:00:40Z', 40],
      ['2025-12-31T00:01:20Z', 84],
    ])
    const synced = await items(`streams/${ramp}/interpolated?${RANGE}&interval=40s&syncTime=2025-12-31T00:00:10Z`)
    expect(synced.map(({ Timestamp }) => Timestamp.slice(14))).toEqual(['00:10Z', '00:50Z', '01:30Z'])
  })

  test('plot keeps the extremes', async () => {
    expect((await items(`streams/${ramp}/plot?${RANGE}&intervals=1`)).map(({ Value }) => Value)).toEqual([0, 100])
  })

  test('summary: a time-weighted Count is seconds, an event-weighted one is events', async () => {
    const summary = async (query: string): Promise<unknown> =>
      ((await ask(`streams/${ramp}/summary?${RANGE}&${query}`)).json as { Items: unknown }).Items
    expect(await summary('summaryType=Count')).toMatchObject([
      { Type: 'Count', Value: { Value: 100, UnitsAbbreviation: 's', Good: true } },
    ])
    const basis = 'calculationBasis=EventWeightedExcludeMostRecentEvent'
    expect(await summary(`summaryType=Count&summaryType=Maximum&${basis}&timeType=Auto`)).toMatchObject([
      { Type: 'Count', Value: { Value: 3 } },
      { Type: 'Maximum', Value: { Value: 60, Timestamp: '2025-12-31T00:00:50Z' } },
    ])
    expect(await summary(`summaryType=Count&${basis}&summaryDuration=50s`)).toMatchObject([
      { Value: { Value: 1, Timestamp: '2025-12-31T00:00:00Z' } },
      { Value: { Value: 2, Timestamp: '2025-12-31T00:00:50Z' } },
    ])
  })

  test('a statistic that a text point cannot have is refused', async () => {
    expect(await ask(`streams/${text}/summary?${RANGE}&summaryType=Average`)).toMatchObject({
      status: 409,
      json: { Errors: [expect.any(String)] },
    })
  })

  test.each([
    ['recordedattime', 400],
    ['recordedattime?time=junk', 400],
    ['recordedattime?time=2020-01-01&retrievalMode=Before', 404],
    ['recordedattime?time=*&retrievalMode=Nearest', 400],
    ['interpolated?interval=0s', 400],
    ['interpolated?interval=1ms&startTime=*-1d', 400],
    ['plot?intervals=0', 400],
    ['summary?summaryType=Median', 400],
    ['summary?calculationBasis=Other', 400],
    ['value?time=T%203h', 400],
  ])('%s is refused with %d and Errors', async (call, status) => {
    expect(await ask(`streams/${ramp}/${call}`)).toMatchObject({ status, json: { Errors: [expect.any(String)] } })
  })

  test('a streamset asks the same of several points', async () => {
    const set = `webId=${ramp}&webId=${text}&webId=${ramp}`
    const { json } = await ask(`streamsets/value?${set}&time=2025-12-31T00:00:05Z`)
    expect(json).toMatchObject({
      Items: [
        {
          WebId: expect.any(String) as unknown,
          Name: 'ramp',
          Path: expect.stringContaining('\\ramp') as unknown,
          Value: { Value: 5 },
        },
        { Name: 'text', Value: { Value: 'a', Good: true } },
      ],
    })
  })

  test('a point that is gone is 410 alone, and an error of its own in a streamset', async () => {
    const gone = webIdOf('gone', 'Float32')
    simulator.historian.deletePoint('gone')
    expect((await ask(`streams/${gone}/value`)).status).toBe(410)
    const { status, json } = await ask(`streamsets/value?webId=${ramp}&webId=${gone}`)
    expect(status).toBe(200)
    expect(JSON.stringify((json as { Items: unknown[] }).Items[1])).toContain('Errors')
  })
})
