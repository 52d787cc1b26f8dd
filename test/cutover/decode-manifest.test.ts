import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { canonicalJson } from '../../src/cutover/canonical-json.ts'
import { decodeManifest } from '../../src/cutover/decode-manifest.ts'
import { encodeManifest, manifestHash, type EvidenceManifest } from '../../src/cutover/manifest.ts'
import { DEFAULT_POLICIES, policyHash } from '../../src/cutover/policy.ts'
import { CRITICALITIES } from '../../src/domain/workload.ts'
import { hour, MANIFEST, without } from './evidence-fixture.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Every object in the manifest, by its path. */
function* objectsIn(value: Json, path: string[] = []): Generator<string[]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield path
  for (const [key, member] of Object.entries(value)) yield* objectsIn(member, [...path, key])
}

/** A copy with the value at the path replaced. */
function changed(value: Json, [key, ...rest]: readonly string[], change: (value: Json) => Json): Json {
  if (key === undefined) return change(value)
  const copy = structuredClone(value) as Record<string, Json>
  copy[key] = changed(copy[key] ?? null, rest, change)
  return copy
}

const JSON_MANIFEST = JSON.parse(encodeManifest(MANIFEST)) as Json
const PATHS = [...objectsIn(JSON_MANIFEST)]

describe('decodeManifest', () => {
  it('gives back what was encoded', () => {
    expect(decodeManifest(encodeManifest(MANIFEST))).toEqual(MANIFEST)
    for (const criticality of CRITICALITIES) {
      const manifest = { ...MANIFEST, policy: DEFAULT_POLICIES[criticality] }
      expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest)
    }
  })

  it('knows what was not measured', () => {
    const unmeasured = { streak: null, diversity: null, bound: null, vitality: null, drill: null, request: null }
    const manifest: EvidenceManifest = { ...MANIFEST, ...unmeasured, spend: null }
    expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest)
  })

  it('refuses a field too many and a field missing, at every depth', () => {
    expect(PATHS.length).toBeGreaterThan(20)
    for (const path of PATHS) {
      const more = changed(JSON_MANIFEST, path, (value) => ({ ...(value as object), extra: 1 }))
      expect(() => decodeManifest(canonicalJson(more)), path.join('.')).toThrow(RangeError)
      // Classes without samples are left out.
      if (path[0] === 'classes') continue
      for (const key of Object.keys(
        path.reduce((value, name) => (value as Record<string, Json>)[name]!, JSON_MANIFEST)!,
      )) {
        const less = changed(JSON_MANIFEST, path, (value) => {
          return JSON.parse(without(value as object, key)) as Json
        })
        expect(() => decodeManifest(canonicalJson(less)), [...path, key].join('.')).toThrow(`${key} is missing`)
      }
    }
  })

  it('refuses values that cannot be', () => {
    const values: [string, Json][] = [
      ['v', 2],
      ['at', '2024-02-30T00:00:00Z'],
      ['workload', ' '],
      ['bridge', 'x'.repeat(5_000)],
      ['cellTicks', 0],
      ['cellTicks', 1e15],
      ['phase', 'flying'],
      ['classes', { WRONG: 1 }],
      ['lag', Array.from({ length: 10_001 }, () => null)],
      ['bound', { upperRate: -1, cells: 1, confidence: 1 }],
      ['foldedTo', [{ partition: 0, offset: '01' }]],
      ['policy', { ...MANIFEST.policy, canarySteps: [50, 10] } as unknown as Json],
      ['policy', { ...MANIFEST.policy, canarySteps: [50, 100] } as unknown as Json],
      ['policy', { ...MANIFEST.policy, canarySteps: [] } as unknown as Json],
      ['policy', { ...MANIFEST.policy, freezes: [{ from: hour(2), until: hour(1), reason: 'x' }] } as unknown as Json],
    ]
    for (const [field, value] of values) {
      const text = canonicalJson(changed(JSON_MANIFEST, [field], () => value))
      expect(() => decodeManifest(text), field).toThrow(RangeError)
    }
  })

  it('refuses any other text with a RangeError', () => {
    const texts = fc.oneof(fc.string(), fc.json(), fc.jsonValue().map(canonicalJson))
    fc.assert(
      fc.property(texts, (text) => {
        expect(() => decodeManifest(text)).toThrow(RangeError)
      }),
    )
  })
})

describe('hashes', () => {
  it('depend on what is said and not on how it was written down', () => {
    const again = Object.fromEntries(Object.entries(MANIFEST).reverse()) as unknown as EvidenceManifest
    expect(manifestHash(again)).toBe(manifestHash(MANIFEST))
    expect(manifestHash({ ...MANIFEST, build: '0.1.1' })).not.toBe(manifestHash(MANIFEST))
    const hashes = CRITICALITIES.map((criticality) => policyHash(DEFAULT_POLICIES[criticality]))
    expect(new Set(hashes).size).toBe(3)
  })
})
