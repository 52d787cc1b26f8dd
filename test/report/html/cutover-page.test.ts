import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { renderCutoverPage } from '../../../src/report/html/cutover-page.ts'
import type { CutoverReport } from '../../../src/report/cutover-model.ts'
import { HOSTILE_NAMES } from '../../harness/hostile-names.ts'
import { checklist, cutoverFixture, HASH, workloadReport } from '../cutover-fixture.ts'

const STYLE = 'p{color:red}'
const render = (report: CutoverReport): string => renderCutoverPage(report, STYLE).replace(/\s+/g, ' ')
const page = render(cutoverFixture())

test('runs no script, and is allowed nothing but its one style', () => {
  const hash = createHash('sha256').update(STYLE).digest('base64')
  expect(/Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`,
  )
  // Would be refused by the policy.
  expect(page).not.toMatch(/<script| style="| on[a-z]+="/)
})

test('asks nothing of any network', () => {
  expect(page.replace('href="data:,"', '')).not.toMatch(/(src|href)="(?!#)/)
})

test('begins with what needs somebody', () => {
  expect(page).toContain('<title>mill: quarantined: cutover of here</title>')
  expect(page).toMatch(/class="banner quarantined".*mill: quarantined.*lift-quarantine mill/)
})

test('every link leads to a section that is there', () => {
  const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
  expect(links.length).toBeGreaterThan(6)
  for (const id of links) expect(page).toContain(`id="${id}"`)
})

describe('a workload', () => {
  test('has its phases in order, and one that it stands in', () => {
    const [ribbon = ''] = /<ol class="ribbon".*?<\/ol>/.exec(page) ?? []
    const stops = [...ribbon.matchAll(/<li class="(\w+)"/g)].map(([, standing]) => standing)
    expect(stops).toEqual([...Array<string>(5).fill('passed'), 'here', 'ahead', 'ahead', 'ahead'])
    expect(ribbon.match(/aria-current="step"/g)).toHaveLength(1)
    expect(ribbon).toMatch(/Canary 10 %/)
  })

  test('says of each gate what it asked and why it does not pass, with a sign beside the colour', () => {
    const report = { ...cutoverFixture(), workloads: [workloadReport()] }
    expect(render(report)).toMatch(
      /mismatches<\/th>\s*<td>Is none open\?<\/td>\s*<td><span class="sign fail" aria-hidden="true">✕<\/span> Refuses<\/td>.*3 cells differ.*1 is doubted/,
    )
  })

  test('tells who decided what, why, and on which evidence, newest first', () => {
    const report = { ...cutoverFixture(), workloads: [workloadReport({ movesLeftOut: 7 })] }
    const text = render(report)
    expect(text.indexOf('approved the step to live')).toBeLessThan(text.indexOf('moved it to canary 10 %'))
    expect(text).toContain('as planned')
    expect(text).toContain(`<code>${HASH}</code>`)
    expect(text).toContain('and 7 older events')
    expect(text).toMatch(/meter exchanged.*✓ in force/)
  })

  test('whose gates were not asked is not said to pass any', () => {
    const text = render({ ...cutoverFixture(), workloads: [workloadReport({ checklist: undefined })] })
    expect(text).toContain('The gates were not asked.')
    expect(text).not.toContain('Passes')
  })

  test('answers of the last step are not told as answers for the next', () => {
    const last = checklist({ about: 'last', outcome: 'pass' })
    const text = render({ ...cutoverFixture(), workloads: [workloadReport({ checklist: last })] })
    expect(text).toContain('was taken at 2026-03-02 06:00 UTC, on these answers')
    expect(text).not.toContain('May go on')
  })
})

test.each(HOSTILE_NAMES.map((text) => [text]))('%j becomes no markup', (text) => {
  const elements = (of: string): string[] => [...of.matchAll(/<([a-z!-]+)/g)].map(([, name]) => name ?? '')
  const hostile = renderCutoverPage(cutoverFixture({ text }), STYLE)
  expect(elements(hostile)).toEqual(elements(renderCutoverPage(cutoverFixture({ text: 'x' }), STYLE)))
  expect(hostile).not.toMatch(/[\u202e\u001b\u2028\u2029]/)
})
