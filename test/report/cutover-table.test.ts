import { describe, expect, test } from 'vitest'
import { renderMovesCsv } from '../../src/report/cutover-csv.ts'
import { renderChecklist, renderCutoverTable } from '../../src/report/cutover-table.ts'
import { HOSTILE_NAMES } from '../harness/hostile-names.ts'
import { checklist, cutoverFixture, HASH, move, workloadReport } from './cutover-fixture.ts'

describe('the table', () => {
  const text = renderCutoverTable(cutoverFixture())

  test('begins with what needs somebody, the chain, and the next step', () => {
    const [first, , chain, next] = text.split('\n')
    expect(first).toMatch(/^! mill: quarantined\./)
    expect(chain).toBe(`Chain     9 events, ends with event 9, ${HASH}; the log lacks 2 events`)
    expect(next).toContain('banyan cutover lift-quarantine mill')
  })

  test('says of every workload where it stands and what holds it', () => {
    expect(text).toMatch(/boiler +B +canary 10 % .* log +live +8 +1/)
    expect(text).toMatch(/mill +B +shadowing .* quarantine \(mismatch\), freeze by ada/)
    expect(text).toMatch(/new +gone +registered +- +historian +backfilling/)
  })

  test('older events are counted', () => {
    const moves = Array.from({ length: 20 }, (_, i) => move(i + 1))
    const report = { ...cutoverFixture(), workloads: [workloadReport({ moves, movesLeftOut: 5 })] }
    expect(renderCutoverTable(report)).toContain('and 13 older events')
  })

  test('without a workload it is a few lines', () => {
    expect(renderCutoverTable({ ...cutoverFixture(), workloads: [] })).not.toContain('WORKLOAD')
  })
})

test('every gate with every reason, and what else is in the way', () => {
  const text = renderChecklist(checklist({ obstacles: [{ reason: 'it is frozen', hint: 'Thaw it.' }] }))
  expect(text).toMatch(/^The step to live is refused/)
  expect(text).toContain('! it is frozen. Thaw it.')
  expect(text).toMatch(/coverage +✓ Passes +all 12 cells/)
  expect(text).toMatch(/mismatches +✕ Refuses +3 cells differ\n +1 is doubted/)
  expect(text).toMatch(/lag +\? Not known/)
  expect(text).toContain(HASH)
})

test.each(HOSTILE_NAMES.map((text) => [text]))('%j moves no cursor and passes for no line', (text) => {
  const shown = renderCutoverTable(cutoverFixture({ text }))
  expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u)
  expect(shown.split('\n')).toHaveLength(renderCutoverTable(cutoverFixture({ text: 'x' })).split('\n').length)
})

describe('as CSV', () => {
  test('one row per event', () => {
    const rows = renderMovesCsv(cutoverFixture()).trimEnd().split('\r\n')
    expect(rows[0]).toBe('workload,seq,at,actor,action,from,to,percent,epoch,what,reason,manifestHash,hash')
    expect(rows[1]).toMatch(/^boiler,1,2026-03-02T06:00:00\.0000000Z,ada,advance,shadowing,canary,10,1,"moved it"/)
    expect(rows).toHaveLength(4)
  })

  test('no field is a formula', () => {
    const text = '=HYPERLINK("https://example.invalid")'
    expect(renderMovesCsv(cutoverFixture({ text }))).not.toMatch(/(^|,|")=/m)
  })
})
