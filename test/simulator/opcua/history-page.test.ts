/** The pure page against the table of OPC UA Part 11 §4.6, and every dialect against the whole. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DIALECT_NAMES, DIALECTS, type Dialect } from '../../../src/simulator/opcua/dialect.ts'
import {
  completeRead,
  rawPage,
  UNSPECIFIED_TIME,
  type Cursor,
  type RawRead,
} from '../../../src/simulator/opcua/history-page.ts'
import { RowSeries } from '../../../src/simulator/opcua/row.ts'
import { UA_STATUS } from '../../../src/simulator/opcua/status.ts'

const MINUTE = 600_000_000n
const series = seriesAt(0, 2, 3, 5, 6)

/** A read of `from` to `until` in minutes past five; undefined is "not specified". */
function read(from: number | undefined, until: number | undefined, count = 0, returnBounds = false): RawRead {
  const at = (minute: number | undefined): bigint => (minute === undefined ? UNSPECIFIED_TIME : BigInt(minute) * MINUTE)
  return { start: at(from), end: at(until), count, returnBounds }
}

function seriesAt(...minutes: number[]): RowSeries {
  return new RowSeries(
    minutes.map((minute, value) => ({ ticks: BigInt(minute) * MINUTE, status: 0, value: { type: 'Int32', value } })),
  )
}

/** Minutes of the answer's rows; `FIRST`/`LAST` for a bound that is missing; `+` when it goes on. */
function answer(question: RawRead, dialect: Dialect = DIALECTS.strict, rows: RowSeries = series): string {
  const page = rawPage(rows, dialect, question)
  if (typeof page === 'number') return `0x${page.toString(16)}`
  const texts = page.rows.map((row) => {
    if (row.kind === 'missing-bound') return row.ticks === question.start ? 'FIRST' : 'LAST'
    return `0${String(rows.ticksAt(row.index) / MINUTE)}`
  })
  return [...texts, ...(page.next === undefined ? [] : ['+'])].join(' ')
}

describe('the table of Part 11', () => {
  test.each([
    [read(0, 5), '00 02 03'],
    [read(0, 5, 0, true), '00 02 03 05'],
    [read(1, 4), '02 03'],
    [read(1, 4, 0, true), '00 02 03 05'],
    [read(5, 0), '05 03 02'],
    [read(5, 0, 0, true), '05 03 02 00'],
    [read(4, 1, 0, true), '05 03 02 00'],
    [read(-1, 5, 0, true), 'FIRST 00 02 03 05'],
    [read(1, 7, 0, true), '00 02 03 05 06 LAST'],
    [read(0, 5, 3, true), '00 02 03 +'],
    [read(0, 5, 3), '00 02 03'],
    [read(1, undefined, 3), '02 03 05'],
    [read(undefined, 6, 3), '06 05 03'],
    [read(2, 2), '02'],
    [read(4, 4), ''],
    [read(7, 9), ''],
  ])('%o', (question, expected) => {
    expect(answer(question)).toBe(expected)
  })
})

describe('where servers differ', () => {
  test('the end is included or not', () => {
    expect(answer(read(0, 5), DIALECTS['node-opcua'])).toBe('00 02 03 05')
    expect(answer(read(5, 0), DIALECTS.asyncua)).toBe('05 03 02 00')
    expect(answer(read(0, 5), DIALECTS.open62541)).toBe('00 02 03')
  })

  test('bounds are compared as coarsely as the server keeps time', () => {
    const neighbours = new RowSeries([0n, 9n, 10n, 11n].map((ticks) => ({ ticks, status: 0, value: undefined })))
    const count = (dialect: Dialect): number => {
      const page = rawPage(neighbours, dialect, { start: 9n, end: 10n, count: 0, returnBounds: false })
      return typeof page === 'number' ? page : page.rows.length
    }
    expect(count(DIALECTS.strict)).toBe(1)
    expect(count(DIALECTS.asyncua)).toBe(4)
    expect(count(DIALECTS['node-opcua'])).toBe(4)
  })

  test('bounds are honoured, ignored or refused', () => {
    expect(answer(read(1, 4, 0, true), DIALECTS.asyncua)).toBe('02 03')
    expect(answer(read(1, 4, 0, true), DIALECTS.capped)).toBe(`0x${UA_STATUS.badBoundNotSupported.toString(16)}`)
  })

  test('rows at one time: the newest, all, all in another order', () => {
    const tied = seriesAt(1, 2, 2, 2, 2, 2, 3)
    const values = (dialect: Dialect): unknown[] => {
      const page = rawPage(tied, dialect, read(0, 9))
      if (typeof page === 'number') throw new Error('refused')
      return page.rows.map((row) => (row.kind === 'row' ? tied.rowAt(row.index).value?.value : undefined))
    }
    expect(values(DIALECTS.strict)).toEqual([0, 5, 6])
    expect(values(DIALECTS['node-opcua'])).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(values(DIALECTS.open62541)).toEqual([0, 5, 3, 4, 2, 1, 6])
  })

  test('a time that is not specified', () => {
    const invalid = `0x${UA_STATUS.badHistoryOperationInvalid.toString(16)}`
    expect(answer(read(1, undefined))).toBe(invalid)
    expect(answer(read(1, undefined), DIALECTS['node-opcua'])).toBe('02 03 05 06')
    expect(answer(read(undefined, 2, 2), DIALECTS.asyncua)).toBe('06 05')
    expect(answer(read(3, undefined, 2), DIALECTS.open62541)).toBe('03 02 +')
  })

  test('a full page that is not the last says so or does not', () => {
    expect(answer(read(0, 9, 2))).toBe('00 02 +')
    expect(answer(read(0, 9, 2), DIALECTS.asyncua)).toBe('00 02')
    expect(answer(read(0, 9, 4), { ...DIALECTS.capped, pageCap: 2 })).toBe('00 02 +')
    expect(answer(read(0, 9, 4), { ...DIALECTS.silent, pageCap: 2 })).toBe('00 02')
    expect(answer(read(0, 9), { ...DIALECTS.asyncua, pageCap: 2 })).toBe('00 02 +')
  })
})

const gaps = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 60 })

/** Follows the cursors to the end. */
function chained(rows: RowSeries, dialect: Dialect, question: RawRead): number[] {
  const indexes: number[] = []
  let cursor: Cursor | undefined
  for (let pages = 0; pages < 1000; pages++) {
    const page = rawPage(rows, dialect, question, cursor)
    if (typeof page === 'number') throw new Error('refused')
    indexes.push(...page.rows.map((row) => (row.kind === 'row' ? row.index : -1)))
    if (page.next === undefined) return indexes
    cursor = page.next
  }
  throw new Error('no end')
}

/** Dialects whose continuation points lead through everything, whatever is asked for. */
const CHAINING = DIALECT_NAMES.filter((name) => name !== 'asyncua' && name !== 'silent')

test.each(CHAINING)('%s: pages put together are the whole, in both directions', (name) => {
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 8 }), fc.boolean(), (steps, count, reverse) => {
      let minute = 0
      const rows = seriesAt(...steps.map((step) => (minute += step)))
      const dialect = { ...DIALECTS[name], pageCap: DIALECTS[name].pageCap === 0 ? 0 : 5 }
      const question = reverse ? read(500, -1) : read(-1, 500)
      const whole = chained(rows, { ...dialect, pageCap: 0, emptyPageEvery: 0 }, question)
      expect(chained(rows, dialect, { ...question, count })).toEqual(whole)
      expect(whole).toHaveLength(completeRead(rows, dialect).length)
      expect(new Set(whole).size).toBe(whole.length)
    }),
  )
})

test('from one time on, a count asks for that many in all, in as many pages as the cap takes', () => {
  const rows = seriesAt(...Array.from({ length: 30 }, (_, i) => i))
  const dialect = { ...DIALECTS.capped, pageCap: 4 }
  expect(chained(rows, dialect, read(3, undefined, 10))).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  expect(chained(rows, dialect, read(undefined, 3, 2))).toEqual([3, 2])
})

test('a row that comes or goes behind the cursor neither repeats nor hides others', () => {
  const before = seriesAt(1, 2, 3, 3, 4)
  const page = rawPage(before, DIALECTS['node-opcua'], read(0, 9, 3))
  if (typeof page === 'number' || page.next === undefined) throw new Error('one page only')
  const after = seriesAt(0, 1, 2, 2, 3, 3, 4)
  const rest = rawPage(after, DIALECTS['node-opcua'], read(0, 9, 3), page.next)
  expect(typeof rest === 'number' ? rest : rest.rows.map((row) => (row.kind === 'row' ? row.index : -1))).toEqual([
    5, 6,
  ])
})
