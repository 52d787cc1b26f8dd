import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DIFFERENCE_CLASSES, INCONCLUSIVE_REASONS, PENDING_REASONS } from '../../src/domain/verdict.ts'
import type { ParityReport } from '../../src/report/model.ts'
import { lacksChromium, launchChromium } from '../harness/chromium.ts'
import { HOSTILE_NAMES, hostileName } from '../harness/hostile-names.ts'
import { reportFixture, type FixtureMood } from '../harness/report-fixture.ts'
import { ReportPages } from './open-page.ts'

const MOODS: FixtureMood[] = ['equal', 'explained', 'waived', 'unknown', 'different']

/** Everything there can be to say, at length, as of a large site. */
function crowdedReport(): ParityReport {
  const report = reportFixture({ seed: 3, tags: 212, columns: 400, doubtful: 3 })
  const spread = <R extends string>(reasons: readonly R[], total: number): Record<R, number> =>
    Object.fromEntries(reasons.map((reason, i) => [reason, i === 0 ? total - reasons.length + 1 : 1])) as Record<
      R,
      number
    >
  const sentence =
    'A sample that arrives later than thirty days after its time is found by the monthly comparison only.'
  return {
    ...report,
    scope: { ...report.scope, workload: undefined, tags: Array.from({ length: 40 }, (_, i) => `UNIT${i}-FIC*`) },
    classes: Object.fromEntries(DIFFERENCE_CLASSES.map((name) => [name, 1_234_567])),
    explained: ['compression', 'rename', 'other'].map((rule) => ({ ...report.explained[0]!, rule })),
    inconclusive: spread(INCONCLUSIVE_REASONS, report.totals.verdicts.inconclusive),
    pending: spread(PENDING_REASONS, report.totals.verdicts.pending),
    limits: Array.from({ length: 12 }, () => sentence),
  }
}

describe.skipIf(lacksChromium())('the report page', () => {
  let pages: ReportPages
  beforeAll(async () => {
    pages = new ReportPages(await launchChromium())
  })
  afterAll(() => pages.close())

  test.each(['light', 'dark'] as const)(
    'runs without a complaint and asks nothing of any network (%s)',
    async (scheme) => {
      const { page, problems } = await pages.open(reportFixture(), { colorScheme: scheme })
      await page.getByRole('application').focus()
      await page.locator('.choice').last().click()
      await page.getByRole('heading', { name: 'Rules' }).scrollIntoViewIfNeeded()
      expect(problems).toEqual([])
    },
  )

  describe('the manager’s page', () => {
    const reports: [string, ParityReport][] = [
      ...MOODS.map((mood): [string, ParityReport] => [mood, reportFixture({ mood, tags: 60 })]),
      ['crowded', crowdedReport()],
    ]

    test.each(reports)('%s: all of it on one screen of 1280 × 800', async (_name, report) => {
      const { page } = await pages.open(report)
      const sheet = await page.locator('#summary').boundingBox()
      expect(sheet!.y + sheet!.height).toBeLessThanOrEqual(800)
    })

    test.each(reports)('%s: prints on one sheet of A4', async (_name, report) => {
      const { page } = await pages.open(report)
      const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1')
      expect(pdf.match(/\/Type \/Page\b/g)).toHaveLength(1)
      expect(pdf).toMatch(/\/MediaBox \[0 0 59[45]\S* 84[12]\S*\]/)
    })

    test('reads without JavaScript', async () => {
      const { page } = await pages.open(reportFixture({ seed: 3 }), { javaScriptEnabled: false })
      await expect(page.getByRole('heading', { level: 1 }).innerText()).resolves.toContain('Not equal')
      await expect(page.getByText('89 windows differ').count()).resolves.toBe(1)
    })

    test('no figure is said by colour alone', async () => {
      const { page } = await pages.open(reportFixture({ seed: 3 }))
      const rows = await page.locator('#summary tbody th').allInnerTexts()
      expect(rows.map((row) => row.trim())).toEqual([
        '■ Identical',
        '◪ Explained',
        '○ Waived',
        '· Not compared yet',
        '? Not comparable',
        '✕ Different',
      ])
    })
  })

  describe('for the keyboard and the screen reader', () => {
    test('whatever can be used has a name, and no heading level is skipped', async () => {
      const { page } = await pages.open(reportFixture())
      for (const role of [
        'link',
        'button',
        'searchbox',
        'combobox',
        'application',
        'region',
        'navigation',
        'img',
      ] as const) {
        const all = await page.getByRole(role).count()
        expect(all, role).toBeGreaterThan(0)
        await expect(page.getByRole(role, { name: /\S/ }).count(), role).resolves.toBe(all)
      }
      const levels = await page.evaluate<number[]>(
        '[...document.querySelectorAll("h1, h2, h3, h4")].map((heading) => Number(heading.tagName[1]))',
      )
      expect(levels[0]).toBe(1)
      expect(levels.filter((level) => level === 1)).toHaveLength(1)
      expect(levels.every((level, i) => i === 0 || level <= levels[i - 1]! + 1)).toBe(true)
      await expect(page.locator('table:not(.u-legend):not(:has(caption))').count()).resolves.toBe(0)
      await expect(page.getByRole('main').count()).resolves.toBe(1)
    })

    test('the skip link is first, and leads past the manager’s page', async () => {
      const { page } = await pages.open(reportFixture())
      await page.keyboard.press('Tab')
      await expect(page.locator(':focus').innerText()).resolves.toContain('Skip')
      await page.keyboard.press('Enter')
      await page.keyboard.press('Tab')
      await expect(page.locator(':focus').innerText()).resolves.toBe('Verdicts')
    })

    test('Tab reaches every control, in the order of the page', async () => {
      const { page } = await pages.open(reportFixture({ doubtful: 3 }))
      const places: number[] = []
      for (;;) {
        await page.keyboard.press('Tab')
        const place = await page.evaluate<number>(
          'document.activeElement === document.body ? -1 : [...document.querySelectorAll("*")].indexOf(document.activeElement)',
        )
        if (place < 0 || places.includes(place)) break
        places.push(place)
      }
      const usable = await page.locator('a, button:enabled, input, select, [tabindex="0"]').count()
      expect(places).toHaveLength(usable)
      expect(places).toEqual(places.toSorted((a, b) => a - b))
    })
  })

  test('hostile names are text, whole and inert', async () => {
    const report = reportFixture({ tags: HOSTILE_NAMES.length, nameOf: hostileName, doubtful: 30 })
    const { page, problems } = await pages.open(report)
    for (const choice of await page.locator('.choice').all()) await choice.click()
    await page.getByRole('application').focus()
    for (let i = 0; i < HOSTILE_NAMES.length; i++) await page.keyboard.press('ArrowDown')
    expect(problems).toEqual([])
    await expect(page.evaluate('globalThis.hacked')).resolves.toBeUndefined()
    await expect(page.locator('img, iframe, form').count()).resolves.toBe(0)
    const names = await page.locator('#tag-table tbody tr > th').allInnerTexts()
    expect(names).toContain(HOSTILE_NAMES[0])
    expect(names).toContain('\\u202eVP.101CIF\\u202c')
    expect(names).toContain('N'.repeat(400))
  })

  test('the repair plan is saved as `banyan repair` takes it', async () => {
    const report = reportFixture({ seed: 3 })
    const { page, problems } = await pages.open(report)
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: /^Save banyan-repair-plan\.json/ }).click()
    const saved = await download
    expect(saved.suggestedFilename()).toBe('banyan-repair-plan.json')
    expect(JSON.parse(readFileSync(await saved.path(), 'utf8'))).toEqual(report.repairPlan)
    expect(problems.filter((problem) => !problem.startsWith('blob:'))).toEqual([])
  })

  test('narrow screens scroll down, not across', async () => {
    const { page } = await pages.open(crowdedReport(), { viewport: { width: 360, height: 740 } })
    await expect(page.evaluate('document.documentElement.scrollWidth')).resolves.toBe(360)
  })

  test('1,000 tags × 400 columns', async () => {
    const report = reportFixture({ seed: 3, tags: 1_000, columns: 400, doubtful: 200 })
    const { page, problems } = await pages.open(report)
    await page.getByRole('application').focus()
    await page.keyboard.press('Control+End')
    await expect(page.locator('.readout').innerText()).resolves.toContain('Not compared yet')
    const openMs = await page.evaluate<number>('performance.getEntriesByType("navigation")[0].loadEventEnd')
    process.stderr.write(`report page of 1,000 tags x 400 columns: loaded in ${Math.round(openMs)} ms\n`)
    expect(problems).toEqual([])
  })
})
