import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rankOf } from '../../../../src/report/heat-text.ts'
import { describePlace } from '../../../../src/report/html/page/heat-words.ts'
import { chooseRows, openRuns, rowsOf, worstIn } from '../../../../src/report/html/page/tag-view.ts'
import { reportFixture } from '../../../harness/report-fixture.ts'

const report = reportFixture({ seed: 3, tags: 120 })
const rows = rowsOf(report.tags, report.heat.columns)
const ranks = fc.uint8Array({ min: 0, max: 6, minLength: 1, maxLength: 200 })

describe('rolling columns up', () => {
  test('shows the worst, however many are merged', () => {
    fc.assert(
      fc.property(ranks, fc.nat(), fc.nat(), (row, a, b) => {
        const from = a % row.length
        const until = from + 1 + (b % (row.length - from))
        const { rank, share } = worstIn(row, from, until)
        const part = [...row.slice(from, until)]
        expect(rank).toBe(Math.max(...part))
        expect(share).toBe(part.filter((r) => r === rank).length)
      }),
    )
  })

  test('and says in how many', () => {
    const row = {
      tag: { ...report.tags[0]!, name: 'FIC1\u202e', cause: 'page-edge' },
      ranks: new Uint8Array([1, 6, 1, 6]),
    }
    const scale = { from: '2026-01-01T00:00:00.0000000Z', columnSeconds: 86_400, columns: 4 }
    expect(describePlace({ row, from: 0, until: 4 }, scale)).toBe(
      'FIC1\\u202e, 2026-01-01 00:00 UTC to 2026-01-05 00:00 UTC: Different, in 2 of 4 columns. Probable cause: page-edge.',
    )
    expect(describePlace({ row, from: 2, until: 3 }, scale)).toBe(
      'FIC1\\u202e, 2026-01-03 00:00 UTC to 2026-01-04 00:00 UTC: Identical.',
    )
  })
})

test('a row that cannot be read is not shown green', () => {
  const [row] = rowsOf([{ ...report.tags[0]!, heat: '3m' }], 60)
  expect([...(row?.ranks ?? [])]).toEqual(Array(60).fill(rankOf('inconclusive')))
})

test('stretches that are not green: all of them, worst first', () => {
  fc.assert(
    fc.property(ranks, (row) => {
      const runs = openRuns(row)
      const columns = runs.flatMap(({ rank, from, until }) => [...row.slice(from, until)].map((r) => [r, rank]))
      expect(columns.every(([is, said]) => is === said)).toBe(true)
      expect(columns).toHaveLength(row.filter((r) => r > rankOf('explained')).length)
      expect(runs.map(({ rank }) => rank)).toEqual(runs.map(({ rank }) => rank).toSorted((a, b) => b - a))
    }),
  )
})

describe('the choice of tags', () => {
  const all = { order: 'worst', shown: 'all', search: '' } as const

  test('every tag, worst first', () => {
    const shown = chooseRows(rows, all)
    expect(shown).toHaveLength(rows.length)
    const worst = shown.map(({ tag }) => rankOf(tag.worst))
    expect(worst).toEqual(worst.toSorted((a, b) => b - a))
  })

  test('by name', () => {
    const names = chooseRows(rows, { ...all, order: 'name' }).map(({ tag }) => tag.name)
    expect(names).toEqual(names.toSorted())
  })

  test('by cause, those without one last', () => {
    const causes = chooseRows(rows, { ...all, order: 'cause' }).map(({ tag }) => tag.cause ?? '~')
    expect(causes).toEqual(causes.toSorted())
  })

  test('only those that differ', () => {
    const shown = chooseRows(rows, { ...all, shown: 'different' })
    expect(shown).toHaveLength(report.totals.tagsByWorst.mismatch)
  })

  test('only those that are not green', () => {
    const { match, explained } = report.totals.tagsByWorst
    expect(chooseRows(rows, { ...all, shown: 'open' })).toHaveLength(rows.length - match - explained)
  })

  test('by part of name, id or cause, in any case', () => {
    expect(chooseRows(rows, { ...all, search: ' 10017 ' }).map(({ tag }) => tag.id)).toEqual(['pi-north/10017'])
    expect(chooseRows(rows, { ...all, search: 'PAGE-edge' }).every(({ tag }) => tag.cause === 'page-edge')).toBe(true)
    expect(chooseRows(rows, { ...all, search: 'no such' })).toEqual([])
  })
})
