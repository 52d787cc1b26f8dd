import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  coverWholeDay,
  formatDuration,
  formatListen,
  formatQuietHours,
  parseDuration,
  parseListen,
  parseQuietHours,
  parseTime,
} from '../../src/config/scalars.ts'
import { formatTicks, ticks } from '../../src/domain/ticks.ts'

describe('durations', () => {
  test.each([
    ['0s', 0],
    ['10s', 10_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['30d', 2_592_000_000],
    ['250ms', 250],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  test.each(['', '10', '10 s', '-1s', '1.5h', '10S', '1h30m', 'PT1H', '9999999999s'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })

  test('the printed text means the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms)
      }),
    )
  })
})

describe('times', () => {
  const shown = (text: string): string | undefined => {
    const at = parseTime(text)
    return at === undefined ? undefined : formatTicks(at)
  }

  test.each([
    ['2015-01-01', '2015-01-01T00:00:00.0000000Z'],
    ['2015-01-01T06:00:00Z', '2015-01-01T06:00:00.0000000Z'],
    ['2015-01-01T06:00:00.1234567+01:00', '2015-01-01T05:00:00.1234567Z'],
    ['2015-01-01T00:00:00-09:30', '2015-01-01T09:30:00.0000000Z'],
  ])('%s', (text, expected) => {
    expect(shown(text)).toBe(expected)
  })

  test.each([
    '',
    'now',
    '2015',
    '2015-01-01T06:00:00',
    '2015-02-29',
    '2015-01-01T06:00:00.12345678Z',
    '2015-01-01T00:00:00+25:00',
  ])('%j is none', (text) => {
    expect(shown(text)).toBeUndefined()
  })

  test('what Banyan prints, Banyan reads', () => {
    const anyTicks = fc.bigInt({ min: -621_355_968_000_000_000n, max: 2_534_022_144_000_000_000n / 10n })
    fc.assert(
      fc.property(anyTicks, (at) => {
        expect(parseTime(formatTicks(ticks(at)))).toBe(at)
      }),
    )
  })
})

describe('quiet hours', () => {
  test('over midnight, and printed again', () => {
    expect(parseQuietHours('22:00-02:15')).toEqual({ fromMinute: 1320, untilMinute: 135 })
    expect(formatQuietHours({ fromMinute: 1320, untilMinute: 135 })).toBe('22:00-02:15')
  })

  test.each(['22:00', '22:00-22:00', '24:00-01:00', '7:00-8:00', '22:00 - 23:00'])('%j is none', (text) => {
    expect(parseQuietHours(text)).toBeUndefined()
  })

  test('ranges that leave no minute are noticed', () => {
    const day = ['00:00-12:00', '12:00-00:00'].map((text) => parseQuietHours(text)!)
    expect(coverWholeDay(day)).toBe(true)
    expect(coverWholeDay([parseQuietHours('00:00-23:59')!])).toBe(false)
    expect(coverWholeDay([])).toBe(false)
  })
})

describe('addresses to listen on', () => {
  test.each([
    ['127.0.0.1:8080', '127.0.0.1'],
    ['[::1]:8080', '::1'],
    ['localhost:8080', 'localhost'],
    ['bridge-1.example.org:8080', 'bridge-1.example.org'],
  ])('%s, and printed again', (text, host) => {
    const listen = parseListen(text)
    expect(listen).toEqual({ host, port: 8080 })
    expect(formatListen(listen!)).toBe(text)
  })

  test.each([
    '8080',
    ':8080',
    '::1:8080',
    '[127.0.0.1]:80',
    'a:0',
    'a:65536',
    'a:80 ',
    'http://a:80',
    'a/b:80',
    '-a:80',
  ])('%j is none', (text) => {
    expect(parseListen(text)).toBeUndefined()
  })
})
