import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  decodeWebId,
  encodeEnumerationSetWebId,
  encodePointWebId,
  encodeServerWebId,
  parseWebIdType,
  toUpperInvariant,
  type WebIdType,
} from '../../src/simulator/webid.ts'

interface Vectors {
  observed: {
    webId: string
    type: string
    marker: string
    serverGuid: string
    pointId?: number
    path?: string
    name?: string
  }[]
  computed: Record<'F1DS' | 'I1DS' | 'P1DS' | 'F1DP' | 'I1DP' | 'P1DP' | 'L1DP' | 'D1DP', string> & {
    server: { name: string; guid: string }
    point: { name: string; id: number }
  }
}

const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/pi-web-api/samples/webid-vectors.json', import.meta.url), 'utf8'),
) as Vectors
const { server, point } = vectors.computed

const TYPES: readonly WebIdType[] = ['Full', 'IDOnly', 'PathOnly', 'LocalIDOnly', 'DefaultIDOnly']

describe('WebID', () => {
  test.each(vectors.observed)('decodes $webId, seen on a real server', (vector) => {
    const decoded = decodeWebId(vector.webId)
    expect(decoded).toMatchObject({ kind: vector.marker === 'DS' ? 'server' : 'point', serverGuid: vector.serverGuid })
    if (vector.pointId !== undefined) expect(decoded?.pointId).toBe(vector.pointId)
    const path = vector.path ?? vector.name
    if (path !== undefined) expect(decoded?.path).toBe(path)
  })

  test('encodes all forms of the computed vectors', () => {
    const { F1DS, I1DS, P1DS, F1DP, I1DP, P1DP, L1DP, D1DP } = vectors.computed
    expect(TYPES.map((type) => encodeServerWebId(server, type))).toEqual([F1DS, I1DS, P1DS, 'L1DS', 'D1DS'])
    expect(TYPES.map((type) => encodePointWebId(server, point, type))).toEqual([F1DP, I1DP, P1DP, L1DP, D1DP])
  })

  test('every form decodes to what it carries, and no more', () => {
    const names = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' })
    fc.assert(
      fc.property(names, fc.nat({ max: 0x7fffffff }), fc.constantFrom(...TYPES), (name, id, type) => {
        const decoded = decodeWebId(encodePointWebId(server, { name, id }, type))
        const carriesId = type !== 'PathOnly'
        const carriesPath = type === 'Full' || type === 'PathOnly'
        expect(decoded?.kind).toBe('point')
        expect(decoded?.type).toBe(type)
        expect(decoded?.pointId).toBe(carriesId ? id : undefined)
        expect(decoded?.path).toBe(carriesPath ? `MYPISERVER\\${toUpperInvariant(name)}` : undefined)
        expect(decoded?.serverGuid).toBe(type === 'Full' || type === 'IDOnly' ? server.guid : undefined)
      }),
    )
  })

  test('enumeration sets round-trip', () => {
    const guid = '93a5a55b-d44f-4bb6-bdbd-64efc60e39a0'
    for (const type of TYPES) {
      const decoded = decodeWebId(encodeEnumerationSetWebId(server, { guid, name: 'SYSTEM' }, type))
      expect(decoded).toMatchObject({ kind: 'enumerationSet', type })
      if (type !== 'PathOnly') expect(decoded?.setGuid).toBe(guid)
    }
  })

  test('never throws on text from outside, and refuses what is cut or padded', () => {
    fc.assert(fc.property(fc.string(), (text) => void decodeWebId(text)))
    const { F1DP, I1DP } = vectors.computed
    for (const broken of [
      '',
      'F',
      'F1',
      'F1DP',
      'X1DPAQAAAA',
      `${I1DP}AAAA`,
      I1DP.slice(0, -1),
      `${F1DP}=`,
      `F2${F1DP.slice(2)}`,
    ]) {
      expect(decodeWebId(broken), broken).toBeUndefined()
    }
  })

  test('upper-cases as .NET does: one unit in, one unit out', () => {
    expect(toUpperInvariant('straße')).toBe('STRAßE')
    expect(toUpperInvariant('ﬁlter é ÿ')).toBe('ﬁLTER É Ÿ')
    expect(toUpperInvariant('ıſ')).toBe('ıſ')
    expect(toUpperInvariant('😀x')).toBe('😀X')
  })

  test('webIdType is read in any case', () => {
    expect(parseWebIdType('idonly')).toBe('IDOnly')
    expect(parseWebIdType('Anything')).toBeUndefined()
  })
})
