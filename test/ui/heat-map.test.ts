import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { formatTime } from '../../src/report/phrases.ts'
import { worstTags } from '../../src/report/worst-tags.ts'
import { lacksChromium, launchChromium } from '../harness/chromium.ts'
import { reportFixture } from '../harness/report-fixture.ts'
import { ReportPages } from './open-page.ts'

const REPORT = reportFixture({ seed: 4, tags: 120, columns: 400, doubtful: 40 })
const WORST = worstTags(REPORT.tags)

describe.skipIf(lacksChromium())('the heat map', () => {
  let pages: ReportPages
  let page: Page
  beforeAll(async () => {
    pages = new ReportPages(await launchChromium())
  })
  afterAll(() => pages.close())
  beforeEach(async () => {
    page = (await pages.open(REPORT)).page
    await page.getByRole('application').focus()
  })

  const readout = (): Promise<string> => page.locator('.readout').innerText()
  const shownTags = (): Promise<string[]> => page.locator('#tag-table tbody tr > th').allInnerTexts()

  test('one stop of the Tab key; the arrows walk, and what they reach is spoken', async () => {
    await expect(page.locator('.readout').getAttribute('aria-live')).resolves.toBe('polite')
    expect(await readout()).toContain(WORST[0]!.name)
    const first = await readout()
    await page.keyboard.press('ArrowRight')
    expect(await readout()).not.toBe(first)
    await page.keyboard.press('ArrowLeft')
    expect(await readout()).toBe(first)
    await page.keyboard.press('ArrowDown')
    expect(await readout()).toContain(WORST[1]!.name)
    await page.keyboard.press('End')
    expect(await readout()).toContain(`to ${formatTime(REPORT.scope.until)}: `)
    await page.keyboard.press('Control+Home')
    expect(await readout()).toBe(first)
    await page.keyboard.press('ArrowUp')
    expect(await readout()).toBe(first)
  })

  test('the focused row is scrolled into view', async () => {
    await page.keyboard.press('Control+End')
    const below = await page.evaluate<number>(
      '(({ scrollTop, clientHeight, scrollHeight }) => scrollHeight - scrollTop - clientHeight)(document.activeElement)',
    )
    expect(Math.abs(below)).toBeLessThanOrEqual(1)
  })

  test('N goes from difference to difference, Enter shows the samples of both sides', async () => {
    await page.getByLabel('Find').fill(REPORT.doubtful[0]!.tag)
    await page.getByRole('application').focus()
    await page.keyboard.press('n')
    expect(await readout()).toContain('Different')
    const { name } = REPORT.doubtful[0]!
    for (let i = 0; i < 400; i++) {
      await page.keyboard.press('Enter')
      if (!(await readout()).includes('holds no samples')) break
      await page.keyboard.press('n')
    }
    await expect(page.locator('.detail h3:focus').innerText()).resolves.toContain(name)
    await expect(page.locator('.trend canvas').count()).resolves.toBe(2)
    await expect(page.getByRole('region', { name: 'Samples of both sides' }).count()).resolves.toBe(1)
  })

  test('merged columns show the worst, in colour, glyph and words; zooming in takes them apart', async () => {
    const zoom = page.getByRole('group', { name: 'Zoom' }).locator('output')
    await expect(zoom.innerText()).resolves.toMatch(/^\d+ columns per cell, the worst shown$/)
    // A tag with a single difference: in the merged map it must still be red.
    const lone = WORST.find(({ verdicts }) => verdicts.mismatch === 1)!
    await page.getByLabel('Find').fill(lone.id)
    await page.getByRole('application').focus()
    await page.keyboard.press('n')
    expect(await readout()).toMatch(new RegExp(`^${lone.name}, .*: Different, in 1 of \\d+ columns`))
    expect(await redPixels(page)).toBeGreaterThan(20)
    for (let i = 0; i < 5; i++) await page.keyboard.press('+')
    await expect(zoom.innerText()).resolves.toBe('1 column per cell')
    await expect(page.getByRole('button', { name: 'Zoom in' }).isDisabled()).resolves.toBe(true)
    await page.keyboard.press('n')
    expect(await readout()).toMatch(/: Different\./)
    await page.getByRole('button', { name: 'Show all' }).click()
    await expect(zoom.innerText()).resolves.toContain('the worst shown')
  })

  test('search, order and choice rule map and table alike', async () => {
    expect((await shownTags()).slice(0, 3)).toEqual(WORST.slice(0, 3).map(({ name }) => name))
    await page.getByRole('combobox', { name: /^Order/ }).selectOption('name')
    const byName = REPORT.tags.map(({ name }) => name).toSorted()
    expect(await shownTags()).toEqual(byName.slice(0, 50))
    await page.getByRole('button', { name: 'Next tags' }).click()
    expect(await shownTags()).toEqual(byName.slice(50, 100))
    await page.getByRole('combobox', { name: /^Order/ }).selectOption('worst')
    await page.getByRole('combobox', { name: /^Show/ }).selectOption('different')
    const { mismatch } = REPORT.totals.tagsByWorst
    await expect(page.locator('#heat-map output').first().innerText()).resolves.toBe(`${mismatch} of 120 tags`)
    await page.getByLabel('Find').fill('no such tag')
    expect(await shownTags()).toEqual([])
    await page.getByRole('application').focus()
    expect(await readout()).toBe('No tag is shown.')
  })

  test('a click chooses the cell below the pointer', async () => {
    const box = (await page.locator('.heat-frame').boundingBox())!
    await page.mouse.click(box.x + 190 + 5, box.y + 26 + 18 * 2 + 9)
    expect(await readout()).toContain(WORST[2]!.name)
  })
})

/** Pixels of the colour of a difference in the map, right of the names. */
async function redPixels(page: Page): Promise<number> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
  return page.evaluate<number>(`(() => {
    const canvas = document.querySelector('.heat-space canvas')
    const colour = getComputedStyle(document.documentElement).getPropertyValue('--mismatch').trim()
    const wanted = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16))
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    let count = 0
    for (let i = 0; i < data.length; i += 4) if (wanted.every((part, j) => data[i + j] === part)) count += 1
    return count
  })()`)
}
