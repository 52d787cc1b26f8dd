import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { renderParityPage } from '../../../src/report/html/parity-page.ts'
import type { ParityReport } from '../../../src/report/model.ts'
import { HOSTILE_NAMES, hostileName } from '../../harness/hostile-names.ts'
import { sampledFixture } from '../../harness/sampled-fixture.ts'
import { reportFixture } from '../../harness/report-fixture.ts'

const ASSETS = { script: 'void 0 // ü', style: 'p{color:red}' }

const render = (report: ParityReport): string => renderParityPage(report, ASSETS)

function managerOf(page: string): string {
  return page.slice(page.indexOf('<section id="summary"'), page.indexOf('<div id="engineer"')).replace(/\s+/g, ' ')
}

test('the policy allows the one script and the one style, by their hashes, and nothing else', () => {
  const page = render(reportFixture())
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  expect(/http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]).toBe(
    `default-src 'none'; script-src ${hash(ASSETS.script)}; style-src ${hash(ASSETS.style)}; img-src data:; base-uri 'none'; form-action 'none'`,
  )
  expect(page).toContain(`<script>${ASSETS.script}</script>`)
  expect(page).toContain(`<style>${ASSETS.style}</style>`)
  // Would be refused by the policy.
  expect(page).not.toMatch(/ style="| on[a-z]+="/)
})

test('carries the whole report', () => {
  const report = reportFixture({ seed: 5 })
  const json = /<script type="application\/json" id="report">(.*)<\/script>/.exec(render(report))?.[1]
  expect(JSON.parse(json ?? '')).toEqual(JSON.parse(JSON.stringify(report)))
})

describe('the manager’s page', () => {
  const report = reportFixture({ seed: 3 })
  const page = managerOf(render(report))

  test('answers the four questions', () => {
    for (const question of ['Are they equal?', 'How do we know?', 'As of when?', 'What is not known?']) {
      expect(page).toContain(`<h2>${question}</h2>`)
    }
    expect(page).toContain('Not equal')
    expect(page).toContain('89 windows differ')
    expect(page).toContain('2026-03-02 06:00 UTC')
    expect(page).toContain('120 windows: too recent')
    expect(page).toContain(report.limits[0])
    expect(page).toContain('12,345 requests')
  })

  test('every number leads to a section that is there', () => {
    const whole = render(report)
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
    expect(links.length).toBeGreaterThan(6)
    for (const id of links) expect(whole).toContain(`<section id="${id}"`)
  })

  test('has no hashes and no words of the trade', () => {
    expect(page).not.toMatch(/[0-9a-f]{16}|digest|multiset|SHA|epoch|rules-1/)
  })

  test('says at once when the report contradicts itself', () => {
    const wrong = { ...report, totals: { ...report.totals, cells: 1 } }
    expect(managerOf(render(wrong))).toMatch(
      /Not to be relied on.*Windows by verdict: 57,600, but windows expected: 1\./,
    )
  })

  test('a sample is not called a census', () => {
    const sampled = sampledFixture()
    expect(managerOf(render(sampled))).toContain('Sampled, nothing differs')
    expect(managerOf(render(sampled))).toContain('of a million windows differ, with 95 % certainty, as of')
    expect(managerOf(render(sampled))).toContain('drawn at random')
    expect(managerOf(render(sampled))).not.toContain('for every window')
  })

  test('long lists are cut and counted', () => {
    const limits = Array.from({ length: 9 }, (_, i) => `limit number ${i}`)
    const long = managerOf(render({ ...report, limits }))
    expect(long).toContain('limit number 2')
    expect(long).not.toContain('limit number 3')
    expect(long).toContain('and 6 limits more')
  })
})

describe('the engineer’s part', () => {
  const report = reportFixture({ seed: 3 })
  const page = render(report)

  test('prints the law of conservation', () => {
    const { verdicts, cells } = report.totals
    expect(page).toContain(
      `${verdicts.match.toLocaleString('en-US')} match + ${verdicts.explained} explained + ${verdicts.waived} waived + ` +
        `${verdicts.mismatch} mismatch + ${verdicts.inconclusive} inconclusive + ${verdicts.pending} pending = ${cells.toLocaleString('en-US')} expected`,
    )
  })

  test('names what each tier cannot see', () => {
    expect(page).toMatch(/swap two values<\/th>\s*<td>✕ blind to it<\/td>\s*<td>✓ sees it<\/td>/)
  })

  test('names the command that applies the plan', () => {
    expect(page).toContain('banyan repair --plan')
    const equal = render(reportFixture({ mood: 'equal' }))
    expect(equal).toContain('There is nothing to replay')
  })
})

test('hostile names, units, causes and scopes become no markup', () => {
  const plain = reportFixture({ seed: 3, tags: HOSTILE_NAMES.length, nameOf: hostileName, doubtful: 20 })
  const evil = HOSTILE_NAMES[0]
  const hostile: ParityReport = {
    ...plain,
    bridge: evil,
    scope: { ...plain.scope, workload: evil, tags: [...HOSTILE_NAMES], rules: evil },
    causes: plain.causes.map((cause) => ({ ...cause, cause: evil, text: evil })),
    explained: plain.explained.map((rule) => ({ ...rule, rule: evil, text: evil })),
    tiers: plain.tiers.map((tier) => ({ ...tier, tier: evil, text: evil, sees: [...HOSTILE_NAMES] })),
    limits: [...HOSTILE_NAMES],
    generatedAt: evil,
    version: evil,
  }
  const page = render(hostile)
  const elements = (text: string): string[] =>
    [...text.matchAll(/<(script|img|style|iframe|!--)/g)].map(([, name]) => name ?? '')
  expect(elements(page)).toEqual(['style', 'script', 'script'])
  expect(page).not.toMatch(/[\u202e\u001b\u2028\u2029]/)
})

test('samples beyond what a page may weigh are left out, counted, and the page stays below 15 MB', () => {
  const report = reportFixture({ seed: 3, tags: 1_000, columns: 400, doubtful: 1_000 })
  const page = render(report)
  expect(page.length).toBeLessThan(15_000_000)
  const json = /id="report">(.*)<\/script>/.exec(page)?.[1] ?? ''
  const shown = JSON.parse(json) as ParityReport
  expect(shown.doubtful.length).toBeLessThan(report.doubtful.length)
  expect(shown.doubtful.length + shown.doubtfulLeftOut).toBe(report.doubtful.length + report.doubtfulLeftOut)
  expect(shown.doubtful[0]?.name).toBe(report.doubtful[0]?.name)
})
