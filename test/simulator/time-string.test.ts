import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatTicks, parseTicks, type Ticks } from '../../src/domain/ticks.ts'
import { addTimeSpan, parseTimeSpan } from '../../src/simulator/time-span.ts'
import { resolveTime } from '../../src/simulator/time-string.ts'

/** A Wednesday. */
const now: bigint = parseTicks('2024-05-15T10:20:30.1234567Z')

function resolve(text: string | undefined, timeZone?: string): string | undefined {
  const at = resolveTime(text, { now, timeZone })
  return at === undefined ? undefined : formatTicks(at as Ticks)
}

describe('resolveTime', () => {
  test.each([
    [undefined, '2024-05-15T10:20:30.1234567Z'],
    ['', '2024-05-15T10:20:30.1234567Z'],
    ['*', '2024-05-15T10:20:30.1234567Z'],
    ['*-8h', '2024-05-15T02:20:30.1234567Z'],
    ['*-1.5h', '2024-05-15T08:50:30.1234567Z'],
    ['*+250ms', '2024-05-15T10:20:30.3734567Z'],
    ['-1d', '2024-05-14T10:20:30.1234567Z'],
    ['*-1d+2h-30m', '2024-05-14T11:50:30.1234567Z'],
    ['T', '2024-05-15T00:00:00.0000000Z'],
    ['today', '2024-05-15T00:00:00.0000000Z'],
    ['T-3d', '2024-05-12T00:00:00.0000000Z'],
    ['Y', '2024-05-14T00:00:00.0000000Z'],
    ['Y+03:45:30.25', '2024-05-14T03:45:30.2500000Z'],
    ['Monday+8h', '2024-05-13T08:00:00.0000000Z'],
    ['wed', '2024-05-15T00:00:00.0000000Z'],
    ['Thursday', '2024-05-09T00:00:00.0000000Z'],
    ['January', '2024-01-15T00:00:00.0000000Z'],
    ['01', '2024-05-01T00:00:00.0000000Z'],
    ['2015', '2015-05-15T00:00:00.0000000Z'],
    ['T-1mo', '2024-04-15T00:00:00.0000000Z'],
    ['2024-01-01', '2024-01-01T00:00:00.0000000Z'],
    ['2024-01-01T00:00:00.0000001Z', '2024-01-01T00:00:00.0000001Z'],
    ['2024-01-01T02:00:00+02:00', '2024-01-01T00:00:00.0000000Z'],
    ['2024-01-01 02:03', '2024-01-01T02:03:00.0000000Z'],
    ['2024-01-31T00:00:00Z+1mo', '2024-02-29T00:00:00.0000000Z'],
    ['01-Jan-24 00:00:00', '2024-01-01T00:00:00.0000000Z'],
    ['24-aug-2012 09:50:00.5', '2012-08-24T09:50:00.5000000Z'],
    ['1/31/2024 11:05:06 PM', '2024-01-31T23:05:06.0000000Z'],
    ['2024-01-01 10:11:12:345', '2024-01-01T10:11:12.3450000Z'],
    ["'2024-01-01 00:00'", '2024-01-01T00:00:00.0000000Z'],
    ['09:30', '2024-05-15T09:30:00.0000000Z'],
  ])('%j', (text, expected) => {
    expect(resolve(text)).toBe(expected)
  })

  test.each([
    'nonsense',
    '* 1d',
    'T 3h',
    '*-',
    '*-1',
    '*-1.5d',
    '*-1x',
    '32',
    '1969',
    '31-Feb-2024',
    '2024-02-30T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '13:00 PM',
    '0000-01-01',
    '*-9000y',
    '*-99999999999y',
    '2024-01-01T00:00:00Z junk',
    'T'.repeat(1000),
  ])('%j is malformed', (text) => {
    expect(resolve(text)).toBeUndefined()
  })

  test('a zone moves midnight, and a day across the change of the clock is not 24 hours', () => {
    expect(resolve('T', 'Europe/Berlin')).toBe('2024-05-14T22:00:00.0000000Z')
    expect(resolve('2024-03-31 00:00+1d', 'Europe/Berlin')).toBe('2024-03-31T22:00:00.0000000Z')
    expect(resolve('2024-03-31 00:00+24h', 'Europe/Berlin')).toBe('2024-03-31T23:00:00.0000000Z')
    expect(resolve('2024-01-01T00:00:00Z', 'Europe/Berlin')).toBe('2024-01-01T00:00:00.0000000Z')
    expect(resolve('T', 'W. Europe Standard Time')).toBe('2024-05-14T22:00:00.0000000Z')
    expect(resolve('*', 'Atlantis/Capital')).toBeUndefined()
  })

  test('a printed time resolves to itself, to the last tick', () => {
    const years = fc.bigInt({
      min: parseTicks('0001-01-01T00:00:00Z'),
      max: parseTicks('9999-12-31T23:59:59.9999999Z'),
    })
    fc.assert(
      fc.property(years, (at) => {
        expect(resolveTime(formatTicks(at as Ticks), { now })).toBe(at)
      }),
    )
  })

  test('never throws', () => {
    const word = fc.constantFrom('*', 'T', '-', '+', '1', 'd', 'mo', '2024', ':', '/', '.', 'Z', 'Jan', ' ')
    fc.assert(fc.property(fc.array(word, { maxLength: 12 }), (words) => void resolveTime(words.join(''), { now })))
    fc.assert(fc.property(fc.string(), (text) => void resolveTime(text, { now })))
  })
})

describe('time spans', () => {
  test.each([
    ['1h', 36_000_000_000n],
    ['90s', 900_000_000n],
    ['1.5 minutes', 900_000_000n],
    ['250ms', 2_500_000n],
    ['00:10:00', 6_000_000_000n],
    ['1d', 864_000_000_000n],
    ['2w', 14n * 864_000_000_000n],
    ['-1h', -36_000_000_000n],
  ])('%s', (text, expected) => {
    const span = parseTimeSpan(text)
    expect(span).toBeDefined()
    expect(addTimeSpan(now, span!) - now).toBe(expected)
  })

  test.each(['', '1', 'h', '1.5d', '1 fortnight', '1h 1h', '99999999d', '12000000mo'])('%j is malformed', (text) => {
    expect(parseTimeSpan(text)).toBeUndefined()
  })

  test('months are counted from the start, not one after the other', () => {
    const start = parseTicks('2024-01-31T00:00:00Z')
    const month = parseTimeSpan('1mo')!
    expect(formatTicks(addTimeSpan(start, month, 'UTC', 2) as Ticks)).toBe('2024-03-31T00:00:00.0000000Z')
  })
})
