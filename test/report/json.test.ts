import fc from 'fast-check'
import { expect, test } from 'vitest'
import { reportJson } from '../../src/report/json.ts'
import { HOSTILE_NAMES } from '../harness/hostile-names.ts'

test('is the same value, in one line without anything a terminal acts on', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue({ stringUnit: 'binary' }), fc.array(fc.constantFrom(...HOSTILE_NAMES))),
      (value) => {
        const text = reportJson(value)
        expect(text).not.toMatch(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      },
    ),
  )
})

test('a negative zero of a sample keeps its sign', () => {
  expect(reportJson({ value: -0, other: -0 })).toBe('{"value":"-0","other":0}')
})
