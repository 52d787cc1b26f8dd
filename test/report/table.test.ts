import { describe, expect, test } from 'vitest'
import { renderParityTable } from '../../src/report/table.ts'
import { HOSTILE_NAMES, hostileName } from '../harness/hostile-names.ts'
import { reportFixture } from '../harness/report-fixture.ts'

describe('the summary', () => {
  const report = reportFixture({ seed: 3 })
  const lines = renderParityTable(report).split('\n')

  test('is eight lines', () => {
    expect(lines[8]).toBe('')
    expect(lines.slice(0, 8).map((line) => line.split(/[ :]/)[0])).toEqual([
      '✕',
      'Scope',
      'Proven',
      'As',
      'Worst',
      'Unknown',
      'Cost',
      'Next',
    ])
  })

  test('says verdict, time, first difference, what is unknown, cost and what next', () => {
    expect(lines[0]).toMatch(/^✕ NOT EQUAL: 89 windows differ .* in 32 tags of 40/)
    expect(lines[3]).toContain('compared 2026-02-28 22:00 UTC to 2026-03-02 06:00 UTC')
    expect(lines[4]).toContain(report.doubtful[0]!.name)
    expect(lines[5]).toContain('120 too recent')
    expect(lines[6]).toContain('12,345 requests')
    expect(lines[7]).toContain('Replay the 89 windows')
  })

  test('the verdicts and their sum', () => {
    const table = lines.slice(9, 18).join('\n')
    expect(table).toMatch(/Different +89/)
    expect(table).toMatch(/Expected +57,600 +100 %/)
  })
})

test('a report that contradicts itself says so first, and why', () => {
  const report = reportFixture({ mood: 'equal' })
  const text = renderParityTable({ ...report, totals: { ...report.totals, cells: report.totals.cells + 1 } })
  expect(text).toMatch(/^! NOT TO BE RELIED ON/)
  expect(text).toContain('! Windows by verdict: 57,600, but windows expected: 57,601.')
})

test('an equal report has no tables of differences', () => {
  const text = renderParityTable(reportFixture({ mood: 'equal' }))
  expect(text).not.toContain('PROBABLE CAUSE')
  expect(text).not.toContain('WORST TAGS')
})

test('worst tags: worst verdict first, more windows before fewer, bounded', () => {
  const text = renderParityTable(reportFixture({ seed: 3, tags: 200 }))
  const rows = text.slice(text.indexOf('WORST TAGS')).split('\n').slice(1)
  const different = rows.slice(0, 20).map((row) => Number(row.trim().split(/ {2,}/)[2]))
  expect(different).toEqual(different.toSorted((a, b) => b - a))
  expect(rows[20]).toMatch(/^and \d+ tags more$/)
})

test('no name moves the cursor or passes for a line', () => {
  const clean = renderParityTable(reportFixture({ tags: HOSTILE_NAMES.length, nameOf: (i) => `tag${i}` }))
  const text = renderParityTable(reportFixture({ tags: HOSTILE_NAMES.length, nameOf: hostileName }))
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u)
  expect(text.split('\n')).toHaveLength(clean.split('\n').length)
})

test('what was compared at one moment is said once', () => {
  const report = reportFixture({ mood: 'equal' })
  const at = '2026-03-02T06:00:00.0000000Z'
  expect(renderParityTable({ ...report, compared: { earliest: at, latest: at } })).toContain(
    'compared 2026-03-02 06:00 UTC, report of',
  )
})
