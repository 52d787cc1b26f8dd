import { describe, expect, test } from 'vitest'
import { renderDifferencesCsv, renderTagsCsv } from '../../src/report/csv.ts'
import { HOSTILE_NAMES, hostileName } from '../harness/hostile-names.ts'
import { reportFixture } from '../harness/report-fixture.ts'

/** By the grammar of RFC 4180, and nothing more. */
function parse(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy)) {
    row.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}

describe('one row per tag', () => {
  const report = reportFixture({ seed: 7 })
  const [head, ...rows] = parse(renderTagsCsv(report))

  test('every tag, every count', () => {
    expect(rows).toHaveLength(report.tags.length)
    for (const [i, tag] of report.tags.entries()) {
      const field = (name: string): string | undefined => rows[i]?.[head!.indexOf(name)]
      expect(field('tag')).toBe(tag.id)
      expect(field('name')).toBe(tag.name)
      expect(field('worst')).toBe(tag.worst)
      expect(field('mismatch')).toBe(String(tag.verdicts.mismatch))
      expect(field('MISSING')).toBe(String(tag.classes.MISSING ?? 0))
      expect(field('cause')).toBe(tag.cause ?? '')
    }
  })

  test('lines end as RFC 4180 wants them', () => {
    expect(renderTagsCsv(report).split('\r\n')).toHaveLength(report.tags.length + 2)
  })
})

describe('hostile names', () => {
  const report = reportFixture({ tags: HOSTILE_NAMES.length, nameOf: hostileName })
  const text = renderTagsCsv(report)
  const names = parse(text)
    .slice(1)
    .map((row) => row[1])

  test('no field is a formula', () => {
    expect(names.filter((name) => /^\s*[=+\-@]/.test(name ?? ''))).toEqual([])
    expect(names).toContain('\'=HYPERLINK("https://example.invalid","x")')
    expect(names).toContain("'\\u0009@SUM(A1:A9)")
  })

  test('every row is one line without control characters or overrides', () => {
    expect(names).toHaveLength(HOSTILE_NAMES.length)
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u)
    expect(names).toContain('two\\u000alines\\u2028and\\u2029more')
  })
})

describe('one row per difference', () => {
  test('both sides of every difference shown, and how many are not', () => {
    const report = reportFixture({ seed: 3, doubtful: 5 })
    const [head, ...rows] = parse(renderDifferencesCsv(report))
    const at = (row: string[], name: string): string | undefined => row[head!.indexOf(name)]
    const shown = report.doubtful.flatMap(({ differences }) => differences)
    expect(rows.filter((row) => at(row, 'class') !== '')).toHaveLength(shown.length)
    const first = shown[0]!
    expect(at(rows[0]!, 'class')).toBe(first.class)
    expect(at(rows[0]!, 'historian.ts')).toBe(first.historian?.ts)
    expect(at(rows[0]!, 'log.ts')).toBe(first.log?.ts ?? '')
    const leftOut = rows.filter((row) => at(row, 'class') === '').map((row) => Number(at(row, 'leftOut')))
    expect(leftOut.reduce((a, b) => a + b, 0)).toBe(
      report.doubtful.reduce((sum, cell) => sum + cell.differencesLeftOut, 0),
    )
  })

  test('a cell that could not be compared has a row with its reason', () => {
    const report = reportFixture({ mood: 'unknown', tags: 60, doubtful: 1 })
    const [, row] = parse(renderDifferencesCsv(report))
    expect(row?.slice(4, 6)).toEqual(['inconclusive', 'unreadable'])
  })

  test('numbers stay numbers, negative zero stays negative, states are JSON, texts are no formulas', () => {
    const report = reportFixture({ seed: 3, doubtful: 1 })
    const cell = report.doubtful[0]!
    const difference = cell.differences[0]!
    const of = (value: unknown) => ({ ...difference.historian!, value })
    const values = [-5.25, -0, { code: 254, name: '=Shut"down' }, '-1', '12345678901234567890', null, true]
    const changed = {
      ...report,
      doubtful: [
        {
          ...cell,
          differencesLeftOut: 0,
          differences: values.map((value) => ({ ...difference, historian: of(value) })),
        },
      ],
    }
    const [head, ...rows] = parse(renderDifferencesCsv(changed))
    expect(rows.map((row) => row[head!.indexOf('historian.value')])).toEqual([
      '-5.25',
      '-0',
      '{"code":254,"name":"=Shut\\"down"}',
      "'-1",
      '12345678901234567890',
      'null',
      'true',
    ])
  })
})
