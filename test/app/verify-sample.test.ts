/** A verification by sample, end to end: a simulated historian, an embedded log, and what the report makes of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { runBackfill } from '../../src/app/backfill.ts'
import { Bridge } from '../../src/app/bridge.ts'
import { knownSelection } from '../../src/app/known-selection.ts'
import { buildParityReport } from '../../src/app/parity-report.ts'
import { runRepair } from '../../src/app/repair.ts'
import { runVerify } from '../../src/app/verify.ts'
import { parityExit } from '../../src/cli/commands/verify.ts'
import { loadConfig } from '../../src/config/load.ts'
import { parseTagId } from '../../src/domain/tag-id.ts'
import { parseTicks, type Ticks } from '../../src/domain/ticks.ts'
import { headlineOf } from '../../src/report/headline.ts'
import type { ParityReport } from '../../src/report/model.ts'
import { findContradictions } from '../../src/report/soundness.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { drawnWithin } from '../../src/verify/sample-draw.ts'
import { startSimulator } from '../harness/simulator.ts'

const never = new AbortController().signal
const FROM = parseTicks('2024-01-01T00:00:00Z')
const DAYS = 40n
const HOUR = 36_000_000_000n
const TAGS = ['FLOW', 'LEVEL']
/** Enough for windows that are drawn to be read apart from each other. */
const SAMPLES_PER_HOUR = 40n
const CELLS = 2 * 24 * Number(DAYS)
const EVERYTHING = { tags: [], from: undefined, until: undefined }
/** A difference is looked at again, seconds later, before it is one. */
const SLOW = { timeout: 120_000 }
/** Of 192 windows drawn all equal: 1.6 %. */
const ASKED = 'sample, sample: { every: 10, seed: 1, maxRate: 0.02 }'

let simulator: Simulator
let folder: string
let url: string

beforeEach(async () => {
  const running = await startSimulator({ scenario: 'empty' })
  simulator = running.simulator
  url = running.url
  for (const name of TAGS) {
    simulator.historian.createPoint({ name, pointType: 'Float32' })
    for (let i = 0n; i < 24n * DAYS * SAMPLES_PER_HOUR; i++) {
      simulator.historian.insert(name, FROM + (i * HOUR) / SAMPLES_PER_HOUR, Number(i))
    }
  }
  folder = mkdtempSync(join(tmpdir(), 'banyan-sample-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  await asking(ASKED, async (bridge) => {
    await (await bridge.log()).create(never)
    await runBackfill(bridge, { ...EVERYTHING, order: undefined, job: undefined }, () => undefined, never)
  })
})

/** With a policy of its own, over the same store and log. */
async function asking<T>(policy: string, body: (bridge: Bridge) => Promise<T>): Promise<T> {
  const file = join(folder, 'banyan.yaml')
  writeFileSync(
    file,
    [
      'bridge: here',
      'store: ./store.db',
      `historians: { sim: { piWebApi: { url: "${url}", dataServer: BANYANSIM, auth: { type: none } } } }`,
      'tags: [{ historian: sim, include: ["*"], backfill: { from: 2024-01-01, until: 2024-02-10 } }]',
      'log: { embedded: { file: ./log.db } }',
      `parity: { policy: ${policy} }`,
    ].join('\n'),
  )
  const bridge = new Bridge(loadConfig({ file, environment: {}, workingDirectory: folder }), silentLogger)
  try {
    return await body(bridge)
  } finally {
    await bridge.close()
  }
}

/** What the verification says, and what a report made later says of the same. */
async function verify(policy = ASKED): Promise<{ now: ParityReport; later: ParityReport }> {
  return asking(policy, async (bridge) => {
    const options = { ...EVERYTHING, historian: undefined, depth: 'log' as const }
    const { report: now } = await runVerify(bridge, '0', options, () => undefined, never)
    const store = await bridge.store()
    const selection = knownSelection(store, bridge.config.tags)
    const later = buildParityReport(bridge, store, { version: '0', scope: options, selection })
    for (const one of [now, later]) expect(findContradictions(one)).toEqual([])
    return { now, later }
  })
}

function placeOf(name: string, isDrawn: boolean, seed = 1): Ticks {
  const tag = parseTagId(`sim/${simulator.historian.point(name).id}`)
  const all = [{ from: FROM, until: (FROM + DAYS * 24n * HOUR) as Ticks }]
  const drawn = new Set(drawnWithin({ every: 10, seed }, tag, all, HOUR).map(({ from }) => from))
  for (let at = FROM; ; at = (at + HOUR) as Ticks) if (drawn.has(at) === isDrawn) return at
}

/** As `banyan repair` with the plan of the report. */
async function mend(name: string, at: Ticks): Promise<void> {
  const tag = parseTagId(`sim/${simulator.historian.point(name).id}`)
  const windows = new Map([[tag, [{ from: at, until: (at + HOUR) as Ticks }]]])
  const { verdicts } = await asking(ASKED, async (bridge) =>
    runRepair(bridge, { windows, acceptDeletions: false }, () => undefined, never),
  )
  expect(verdicts).toMatchObject({ match: 1, mismatch: 0 })
}

describe('a sample', () => {
  it('looks at what is drawn only, says what that bounds, and calls nothing else equal', async () => {
    const { now, later } = await verify()
    for (const report of [now, later]) {
      const { match, pending } = report.totals.verdicts
      expect(match + pending).toBe(CELLS)
      const { drawn = 0 } = report.sample ?? {}
      expect(report.sample).toMatchObject({ every: 10, seed: 1, windows: CELLS, equal: drawn, open: 0 })
      // And what lay between two of them that were close together.
      expect(match).toBeGreaterThanOrEqual(drawn)
      expect(match).toBeLessThan(CELLS / 3)
      expect(report.sample?.rate).toBeCloseTo(0.0155, 3)
      expect(headlineOf(report)).toMatchObject({ state: 'equal-by-sample', title: 'Sampled, nothing differs' })
      expect(headlineOf(report).sentence).toMatch(
        /At most 15,\d{3} of a million windows differ, with 95 % certainty, as of .* 1,\d{3} windows were not compared/,
      )
      expect(parityExit(report)).toBe(0)
    }
    expect(now.spend.rows).toBe(now.totals.verdicts.match * Number(SAMPLES_PER_HOUR))
  })

  it('that is smaller than the bound asked for takes proves nothing', async () => {
    const { now } = await verify('sample, sample: { every: 10, maxRate: 0.001 }')
    expect([parityExit(now), headlineOf(now).state]).toEqual([4, 'not-proven'])
    expect(headlineOf(now).next).toContain('smaller "parity.sample.every"')
    const { now: few } = await verify('sample, sample: { every: 1000 }')
    expect(few.sample?.rate).toBeUndefined()
    expect(headlineOf(few).sentence).toContain('is unknown')
    expect(parityExit(few)).toBe(4)
  })

  it('does not forget a difference because it was mended where it was drawn', SLOW, async () => {
    const at = placeOf('LEVEL', true)
    simulator.historian.edit('LEVEL', at, 0, -1)
    const { now } = await verify()
    expect(now.sample).toMatchObject({ different: 1 })
    expect([parityExit(now), headlineOf(now).state]).toEqual([3, 'not-equal'])
    await mend('LEVEL', at)
    for (const report of Object.values(await verify())) {
      expect(report.totals.verdicts.mismatch).toBe(0)
      expect(report.sample).toMatchObject({ different: 1, open: 0 })
      expect([parityExit(report), headlineOf(report).state]).toEqual([4, 'not-proven'])
      expect(headlineOf(report).next).toContain('another "parity.sample.seed"')
    }
    const redrawn = 'sample, sample: { every: 10, seed: 2, maxRate: 0.02 }'
    expect(parityExit((await verify(redrawn)).now)).toBe(0)
    // Going back to the first draw is no way out.
    expect(parityExit((await verify()).now)).toBe(4)
  })

  it('is blind to what it did not draw, and not to what is known already', SLOW, async () => {
    const at = placeOf('FLOW', false)
    simulator.historian.edit('FLOW', at, 0, -1)
    expect(parityExit((await verify()).now)).toBe(0)
    expect(parityExit((await verify('census')).now)).toBe(3)
    const { now } = await verify()
    expect([parityExit(now), now.totals.verdicts.mismatch, now.sample?.different]).toEqual([3, 1, 0])
  })

  it('of which all was compared all the same is as good as a census, and no better', async () => {
    await verify('census')
    const { now, later } = await verify()
    expect(headlineOf(now).state).toBe('equal-by-sample')
    expect(headlineOf(later).state).toBe('equal')
  })
})
