import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isLiteral, matchesAnyMask, matchesMask } from '../../src/domain/name-mask.ts'

describe('matchesMask', () => {
  it.each([
    ['FIC*', 'fic101.pv', true],
    ['FIC*', 'XFIC101', false],
    ['*TEST*', 'a test tag', true],
    ['T?C', 'TIC', true],
    ['T?C', 'TC', false],
    ['[FT]IC1', 'TIC1', true],
    ['[!FT]IC1', 'TIC1', false],
    ['[!FT]IC1', 'PIC1', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['a[b', 'a[b', true],
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['Größe?😀', 'GRÖSSE1😀', false],
    ['Größe?😀', 'größeX😀', true],
    ['a.c', 'abc', false],
  ])('%s against %s: %s', (mask, name, expected) => {
    expect(matchesMask(mask, name)).toBe(expected)
  })

  it('property: every name matches itself escaped, and itself with any run replaced by a star', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.nat(30), fc.nat(30), (name, a, b) => {
        const characters = Array.from(name)
        const escaped = characters.map((c) => `\\${c}`)
        expect(matchesMask(escaped.join(''), name)).toBe(true)
        const [from, until] = [Math.min(a, b), Math.max(a, b)]
        expect(matchesMask([...escaped.slice(0, from), '*', ...escaped.slice(until)].join(''), name)).toBe(true)
      }),
    )
  })

  it('answers at once for masks made to be slow', () => {
    expect(matchesMask('*a'.repeat(200) + 'b', 'a'.repeat(5_000))).toBe(false)
    expect(() => matchesMask('*'.repeat(1_000), 'a')).toThrow(RangeError)
  })
})

it('matchesAnyMask needs one match', () => {
  expect(matchesAnyMask(['X*', 'T*'], 'TIC')).toBe(true)
  expect(matchesAnyMask([], 'TIC')).toBe(false)
})

it('isLiteral knows a name from a mask', () => {
  expect(['TIC101', 'a b', 'a*', 'a?', 'a[b]', 'a\\b'].map(isLiteral)).toEqual([true, true, false, false, false, false])
})
