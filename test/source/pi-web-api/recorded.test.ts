import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { STATUS } from '../../../src/domain/quality.ts'
import { formatTicks } from '../../../src/domain/ticks.ts'
import type { JsonObject } from '../../../src/source/pi-web-api/answer.ts'
import { decodeRecorded } from '../../../src/source/pi-web-api/recorded.ts'
import { ShapeMismatch } from '../../../src/source/pi-web-api/value.ts'

const FIXTURE = new URL(
  '../../../fixtures/pi-web-api/samples/kukur-recorded-with-ties-and-system-state.json',
  import.meta.url,
)

const T = '2024-05-01T06:00:00Z'
const row = (fields: Record<string, unknown>): Record<string, unknown> => ({
  Timestamp: T,
  Value: 1,
  UnitsAbbreviation: '',
  Good: true,
  Questionable: false,
  Substituted: false,
  Annotated: false,
  ...fields,
})
const decode = (...rows: unknown[]): ReturnType<typeof decodeRecorded> =>
  decodeRecorded({ Items: rows }, 'float32', 'FIC101')

describe('decodeRecorded', () => {
  it('reads a recorded answer of a real server: ties numbered, the system state in place', () => {
    const samples = decodeRecorded(JSON.parse(readFileSync(FIXTURE, 'utf8')) as JsonObject, 'float32', 'TEST')
    expect(samples).toHaveLength(18)
    expect(samples.filter((s) => s.ord > 0).map((s) => [formatTicks(s.ticks), s.ord, s.value])).toEqual([
      ['2020-01-01T09:42:25.0000000Z', 1, Math.fround(23.6581783)],
      ['2020-01-01T09:42:25.0000000Z', 2, Math.fround(23.6581783)],
    ])
    expect(samples[7]).toMatchObject({
      type: 'state',
      value: { code: 254, name: 'Shutdown' },
      status: STATUS.badDataLost,
    })
  })

  it('carries quality and flags', () => {
    const [plain, questionable, substituted, annotated, bad] = decode(
      row({}),
      row({ Questionable: true }),
      row({ Substituted: true }),
      row({ Annotated: true }),
      row({ Good: false }),
    )
    expect(plain).toMatchObject({ status: STATUS.good, flags: 0 })
    expect(questionable).toMatchObject({ status: STATUS.uncertain, flags: 1 })
    expect(substituted).toMatchObject({ status: STATUS.goodLocalOverride, flags: 2 })
    expect(annotated).toMatchObject({ status: STATUS.good, flags: 4 })
    expect(bad).toMatchObject({ status: STATUS.bad, flags: 0 })
  })

  it.each([
    ['no list', { Items: null }, /no list of values/],
    ['not an object', { Items: [7] }, /not an object/],
    ['no time', { Items: [row({ Timestamp: undefined })] }, /has no time/],
    ['an eighth digit', { Items: [row({ Timestamp: '2024-05-01T06:00:00.12345678Z' })] }, /cannot be read/],
    ['out of order', { Items: [row({}), row({ Timestamp: '2024-05-01T05:59:59Z' })] }, /out of order at 2024-05-01T05/],
    ['no quality', { Items: [row({ Good: undefined })] }, /whether it is good at 2024-05-01T06/],
    ['errors', { Items: [row({ Value: null, Errors: [{ FieldName: 'Value', Message: ['no'] }] })] }, /reports errors/],
    ['no value', { Items: [row({ Value: undefined })] }, /value is missing/],
    ['a flag as text', { Items: [row({ Substituted: 'true' })] }, /Substituted is neither/],
  ])('fails the page for %s, naming the tag', (_name, answer, message) => {
    const run = (): unknown => decodeRecorded(answer, 'float32', 'FIC101')
    expect(run).toThrow(message)
    expect(run).toThrow(/FIC101/)
  })

  it('accepts an empty list of errors and flags that an older server leaves out', () => {
    expect(decode({ Timestamp: T, Value: 1, Good: true, Errors: [] })).toHaveLength(1)
  })

  it('says where a value contradicts the type', () => {
    expect(() => decode(row({ Value: 'text' }))).toThrow(ShapeMismatch)
    expect(() => decode(row({ Value: 'text' }))).toThrow(/at 2024-05-01T06:00:00Z is a string/)
  })
})
