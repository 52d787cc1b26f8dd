/**
 * The Chromium of the UI tests: `BANYAN_CHROMIUM`, or one of the usual names on PATH. None: the tests say so and are
 * skipped; with CI=true that is a failure.
 */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function findChromium(): string | undefined {
  const named = process.env['BANYAN_CHROMIUM']
  if (named !== undefined && named !== '') return named
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable)
}

/** For `describe.skipIf`: true when there is none. Throws with CI=true, so that CI cannot pass without looking. */
export function lacksChromium(): boolean {
  if (findChromium() !== undefined) return false
  const problem = 'no Chromium: set BANYAN_CHROMIUM, or `apt-get install chromium`'
  if (process.env['CI'] === 'true') throw new Error(problem)
  process.stderr.write(`UI tests skipped: ${problem}\n`)
  return true
}

/** Whoever calls closes it. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('no Chromium')
  // In a container Chromium has no sandbox to nest in; it sees nothing but pages of ours.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] })
}
