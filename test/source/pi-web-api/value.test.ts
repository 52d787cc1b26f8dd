import { LosslessNumber } from 'lossless-json'
import { describe, expect, it } from 'vitest'
import type { SampleType } from '../../../src/domain/sample.ts'
import { decodeValue, ShapeMismatch, typeOfPoint } from '../../../src/source/pi-web-api/value.ts'

describe('decodeValue', () => {
  it.each<[SampleType, unknown, unknown]>([
    ['float32', 51.4615021, Math.fround(51.4615021)],
    ['float32', -0, -0],
    ['float32', 1e-45, Math.fround(1e-45)],
    ['float16', 0.1, Math.fround(0.1)],
    ['float64', 0.1, 0.1],
    ['float64', 1e21, 1e21],
    ['float64', 'NaN', Number.NaN],
    ['float32', 'Infinity', Number.POSITIVE_INFINITY],
    ['float32', '-Infinity', Number.NEGATIVE_INFINITY],
    ['int16', -32768, -32768],
    ['int32', 2147483647, 2147483647],
    ['int32', -0, 0],
    ['string', 'NaN', 'NaN'],
    ['string', '', ''],
    ['timestamp', '2024-05-01T06:00:00.1250305Z', 17_145_432_001_250_305n],
    ['timestamp', '1969-12-31T23:59:59Z', -10_000_000n],
    ['bytes', [255, 0, 128], Uint8Array.of(255, 0, 128)],
    ['bytes', [], new Uint8Array()],
  ])('%s %j', (type, value, expected) => {
    expect(decodeValue(value, type)).toEqual({ type, value: expected })
  })

  it.each<SampleType>(['float32', 'int32', 'digital', 'string', 'bytes', 'timestamp', 'other'])(
    'takes a system state on a tag of type %s',
    (type) => {
      const state = { Name: 'Shutdown', Value: 254, IsSystem: true }
      expect(decodeValue(state, type)).toEqual({ type: 'state', value: { code: 254, name: 'Shutdown' } })
    },
  )

  it('tells digital states from system states by IsSystem alone', () => {
    const value = { Name: 'Shutdown', Value: 254, IsSystem: false }
    expect(decodeValue(value, 'digital')).toEqual({ type: 'digital', value: { code: 254, name: 'Shutdown' } })
  })

  it('keeps null as null', () => {
    expect(decodeValue(null, 'float32')).toEqual({ type: 'null', value: null })
  })

  it.each<[SampleType, unknown]>([
    ['float32', '12.5'],
    ['float32', true],
    ['float32', 1e300],
    ['float64', Number.POSITIVE_INFINITY],
    ['float32', { Name: 'Running', Value: 1, IsSystem: false }],
    ['float32', [1]],
    ['int16', 32768],
    ['int32', 1.5],
    ['int32', 'NaN'],
    ['digital', 1],
    ['digital', { Name: 'Running', Value: 1 }],
    ['digital', { Name: 'Running', Value: '1', IsSystem: true }],
    ['string', 12],
    ['string', { Some: 'object' }],
    ['timestamp', '2024-05-01'],
    ['timestamp', '2024-05-01T06:00:00+02:00'],
    ['bytes', [256]],
    ['bytes', 'AAECAw=='],
    ['bytes', [1, '2']],
  ])('guesses nothing: %s %j', (type, value) => {
    expect(() => decodeValue(value, type)).toThrow(ShapeMismatch)
  })

  it('judges values of an unknown point type by their JSON, without losing a digit', () => {
    expect(typeOfPoint('Quaternion')).toBe('other')
    expect(decodeValue(true, 'other')).toEqual({ type: 'boolean', value: true })
    expect(decodeValue('x', 'other')).toEqual({ type: 'string', value: 'x' })
    expect(decodeValue(1.5, 'other')).toEqual({ type: 'float64', value: 1.5 })
    const long = (digits: string): unknown => decodeValue(new LosslessNumber(digits), 'other')
    expect(long('9007199254740993')).toEqual({ type: 'int64', value: 9007199254740993n })
    expect(long('18446744073709551615')).toEqual({ type: 'uint64', value: 18446744073709551615n })
    expect(long('36893488147419103232')).toEqual({ type: 'other', value: '36893488147419103232' })
    expect(decodeValue({ a: new LosslessNumber('9007199254740993'), b: [1] }, 'other')).toEqual({
      type: 'other',
      value: '{"a":9007199254740993,"b":[1]}',
    })
  })
})
