/** Report pages in a real browser, opened from disk as a user would, and what went wrong while they ran. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { renderParityPage } from '../../src/report/html/parity-page.ts'
import type { ParityReport } from '../../src/report/model.ts'

export interface OpenedPage {
  readonly page: Page
  /** Errors and warnings of the console, uncaught errors, and addresses asked for besides the file itself. */
  readonly problems: readonly string[]
}

/** Pages open until `close`. */
export class ReportPages {
  readonly #browser: Browser
  readonly #folder = mkdtempSync(join(tmpdir(), 'banyan-ui-'))
  #count = 0

  constructor(browser: Browser) {
    this.#browser = browser
  }

  async open(report: ParityReport, options: BrowserContextOptions = {}): Promise<OpenedPage> {
    this.#count += 1
    const file = join(this.#folder, `${this.#count}.html`)
    writeFileSync(file, renderParityPage(report))
    const address = pathToFileURL(file).href
    const context = await this.#browser.newContext({
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
      ...options,
    })
    const page = await context.newPage()
    const problems: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
    })
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('request', (request) => {
      if (request.url() !== address && request.url() !== 'data:,') problems.push(request.url())
    })
    await page.goto(address)
    return { page, problems }
  }

  async close(): Promise<void> {
    await this.#browser.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
