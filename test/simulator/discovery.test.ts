import { describe, expect, it } from 'vitest'
import { ODD_NAMES } from '../../src/simulator/scenarios/conformance.ts'
import { encodePointWebId } from '../../src/simulator/webid.ts'
import { startSimulator } from '../harness/simulator.ts'
import { ask, askJson, pointsByName, serverWebId, type PageJson, type PointJson } from './client.ts'

interface ServerJson {
  readonly WebId: string
  readonly Id: string
  readonly Name: string
  readonly Path: string
  readonly IsConnected: boolean
  readonly ServerTime: string
}

describe('system', () => {
  it('tells the product to anyone and the rest to administrators', async () => {
    const { simulator, url } = await startSimulator({ scenario: 'empty' })
    expect(await askJson(url, '/')).toMatchObject({ Links: { DataServers: `${url}/dataservers` } })
    expect(await askJson(url, '/system')).toMatchObject({ ProductTitle: 'PI Web API', ProductVersion: '1.13.0.6298' })
    expect(await askJson(url, '/system/userinfo')).toMatchObject({ IsAuthenticated: false })
    for (const path of ['/system/versions', '/system/status', '/system/configuration']) {
      expect((await ask(url, path)).status).toBe(403)
    }
    simulator.changeSwitches({ administrator: true })
    expect((await ask(url, '/system/versions')).status).toBe(200)
  })
})

describe('data servers', () => {
  it('are listed, and found by name, by path and by WebID', async () => {
    const { url } = await startSimulator({ scenario: 'conformance' })
    const list = await askJson<PageJson<ServerJson>>(url, '/dataservers')
    expect(list.Items.map((server) => [server.Name, server.IsConnected])).toEqual([
      ['BANYANSIM', true],
      ['DECOY', true],
      ['OFFLINE', false],
    ])
    const first = list.Items[0]!
    expect(first).toMatchObject({ Path: '\\\\PIServers[BANYANSIM]', ServerTime: '2026-01-01T00:00:00Z' })
    for (const path of [
      '/dataservers?name=banyansim',
      '/DataServers?Path=%5C%5CBANYANSIM',
      '/dataservers?path=\\\\PIServers[BANYANSIM]',
      `/dataservers/${first.WebId}`,
    ]) {
      expect(await askJson(url, path)).toMatchObject({ Id: first.Id, WebId: first.WebId })
    }
    expect((await ask(url, '/dataservers?name=nowhere')).status).toBe(404)
    expect((await ask(url, '/dataservers/nonsense')).status).toBe(404)
  })

  it('show the clock with the offset it is switched to', async () => {
    const { simulator, url } = await startSimulator({ scenario: 'empty', switches: { clockOffsetMs: -90_000 } })
    simulator.historian.clock.advance(500)
    expect(await askJson(url, '/dataservers?name=BANYANSIM')).toMatchObject({ ServerTime: '2025-12-31T23:58:30.5Z' })
  })

  it('list their digital sets, SYSTEM first, and the states of each', async () => {
    const { url } = await startSimulator({ scenario: 'demo', scale: 0.01 })
    const sets = await askJson<PageJson<{ Name: string; WebId: string; Links: { Values: string } }>>(
      url,
      `/dataservers/${await serverWebId(url)}/enumerationsets`,
    )
    expect(sets.Items.map((set) => set.Name)).toEqual(['SYSTEM', 'ValvePosition', 'OperatingMode'])
    const states = async (index: number): Promise<{ Name: string; Value: number }[]> => {
      const path = sets.Items[index]!.Links.Values.slice(url.length)
      return (await askJson<PageJson<{ Name: string; Value: number }>>(url, path)).Items
    }
    expect((await states(1)).map(({ Name: name, Value: value }) => [value, name])).toEqual([
      [0, 'Closed'],
      [1, 'Opening'],
      [2, 'Open'],
      [3, 'Closing'],
      [4, 'Fault'],
    ])
    expect(await states(0)).toContainEqual(expect.objectContaining({ Name: 'Shutdown', Value: 254 }))
    expect(await askJson(url, `/enumerationsets/${sets.Items[2]!.WebId}`)).toMatchObject({ Name: 'OperatingMode' })
  })
})

describe('points of a data server', () => {
  it('page by startIndex and maxCount, with links to the neighbours', async () => {
    const { simulator, url } = await startSimulator({ scenario: 'many-small', scale: 0.025 })
    const server = await serverWebId(url)
    const base = `/dataservers/${server}/points?webIdType=IDOnly&maxCount=10`
    const middle = await askJson<PageJson<PointJson>>(url, `${base}&startIndex=10`)
    expect(middle.Items.map((point) => point.Id)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
    const start = (name: string): number => Number(/startIndex=(\d+)/.exec(middle.Links![name]!)![1])
    expect(['First', 'Previous', 'Next', 'Last'].map(start)).toEqual([0, 0, 20, 20])
    const last = await askJson<PageJson<PointJson>>(url, middle.Links!['Next']!.slice(url.length))
    expect(last.Items).toHaveLength(5)
    expect(Object.keys(last.Links!)).toEqual(['First', 'Previous', 'Last'])
    expect((await askJson<PageJson<PointJson>>(url, `${base}&startIndex=99`)).Items).toEqual([])
    simulator.changeSwitches({ pagingLinks: false })
    expect((await askJson<PageJson<PointJson>>(url, base)).Links).toEqual({})
  })

  it('are 1000 by default, and a page above the ceiling is refused', async () => {
    const { url } = await startSimulator({ scenario: 'many-small', scale: 1.1 })
    const server = await serverWebId(url)
    expect((await askJson<PageJson<PointJson>>(url, `/dataservers/${server}/points`)).Items).toHaveLength(1000)
    expect((await ask(url, `/dataservers/${server}/points?maxCount=150001`)).status).toBe(400)
  })

  it('are filtered by name mask and by point source', async () => {
    const { url } = await startSimulator({ scenario: 'demo', scale: 0.01 })
    const server = await serverWebId(url)
    const names = async (query: string): Promise<string[]> =>
      (await askJson<PageJson<PointJson>>(url, `/dataservers/${server}/points?${query}`)).Items.map((p) => p.Name)
    expect(await names('nameFilter=FIC10?.*')).toEqual(['FIC101.PV', 'FIC101.SP'])
    expect(await names('NAMEFILTER=fic[12]01.pv')).toEqual(['FIC101.PV', 'FIC201.PV'])
    expect(await names('nameFilter=FIC[!1]01.PV')).toEqual(['FIC201.PV', 'FIC301.PV', 'FIC401.PV'])
    expect(await names('nameFilter=*.FORECAST&sourceFilter=OPC')).toEqual([])
    expect(await names('sourceFilter=OPC')).toHaveLength(24)
    expect(await names('nameFilter=')).toHaveLength(64)
    expect((await ask(url, `/dataservers/${server}/points?nameFilter=[z-a]`)).status).toBe(400)
  })

  it('of a server that is not connected cannot be listed', async () => {
    const { url } = await startSimulator({ scenario: 'conformance' })
    const offline = await askJson<ServerJson>(url, '/dataservers?name=OFFLINE')
    expect((await ask(url, `/dataservers/${offline.WebId}/points`)).status).toBe(502)
  })
})

describe('a point', () => {
  it('is found by path whatever its name is made of', async () => {
    const { url } = await startSimulator({ scenario: 'conformance' })
    for (const name of ODD_NAMES) {
      const path = encodeURIComponent(`\\\\BANYANSIM\\${name}`)
      expect(await askJson(url, `/points?path=${path}`)).toMatchObject({ Name: name, Path: `\\\\BANYANSIM\\${name}` })
    }
    expect((await ask(url, '/points?path=%5C%5CBANYANSIM%5Cnowhere')).status).toBe(404)
    expect((await ask(url, '/points?path=nonsense')).status).toBe(400)
    expect((await ask(url, '/points?path=%ff')).status).toBe(400)
  })

  it('tolerates unescaped backslashes and a lower-case parameter name', async () => {
    const { port } = await startSimulator({ scenario: 'conformance' })
    const { request } = await import('node:http')
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const path = '/piwebapi/points/?PATH=\\\\BANYANSIM\\TYPE.INT32'
      request({ port, host: '127.0.0.1', path }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end()
    })
    expect(status).toBe(200)
  })

  it('is found by every form of its WebID, and emitted in the form asked for', async () => {
    const { simulator, url } = await startSimulator({ scenario: 'conformance' })
    const server = simulator.historian.primary
    const point = simulator.historian.point('TYPE.INT32')
    for (const form of ['Full', 'IDOnly', 'PathOnly', 'LocalIDOnly', 'DefaultIDOnly'] as const) {
      const webId = encodePointWebId(server, point, form)
      expect(await askJson(url, `/points/${webId}?webIdType=${form}`)).toMatchObject({ Id: point.id, WebId: webId })
    }
    simulator.changeSwitches({ webIdType: 'PathOnly' })
    const emitted = await askJson<PointJson>(url, `/points/${encodePointWebId(server, point, 'IDOnly')}`)
    expect(emitted.WebId).toBe(encodePointWebId(server, point, 'PathOnly'))
    expect((await ask(url, `/points/${emitted.WebId}?webIdType=Long`)).status).toBe(400)
  })

  it('renamed: the id finds it, so does an old Full WebID; its old path does not', async () => {
    const { simulator, url } = await startSimulator({ scenario: 'conformance' })
    const server = simulator.historian.primary
    const { id, name } = simulator.historian.point('TYPE.INT32')
    const old = { id, name }
    simulator.historian.renamePoint(id, 'RENAMED')
    for (const form of ['Full', 'IDOnly'] as const) {
      expect(await askJson(url, `/points/${encodePointWebId(server, old, form)}`)).toMatchObject({ Name: 'RENAMED' })
    }
    expect((await ask(url, `/points/${encodePointWebId(server, old, 'PathOnly')}`)).status).toBe(404)
  })

  it('deleted: 410 by id, 404 by path; what never was is 404', async () => {
    const { simulator, url } = await startSimulator({ scenario: 'conformance' })
    const server = simulator.historian.primary
    const point = simulator.historian.point('TYPE.INT32')
    simulator.historian.deletePoint(point.id)
    expect((await ask(url, `/streams/${encodePointWebId(server, point, 'IDOnly')}/recorded`)).status).toBe(410)
    expect((await ask(url, `/streams/${encodePointWebId(server, point, 'PathOnly')}/recorded`)).status).toBe(404)
    const never = encodePointWebId(server, { id: 99_999, name: 'x' }, 'IDOnly')
    expect((await ask(url, `/streams/${never}/recorded`)).status).toBe(404)
  })

  it('has PI attributes, all or some; an unknown name is refused', async () => {
    const { url } = await startSimulator({ scenario: 'demo', scale: 0.01 })
    const { WebId: webId } = (await pointsByName(url)).get('FIC101.PV')!
    const attributes = async (query: string): Promise<Record<string, unknown>> => {
      const page = await askJson<PageJson<{ Name: string; Value: unknown }>>(url, `/points/${webId}/attributes${query}`)
      return Object.fromEntries(page.Items.map((item) => [item.Name, item.Value]))
    }
    expect(await attributes('?name=compdev&name=CompMax&name=excdev&name=compressing')).toEqual({
      compdev: 0,
      compmax: 28_800,
      compressing: 0,
      excdev: 0,
    })
    expect(await attributes('?nameFilter=point*')).toMatchObject({ pointtype: 'Float32', pointsource: 'OPC' })
    expect((await ask(url, `/points/${webId}/attributes?name=nonsense`)).status).toBe(400)
  })

  it('many at once: 207 when some are not there, filtered by includeMode', async () => {
    const { url } = await startSimulator({ scenario: 'conformance' })
    const { WebId: webId } = (await pointsByName(url)).get('TYPE.INT32')!
    const query = `webId=${webId}&path=%5C%5CBANYANSIM%5CTYPE.BLOB&path=%5C%5CBANYANSIM%5Cnowhere`
    const { status, text } = await ask(url, `/points/multiple?${query}`)
    expect(status).toBe(207)
    const { Items: items } = JSON.parse(text) as PageJson<{
      Identifier: string
      Object?: PointJson
      Exception?: unknown
    }>
    expect(items.map((item) => item.Object?.Name)).toEqual(['TYPE.INT32', 'TYPE.BLOB', undefined])
    expect(items[2]?.Exception).toEqual({ Errors: [expect.any(String)] })
    const only = JSON.parse((await ask(url, `/points/multiple?${query}&includeMode=ItemsWithExceptionOnly`)).text) as {
      Items: unknown[]
    }
    expect(only.Items).toHaveLength(1)
    expect((await ask(url, `/points/multiple?webId=${webId}`)).status).toBe(200)
  })

  it('search takes masks, types and alternatives; older servers do not know it', async () => {
    const { simulator, url } = await startSimulator({ scenario: 'demo', scale: 0.01 })
    const names = async (query: string): Promise<string[]> => {
      const page = await askJson<PageJson<PointJson>>(url, `/points/search?query=${encodeURIComponent(query)}`)
      return page.Items.map((point) => point.Name)
    }
    expect(await names('tag:=FIC* AND PointType:Float32')).toHaveLength(8)
    expect(await names('name:KQ*')).toHaveLength(4)
    expect(await names('FIC101* PointSource:OPC')).toEqual(['FIC101.PV', 'FIC101.SP'])
    expect(await names('tag:=FIC101.PV OR tag:=FIC101.SP')).toHaveLength(2)
    expect(await names('tag:=FIC101* tag:<>*.SP')).toEqual(['FIC101.PV'])
    expect((await ask(url, '/points/search?query=Value%3A%3E10')).status).toBe(400)
    expect((await ask(url, '/points/search?query=*&maxCount=1001')).status).toBe(400)
    simulator.changeSwitches({ pointsSearch: false })
    const absent = await ask(url, '/points/search?query=*')
    expect([absent.status, Object.keys(JSON.parse(absent.text) as object)]).toEqual([404, ['Message']])
  })
})
