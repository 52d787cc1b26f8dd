import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { float32Text, float64Text } from '../../src/simulator/number-text.ts'

/** .NET's rule said the slow way: `short` digits when they round-trip, else `long`; scientific outside the precision. */
function reference(value: number, short: number, long: number, narrow: (n: number) => number): string {
  const precision = narrow(Number(value.toPrecision(short))) === value ? short : long
  const exponent = Number(value.toExponential(precision - 1).split('e')[1])
  if (exponent > -5 && exponent < precision) {
    const fixed = Math.abs(value).toPrecision(precision)
    const text = fixed.includes('.') ? fixed.replace(/0+$/, '').replace(/\.$/, '.0') : `${fixed}.0`
    return value < 0 ? `-${text}` : text
  }
  const [mantissa = '', power = ''] = value.toExponential(precision - 1).split('e')
  const digits = mantissa.includes('.') ? mantissa.replace(/0+$/, '').replace(/\.$/, '') : mantissa
  return `${digits}E${power.slice(0, 1)}${power.slice(1).padStart(2, '0')}`
}

const finite32 = fc.float({ noNaN: true, noDefaultInfinity: true }).filter((value) => value !== 0)
const finite64 = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => value !== 0)
const plausible = fc
  .tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.integer({ min: -6, max: 17 }))
  .map(([mantissa, exponent]) => mantissa * 10 ** exponent)
  .filter((value) => value !== 0)

describe('float32Text', () => {
  test.each([
    [200, '200.0'],
    [0, '0.0'],
    [-0, '-0.0'],
    [1e7, '1E+07'],
    [12345678, '12345678.0'],
    [9999999, '9999999.0'],
    [0.0001, '0.0001'],
    [0.00001, '1E-05'],
    [3.4028234663852886e38, '3.40282347E+38'],
    [1.401298464324817e-45, '1.401298E-45'],
    [-1.5, '-1.5'],
    [Number.NaN, '"NaN"'],
    [Number.POSITIVE_INFINITY, '"Infinity"'],
    [Number.NEGATIVE_INFINITY, '"-Infinity"'],
  ])('%d is %s', (value, text) => {
    expect(float32Text(Math.fround(value))).toBe(text)
  })

  test('prints values of a live server as that server did', () => {
    const csv = readFileSync(
      new URL('../../fixtures/pi-web-api/samples/osisoftpy-live-values.csv', import.meta.url),
      'utf8',
    )
    const numbers = csv
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.slice(line.lastIndexOf('Z,') + 2).trim())
      .filter((text) => !text.startsWith('"'))
    expect(numbers).toHaveLength(37)
    expect(numbers.map((text) => float32Text(Math.fround(Number(text))))).toEqual(numbers)
  })

  test('follows the rule for every float32, and parses back to it', () => {
    const float32 = fc.oneof(finite32, plausible.map(Math.fround)).filter((value) => value !== 0)
    fc.assert(
      fc.property(float32, (value) => {
        const text = float32Text(value)
        expect(text).toBe(reference(value, 7, 9, Math.fround))
        expect(Math.fround(Number(text))).toBe(value)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('float64Text', () => {
  test.each([
    [200, '200.0'],
    [-0, '-0.0'],
    [0.1, '0.1'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1 / 3, '0.33333333333333331'],
    [123456789012345.6, '123456789012345.59'],
    [1e15, '1E+15'],
    [0.00001, '1E-05'],
    [Number.MAX_VALUE, '1.7976931348623157E+308'],
    [Number.NaN, '"NaN"'],
  ])('%d is %s', (value, text) => {
    expect(float64Text(value)).toBe(text)
  })

  test('follows the rule for every double, and parses back to it', () => {
    fc.assert(
      fc.property(fc.oneof(finite64, plausible), (value) => {
        const text = float64Text(value)
        expect(text).toBe(reference(value, 15, 17, Number))
        expect(Number(text)).toBe(value)
      }),
      { numRuns: 3000 },
    )
  })
})
