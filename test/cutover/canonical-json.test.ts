import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, parseCanonicalJson, sha256Hex } from '../../src/cutover/canonical-json.ts'

/** The same value with its keys in another order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  )
}

describe('canonical JSON', () => {
  it('is what RFC 8785 shows', () => {
    // Sorted by UTF-16 units: the surrogate pair of an emoji comes before U+FB33.
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude02': 5, '\u0080': 6, '\u00f6': 7 }
    expect(canonicalJson(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude02":5,"\ufb33":3}')
    expect(canonicalJson([1e21, 4.5, 2e-3, 1e-27, -0, 333333333.33333329])).toBe(
      '[1e+21,4.5,0.002,1e-27,0,333333333.3333333]',
    )
    expect(canonicalJson('\u20ac$\u000f\nA\'B"\\')).toBe('"\u20ac$\\u000f\\nA\'B\\"\\\\"')
  })

  it('has one text per value, and gives the value back', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = canonicalJson(value)
        expect(canonicalJson(reversed(value))).toBe(text)
        // JSON itself has no negative zero that it would print.
        expect(parseCanonicalJson(text)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('refuses what JSON would drop or change', () => {
    const values = [undefined, Number.NaN, Infinity, 1n, () => 1, new Date(0), new Map(), Symbol('x')]
    for (const value of values) {
      expect(() => canonicalJson(value)).toThrow(RangeError)
      expect(() => canonicalJson({ list: [value] })).toThrow(RangeError)
    }
  })

  it('refuses nesting that no evidence has, without exhausting the stack', () => {
    const text = `${'['.repeat(5_000)}${']'.repeat(5_000)}`
    expect(() => parseCanonicalJson(text)).toThrow('nested deeper than 32')
  })

  it('reads the canonical text only', () => {
    expect(parseCanonicalJson('{"a":[1,null],"b":"x"}')).toEqual({ a: [1, null], b: 'x' })
    const others = [
      '{"b":"x","a":[1,null]}',
      '{"a":1, "b":2}',
      '{"a":1,"a":1}',
      '1.0',
      '-0',
      '"\\u0041"',
      '1 ',
      '{"a":1',
    ]
    for (const other of others) expect(() => parseCanonicalJson(other), other).toThrow(RangeError)
  })

  it('hashes text as UTF-8', () => {
    expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(sha256Hex('\u00f6')).toBe(sha256Hex(Uint8Array.of(0xc3, 0xb6)))
  })
})
