/**
 * A site for a bad day: a simulated historian, a user's folder, and the real command. Something is broken, the command
 * says so once and clearly, the cause is mended, and the same command completes with nothing lost and nothing twice.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, type TestContext } from 'vitest'
import { createSimulator, type Simulator, type SimulatorOptions } from '../../../src/simulator/simulator.ts'
import type { TruthRow } from '../../../src/simulator/truth.ts'
import { compareKeys, keyOfRecord, keyOfTruth } from '../../harness/expected.ts'
import { Workbench, type Outcome, type WorkbenchOptions } from '../../harness/workbench.ts'

/** Longer than the settle time, so that all of history may be copied. */
const SETTLE_MS = 60_000

export interface SiteOptions extends Partial<Omit<WorkbenchOptions, 'url'>> {
  /** Default: 20 slow tags of 100 samples. */
  readonly historian?: SimulatorOptions
}

export interface Site {
  readonly simulator: Simulator
  readonly bench: Workbench
  readonly url: string
  /** `banyan <args>` in the site's folder. */
  run(...args: string[]): Promise<Outcome>
  /** Replaces a text of the configuration, which must be there. */
  edit(from: string, to: string): void
  /** The same backfill again; it must end well, with each sample of the historian once in the log. */
  completes(): Promise<void>
  /** Compares historian and log as they are. */
  expectExact(of?: (row: TruthRow) => boolean): Promise<void>
}

export async function openSite({ onTestFinished }: TestContext, options: SiteOptions = {}): Promise<Site> {
  const { historian = { scenario: 'many-small', scale: 0.02 }, log = { kind: 'embedded' }, ...rest } = options
  const simulator = createSimulator(historian)
  const { url } = await simulator.listen()
  const bench = new Workbench({ url, log, ...rest })
  onTestFinished(async () => {
    await simulator.close()
    bench.remove()
  })
  simulator.historian.clock.advance(SETTLE_MS)
  const site: Site = {
    simulator,
    bench,
    url,
    run: (...args) => bench.run(args),
    edit: (from, to) => {
      const text = readFileSync(bench.configFile, 'utf8')
      if (!text.includes(from)) throw new Error(`the configuration does not say "${from}"`)
      writeFileSync(bench.configFile, text.replace(from, to))
    },
    completes: async () => {
      const outcome = await site.run('backfill', '--quiet', '--log-level', 'error')
      expect(outcome).toMatchObject({ code: 0, signal: null, stderr: '' })
      await site.expectExact()
    },
    expectExact: async (of = () => true) => {
      const wanted = [...simulator.truth()].filter(of).map((row) => keyOfTruth('sim', row))
      const found = (await bench.readLog()).map((text) => keyOfRecord(text))
      const comparison = compareKeys(wanted, found)
      expect(comparison).toMatchObject({ missing: 0, extra: 0, examples: [] })
      expect(comparison.expected).toBeGreaterThan(0)
    },
  }
  return site
}

export interface Told {
  readonly code: number | null
  readonly error: string
  readonly hint: string
}

/** What the user was told: exactly one error and one next step, no stack, nothing on stdout. */
export function toldBy(outcome: Outcome): Told {
  const lines = outcome.stderr.split('\n')
  const errors = lines.filter((line) => line.startsWith('Error: '))
  const hints = lines.filter((line) => line.startsWith('Try: '))
  expect(errors, outcome.stderr).toHaveLength(1)
  expect(hints, outcome.stderr).toHaveLength(1)
  expect(outcome.stderr).not.toMatch(/unexpected|defect|^ {4}at /m)
  expect(outcome.stdout).toBe('')
  return {
    code: outcome.code,
    error: (errors[0] ?? '').slice('Error: '.length),
    hint: (hints[0] ?? '').slice('Try: '.length),
  }
}

interface Failure {
  readonly name: string
  readonly code: string
  readonly message: string
  readonly hint?: string
}

/** What a backfill says of its tags when some failed: exit 4, and a next step for each. */
export function failuresOf(outcome: Outcome): readonly Failure[] {
  expect(outcome, outcome.stderr).toMatchObject({ code: 4 })
  const { failures } = JSON.parse(outcome.stdout) as { failures: Failure[] }
  for (const { name, hint } of failures) expect(hint, name).toBeDefined()
  return failures
}

/** Calls `act` once, before the historian answers its `count`-th request for samples. */
export function whenReading(simulator: Simulator, count: number, act: () => void): void {
  let seen = 0
  const stop = simulator.observe(({ segments }) => {
    if (!segments.includes('recorded')) return
    seen += 1
    if (seen < count) return
    stop()
    act()
  })
}
