/** Stream updates over HTTP, fed by changes of the live model. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { encodePointWebId } from '../../src/simulator/webid.ts'

const START = BigInt(Date.UTC(2025, 11, 31)) * 10_000n
const SECOND = 10_000_000n

interface Registration {
  readonly Status: string
  readonly LatestMarker: string
}

describe('stream updates over HTTP', () => {
  let simulator: Simulator | undefined
  let url: string
  let webId: string

  beforeEach(async () => {
    await simulator?.close()
    simulator = createSimulator({ scenario: 'empty' })
    const point = simulator.historian.createPoint({ name: 'T1', pointType: 'Float32' })
    webId = encodePointWebId(simulator.historian.primary, point, 'IDOnly')
    ;({ url } = await simulator.listen())
  })

  afterAll(async () => {
    await simulator?.close()
  })

  async function ask(method: string, path: string): Promise<{ status: number; headers: Headers; json: unknown }> {
    const response = await fetch(url + path, { method, headers: { 'X-Requested-With': 'test' } })
    return { status: response.status, headers: response.headers, json: await response.json() }
  }

  async function register(): Promise<Registration> {
    return (await ask('POST', `/streams/${webId}/updates`)).json as Registration
  }

  test('every way history changes comes as its action', async () => {
    const { LatestMarker: marker } = await register()
    const { historian } = simulator!
    historian.write('T1', START + 10n * SECOND, 1)
    historian.write('T1', START + 20n * SECOND, 2)
    historian.write('T1', START + 5n * SECOND, 3)
    historian.edit('T1', START + 5n * SECOND, 0, 4)
    historian.delete('T1', START + 5n * SECOND, 0)
    const { status, json } = await ask('GET', `/streams/updates/${marker}`)
    expect(status).toBe(200)
    expect(json).toMatchObject({
      SourceName: 'T1',
      RequestedMarker: marker,
      Status: 'Succeeded',
      Events: [
        { Action: 'Add', Timestamp: '2025-12-31T00:00:10Z', Value: 1, Good: true },
        { Action: 'Add', Timestamp: '2025-12-31T00:00:20Z', Value: 2 },
        { Action: 'Insert', Timestamp: '2025-12-31T00:00:05Z', Value: 3 },
        { Action: 'Update', Timestamp: '2025-12-31T00:00:05Z', Value: 4, Substituted: true },
        { Action: 'Delete', Timestamp: '2025-12-31T00:00:05Z' },
      ],
    })
    const { LatestMarker: latest } = json as Registration
    expect((await ask('GET', `/streams/updates/${latest}`)).json).toMatchObject({ Events: [], LatestMarker: latest })
  })

  test('registration says where to go on, and that it was there already', async () => {
    const first = await ask('POST', `/streams/${webId}/updates`)
    const { LatestMarker: marker } = first.json as Registration
    expect(first.headers.get('location')).toBe(`${url}/streams/updates/${marker}`)
    expect((await register()).Status).toBe('AlreadyRegistered')
    expect(simulator!.counters().writes).toBe(0)
  })

  test('a restart forgets the markers, and they expire by the clock of the server', async () => {
    const { LatestMarker: marker } = await register()
    simulator!.restart()
    expect((await ask('GET', `/streams/updates/${marker}`)).status).toBe(404)
    const { LatestMarker: fresh } = await register()
    simulator!.historian.clock.advance(3_600_001)
    expect((await ask('GET', `/streams/updates/${fresh}`)).status).toBe(404)
  })

  test('errors: no such stream, no such marker, no such feature', async () => {
    expect((await ask('POST', '/streams/I1DPnonsense/updates')).status).toBe(400)
    expect((await ask('GET', '/streams/updates/nonsense')).status).toBe(409)
    simulator!.changeSwitches({ streamUpdates: false })
    expect((await ask('POST', `/streams/${webId}/updates`)).status).toBe(404)
  })

  test('sets of streams', async () => {
    const registered = (await ask('POST', `/streamsets/updates?webId=${webId}`)).json as { Items: Registration[] }
    const marker = registered.Items[0]!.LatestMarker
    simulator!.historian.write('T1', START, 7)
    const lost = `${'0'.repeat(32)}_0`
    expect((await ask('GET', `/streamsets/updates?marker=${marker}&marker=${lost}`)).json).toMatchObject({
      Items: [
        { Status: 'Succeeded', Events: [{ Action: 'Add', Value: 7 }] },
        { Status: 'Failed', RequestedMarker: lost, Exception: { Errors: [expect.any(String)] } },
      ],
    })
  })
})
