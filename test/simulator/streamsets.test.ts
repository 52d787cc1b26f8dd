import { describe, expect, it } from 'vitest'
import { startSimulator } from '../harness/simulator.ts'
import { ask, askJson, pointsByName, recorded, type PageJson, type ValueJson } from './client.ts'

interface StreamJson {
  readonly WebId: string
  readonly Name: string
  readonly Path: string
  readonly Items?: ValueJson[]
  readonly Value?: ValueJson
  readonly UnitsAbbreviation?: string
}

const ALL = 'startTime=1970-01-01T00:00:00Z&endTime=2100-01-01T00:00:00Z'

async function start() {
  const running = await startSimulator({ scenario: 'conformance' })
  const points = await pointsByName(running.url)
  const webIds = ['TYPE.INT32', 'TYPE.FLOAT32', 'TYPE.STRING'].map((name) => points.get(name)!.WebId)
  const query = webIds.map((webId) => `webId=${webId}`).join('&')
  const streams = async (path: string): Promise<StreamJson[]> =>
    (await askJson<PageJson<StreamJson>>(running.url, path)).Items
  return { ...running, points, webIds, query, streams }
}

describe('ad hoc streamsets', () => {
  it('recorded answers each stream as the stream itself would', async () => {
    const { url, webIds, query, streams } = await start()
    const set = await streams(`/streamsets/recorded?${query}&${ALL}&webIdType=IDOnly`)
    expect(set.map((stream) => stream.WebId)).toEqual(webIds)
    for (const stream of set) {
      const alone = await recorded(url, stream.WebId, {
        startTime: '1970-01-01T00:00:00Z',
        endTime: '2100-01-01T00:00:00Z',
      })
      expect(stream.Items).toEqual(alone)
      expect(stream.Path).toBe(`\\\\BANYANSIM\\${stream.Name}`)
    }
  })

  it('collapse duplicates, also of another WebID form', async () => {
    const { query, streams } = await start()
    const again = '&webId=P1DPQkFOWUFOU0lNXFRZUEUuSU5UMzI'
    expect(await streams(`/streamsets/recorded?${query}&${query}${again}&${ALL}`)).toHaveLength(3)
    expect(await streams(`/streamsets/value?${query}&${query}${again}`)).toHaveLength(3)
  })

  it('bound maxCount per stream, or in total', async () => {
    const { simulator, query, streams } = await start()
    const counts = async (): Promise<number[]> =>
      (await streams(`/streamsets/recorded?${query}&${ALL}&maxCount=5`)).map((stream) => stream.Items!.length)
    expect(await counts()).toEqual([5, 5, 5])
    simulator.changeSwitches({ streamsetMaxCount: 'total' })
    expect(await counts()).toEqual([5, 0, 0])
  })

  it('a deleted point is an error on its own value under 200; an unknown WebID fails the request', async () => {
    const { simulator, url, points, query, streams } = await start()
    simulator.historian.deletePoint('TYPE.FLOAT32')
    const gone = points.get('TYPE.FLOAT32')!.WebId
    for (const call of ['recorded', 'value', 'end', 'plot', 'summary']) {
      const set = await streams(`/streamsets/${call}?${query}&${ALL}&summaryType=Count`)
      const failed = set.find((stream) => stream.WebId === gone)!
      expect(JSON.stringify(failed)).toContain('"Errors"')
      expect(JSON.stringify(set.filter((stream) => stream !== failed))).not.toContain('"Errors"')
    }
    expect((await ask(url, `/streamsets/value?${query}&webId=nonsense`)).status).toBe(404)
    expect((await ask(url, '/streamsets/value')).status).toBe(400)
  })

  it('sort by name when asked, and thin out by selectedFields at both levels', async () => {
    const { query, streams } = await start()
    const names = async (order: string): Promise<string[]> =>
      (await streams(`/streamsets/end?${query}&sortField=Name&sortOrder=${order}`)).map((stream) => stream.Name)
    expect(await names('Ascending')).toEqual(['TYPE.FLOAT32', 'TYPE.INT32', 'TYPE.STRING'])
    expect(await names('Descending')).toEqual(['TYPE.STRING', 'TYPE.INT32', 'TYPE.FLOAT32'])
    const fields = 'Items.Name;Items.Items.Good;Items.WebException'
    const [first] = await streams(`/streamsets/recorded?${query}&${ALL}&maxCount=1&selectedFields=${fields}`)
    expect(first).toEqual({ Name: 'TYPE.INT32', Items: [{ Good: true }] })
  })

  it('know no associations', async () => {
    const { url, query } = await start()
    expect((await ask(url, `/streamsets/recorded?${query}&associations=Annotations`)).status).toBe(409)
  })

  it('carry the WebException of the stream that failed', async () => {
    const { simulator, query, streams } = await start()
    simulator.changeSwitches({ webExceptionProbability: 1 })
    const set = await streams(`/streamsets/recorded?${query}&${ALL}`)
    expect(set.every((stream) => 'WebException' in stream)).toBe(true)
  })
})
