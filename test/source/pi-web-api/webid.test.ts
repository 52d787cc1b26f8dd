import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodePointWebId, pointIdOf } from '../../../src/source/pi-web-api/webid.ts'

interface Vector {
  readonly webId: string
  readonly type: string
  readonly marker?: string
  readonly serverGuid?: string
  readonly pointId?: number
}
const FIXTURE = new URL('../../../fixtures/pi-web-api/samples/webid-vectors.json', import.meta.url)
const vectors = JSON.parse(readFileSync(FIXTURE, 'utf8')) as {
  observed: Vector[]
  computed: { server: { guid: string }; point: { id: number }; I1DP: string; F1DP: string; L1DP: string; D1DP: string }
}
const { server, point, I1DP, F1DP, L1DP, D1DP } = vectors.computed
const all: Vector[] = [
  ...vectors.observed,
  ...[I1DP, F1DP, L1DP, D1DP].map((webId) => ({ webId, type: 'computed', serverGuid: server.guid, pointId: point.id })),
]

describe('WebID', () => {
  it('encodes IDOnly WebIDs as real servers do', () => {
    const idOnly = all.filter((vector) => vector.webId.startsWith('I1DP'))
    expect(idOnly.length).toBeGreaterThan(0)
    for (const { webId, serverGuid, pointId } of idOnly) {
      expect(encodePointWebId({ serverGuid: serverGuid!, pointId: pointId! })).toBe(webId)
    }
  })

  it('finds the point id in every form that carries it, and in no other', () => {
    for (const { webId, pointId } of all) {
      expect(pointIdOf(webId), webId).toBe(/^[FILD]1DP/.test(webId) ? pointId : undefined)
    }
    expect(pointIdOf('I1DPshort')).toBeUndefined()
    expect(pointIdOf('')).toBeUndefined()
    expect(pointIdOf('I1DP!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!')).toBeUndefined()
  })

  it('round-trips every id', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (guid, id) => {
        expect(pointIdOf(encodePointWebId({ serverGuid: guid, pointId: id }))).toBe(id)
      }),
    )
  })

  it('refuses what is not a GUID', () => {
    expect(() => encodePointWebId({ serverGuid: '../../etc', pointId: 1 })).toThrow(RangeError)
  })
})
