import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { departures } from './swagger-schema.ts'

interface Items {
  readonly Items: readonly { readonly WebId: string; readonly Name: string; readonly PointType: string }[]
}

const MARKER = /_(\d+)$/

describe('answers have the shapes of the published specification', () => {
  let simulator: Simulator
  let url: string
  let server: string
  let points: Items['Items']

  beforeAll(async () => {
    simulator = createSimulator({ scenario: 'conformance', switches: { administrator: true } })
    ;({ url } = await simulator.listen())
    server = (await get<Items>('/dataservers')).Items[0]!.WebId
    points = (await get<Items>(`/dataservers/${server}/points?maxCount=100000`)).Items
  })

  afterAll(async () => {
    await simulator.close()
  })

  async function get<T>(path: string): Promise<T> {
    const response = await fetch(url + path)
    return (await response.json()) as T
  }

  async function conforms(operation: string, path: string, status = 200, init: RequestInit = {}): Promise<unknown> {
    const headers = { 'X-Requested-With': 'test', 'Content-Type': 'application/json' }
    const method = operation.split(' ', 1)[0]!.toUpperCase()
    const response = await fetch(url + path, { method, headers, ...init })
    const answer: unknown = await response.json()
    expect({ path, status: response.status, answer: response.status === status ? undefined : answer }).toEqual({
      path,
      status,
      answer: undefined,
    })
    expect(departures(operation, status, answer), path).toEqual([])
    return answer
  }

  test.each([
    ['get /', '/'],
    ['get /system', '/system'],
    ['get /system/userinfo', '/system/userinfo'],
    ['get /system/versions', '/system/versions'],
    ['get /system/status', '/system/status'],
    ['get /dataservers', '/dataservers'],
  ])('%s', async (operation, path) => {
    await conforms(operation, path)
  })

  test('data servers, their sets and their points', async () => {
    await conforms('get /dataservers/{webId}', `/dataservers/${server}`)
    await conforms('get /dataservers/{webId}/points', `/dataservers/${server}/points?maxCount=100000`)
    const sets = (await conforms(
      'get /dataservers/{webId}/enumerationsets',
      `/dataservers/${server}/enumerationsets`,
    )) as Items
    expect(sets.Items.length).toBeGreaterThan(0)
    for (const set of sets.Items) {
      await conforms('get /enumerationsets/{webId}', `/enumerationsets/${set.WebId}`)
      const values = `/enumerationsets/${set.WebId}/enumerationvalues`
      await conforms('get /enumerationsets/{webId}/enumerationvalues', values)
    }
  })

  test('every point: itself, its attributes, and its value in every kind of stream call', async () => {
    expect(points.length).toBeGreaterThan(20)
    for (const { WebId: id, PointType: type } of points) {
      await conforms('get /points/{webId}', `/points/${id}`)
      await conforms('get /points/{webId}/attributes', `/points/${id}/attributes`)
      const range = 'startTime=*-30d&endTime=*'
      await conforms('get /streams/{webId}/recorded', `/streams/${id}/recorded?${range}&maxCount=500`)
      await conforms('get /streams/{webId}/recorded', `/streams/${id}/recorded?${range}&boundaryType=Interpolated`)
      await conforms('get /streams/{webId}/recordedattimes', `/streams/${id}/recordedattimes?time=*-1d&time=*-2h`)
      await conforms('get /streams/{webId}/interpolated', `/streams/${id}/interpolated?${range}&interval=1d`)
      await conforms('get /streams/{webId}/interpolatedattimes', `/streams/${id}/interpolatedattimes?time=*-1h`)
      await conforms('get /streams/{webId}/plot', `/streams/${id}/plot?${range}&intervals=10`)
      await conforms('get /streams/{webId}/value', `/streams/${id}/value`)
      await conforms('get /streams/{webId}/value', `/streams/${id}/value?time=*-1h`)
      await conforms('get /streams/{webId}/end', `/streams/${id}/end`)
      const kinds = /^(Float|Int)/.test(type) ? 'All' : 'AllForNonNumeric'
      await conforms('get /streams/{webId}/summary', `/streams/${id}/summary?${range}&summaryType=${kinds}`)
    }
  })

  test('many points at once', async () => {
    const query = points
      .slice(0, 20)
      .map(({ WebId: id }) => `webId=${id}`)
      .join('&')
    await conforms('get /points/multiple', `/points/multiple?${query}`)
    await conforms('get /points/multiple', `/points/multiple?${query}&webId=I1DPnonsense`, 207)
    for (const call of ['recorded', 'interpolated', 'plot']) {
      await conforms(`get /streamsets/${call}`, `/streamsets/${call}?${query}`)
    }
    // `end` is left out: the specification gives it the shape of `recorded`, the prose that of `value`.
    await conforms('get /streamsets/value', `/streamsets/value?${query}`)
    await conforms('get /streamsets/summary', `/streamsets/summary?${query}&summaryType=Count`)
    await conforms('get /streamsets/recordedattimes', `/streamsets/recordedattimes?${query}&time=*-1h`)
    await conforms('get /streamsets/interpolatedattimes', `/streamsets/interpolatedattimes?${query}&time=*-1h`)
  })

  test('stream updates', async () => {
    const { WebId: id } = points[0]!
    const registered = (await conforms('post /streams/{webId}/updates', `/streams/${id}/updates`)) as {
      readonly LatestMarker: string
    }
    expect(registered.LatestMarker).toMatch(MARKER)
    await conforms('get /streams/updates/{marker}', `/streams/updates/${registered.LatestMarker}`)
    await conforms('get /streams/updates/{marker}', `/streams/updates/${'0'.repeat(32)}_0`, 404)
    await conforms('post /streamsets/updates', `/streamsets/updates?webId=${id}`)
    await conforms('get /streamsets/updates', `/streamsets/updates?marker=${registered.LatestMarker}`)
  })

  test('batch', async () => {
    const body = JSON.stringify({
      a: { Method: 'GET', Resource: `${url}/dataservers` },
      b: {
        ParentIds: ['a'],
        Parameters: ['$.a.Content.Items[*].WebId'],
        RequestTemplate: { Resource: `${url}/dataservers/{0}` },
      },
      c: { Method: 'GET', Resource: `${url}/nowhere` },
    })
    await conforms('post /batch', '/batch', 207, { body })
  })

  test('errors', async () => {
    const { WebId: id } = points[0]!
    await conforms('get /streams/{webId}/recorded', `/streams/${id}/recorded?maxCount=150001`, 400)
    await conforms('get /points/{webId}/attributes', `/points/${id}/attributes?name=nosuch`, 400)
  })
})
