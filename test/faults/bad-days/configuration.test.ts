/** A configuration that cannot be right: every mistake at once, each with its place; nothing is opened or written. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSite } from './site.ts'

const LIMIT_MS = 60_000

describe.concurrent('a malformed configuration', { timeout: LIMIT_MS }, () => {
  it('names every mistake with line and next step, exits 2 and touches nothing', async (context) => {
    const site = await openSite(context)
    const text = readFileSync(site.bench.configFile, 'utf8')
    site.edit('pageSize: 1000', 'pagesize: 1000')
    site.edit('concurrency: 4', 'concurrency: many')
    site.edit('1970-01-01', '1970-13-01')
    const outcome = await site.run('backfill', '--quiet')
    expect(outcome).toMatchObject({ code: 2, stdout: '' })
    for (const told of [
      /banyan\.yaml:9:\d+ .*pagesize.*\n?.*did you mean "pageSize"/,
      /:10:\d+ .*concurrency must be a number, not "many"/,
      /:12:\d+ .*from.*1970-13-01/,
    ]) {
      expect(outcome.stderr).toMatch(told)
    }
    expect(existsSync(join(site.bench.folder, 'banyan.db'))).toBe(false)
    expect(site.simulator.counters().requests).toBe(0)
    writeFileSync(site.bench.configFile, text)
    await site.completes()
  })

  it.for<readonly [string, (file: string) => void, RegExp]>([
    ['is missing', rmSync, /banyan\.yaml/],
    [
      'is empty',
      (file) => {
        writeFileSync(file, '')
      },
      /banyan\.yaml/,
    ],
    [
      'is not YAML',
      (file) => {
        writeFileSync(file, 'bridge: [unclosed\n\tlog: {')
      },
      /banyan\.yaml:\d+/,
    ],
  ])('that %s', async ([, spoil, told], context) => {
    const site = await openSite(context)
    const text = readFileSync(site.bench.configFile, 'utf8')
    spoil(site.bench.configFile)
    const outcome = await site.run('backfill', '--quiet')
    expect(outcome).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(told) as string })
    expect(outcome.stderr).toMatch(/^Error: /)
    writeFileSync(site.bench.configFile, text)
    await site.completes()
  })
})
