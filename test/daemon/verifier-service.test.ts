/** The continuous verification of a simulated historian, pass by pass, over an embedded log. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { runBackfill } from '../../src/app/backfill.ts'
import { Bridge } from '../../src/app/bridge.ts'
import { LogSession } from '../../src/app/log-session.ts'
import { continuousRunName } from '../../src/app/verify-run.ts'
import { loadConfig } from '../../src/config/load.ts'
import { CurrentTags } from '../../src/daemon/current-tags.ts'
import { surveyParity } from '../../src/daemon/parity-survey.ts'
import { VerifierService, type VerifierServiceParts } from '../../src/daemon/verifier-service.ts'
import { coveredTicks, overlaps, type Coverage } from '../../src/domain/coverage.ts'
import { parseTicks, ticks, type Ticks } from '../../src/domain/ticks.ts'
import { NO_VERDICTS } from '../../src/domain/verdict.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { Store } from '../../src/store/store.ts'
import { type Logger, silentLogger } from '../../src/telemetry/logger.ts'
import { drawnWithin } from '../../src/verify/sample-draw.ts'
import { startSimulator } from '../harness/simulator.ts'

const never = new AbortController().signal
const FROM = parseTicks('2024-05-01T00:00:00.0000000Z')
const UNTIL = parseTicks('2024-05-02T00:00:00.0000000Z')
const HOUR = 36_000_000_000n
const SAMPLES_PER_HOUR = 4
const TAGS = ['FLOW', 'LEVEL']
const AGAIN_MS = 600_000
/** A turn of the summary round is due, and nothing is compared again yet. */
const SUMMARIES_MS = 60_000
/** A day of hours, of each tag. */
const CELLS = 48
/** A difference is looked at again, seconds later, before it is one. */
const SLOW = { timeout: 60_000 }

interface Warning {
  readonly message: string
  readonly tag?: string
}

let simulator: Simulator
let store: Store
let settled: Ticks | undefined
let nowMs: number
let warnings: Warning[]
let parts: VerifierServiceParts
let verifier: VerifierService
/** With further lines of configuration. Opens nothing by itself. */
let bridgeWith: (...lines: string[]) => Bridge

beforeEach(async () => {
  const running = await startSimulator({ scenario: 'empty' })
  simulator = running.simulator
  for (const name of TAGS) {
    simulator.historian.createPoint({ name, pointType: 'Float32' })
    for (let i = 0n; i < 24n * BigInt(SAMPLES_PER_HOUR); i++) {
      simulator.historian.insert(name, FROM + (i * HOUR) / BigInt(SAMPLES_PER_HOUR), Number(i))
    }
  }
  const folder = mkdtempSync(join(tmpdir(), 'banyan-verifier-'))
  const file = join(folder, 'banyan.yaml')
  bridgeWith = (...lines) => {
    const text = [
      'bridge: here',
      'store: ./store.db',
      `historians: { sim: { piWebApi: { url: "${running.url}", dataServer: BANYANSIM, auth: { type: none } } } }`,
      'tags: [{ historian: sim, include: ["*"], backfill: { from: 2024-05-01, until: 2024-05-02 } }]',
      'log: { embedded: { file: ./log.db } }',
      'sync: { repair: report }',
      ...lines,
    ]
    writeFileSync(file, text.join('\n'))
    return new Bridge(loadConfig({ file, environment: {}, workingDirectory: folder }), silentLogger)
  }
  const bridge = bridgeWith()
  const log = await bridge.log()
  await log.create(never)
  const everything = { tags: [], from: undefined, until: undefined, order: undefined, job: undefined }
  await runBackfill(bridge, everything, () => undefined, never)
  store = await bridge.store()
  const lease = store.lease.acquire('test')
  const session = await LogSession.open({ bridge, store, log, lease }, () => undefined, never)
  const tags = new CurrentTags()
  tags.set(store.tags.list('sim').map(({ tag }) => tag))
  warnings = []
  const logger: Logger = {
    ...silentLogger,
    warn: (fields, message) => warnings.push({ ...fields, message }),
  }
  settled = ticks(UNTIL + HOUR)
  nowMs = 0
  parts = {
    bridge,
    source: await bridge.source('sim', 'verify'),
    store,
    log,
    session,
    tags,
    logger,
    settledNow: () => settled,
    clock: () => nowMs,
  }
  verifier = new VerifierService(parts)
  onTestFinished(async () => {
    await session.close()
    await bridge.close()
    rmSync(folder, { recursive: true, force: true })
  })
})

it('proves all equal, once', async () => {
  expect(verifier.parity).toBeUndefined()
  await verifier.pass(never)
  expect(verifier.parity).toMatchObject({ tags: 2, verdicts: { ...NO_VERDICTS, match: CELLS }, mismatchedCount: 0 })
  expect(verifier.parity?.oldestMs).toBeGreaterThan(0)
  nowMs = AGAIN_MS - 1
  await verifier.pass(never)
  expect(verifier.verified).toMatchObject({ cells: CELLS, samples: CELLS * SAMPLES_PER_HOUR })
  expect(warnings).toEqual([])
})

it('compares again after ten minutes, for nobody tells of every change', async () => {
  await verifier.pass(never)
  nowMs = AGAIN_MS
  await verifier.pass(never)
  expect(verifier.verified).toMatchObject({ cells: 2 * CELLS, samples: 2 * CELLS * SAMPLES_PER_HOUR })
})

it('says what it costs the historian, and the store keeps it', async () => {
  await verifier.pass(never)
  const { samples, requests } = verifier.verified
  expect(requests).toBeGreaterThan(0)
  expect(store.verifyRuns.get(continuousRunName('sim'))?.spent).toMatchObject({ rows: samples, requests })
})

it('asks nothing before the first round of the tail', async () => {
  settled = undefined
  await verifier.pass(never)
  expect(verifier.parity).toBeUndefined()
  expect(verifier.verified.requests).toBe(0)
})

it('finds an edit nobody told of, warns once, and says so in the counts', SLOW, async () => {
  await verifier.pass(never)
  simulator.historian.edit('LEVEL', FROM, 0, -1)
  nowMs = AGAIN_MS
  await verifier.pass(never)
  const { verdicts, mismatchedCount, mismatched } = verifier.parity!
  expect(verdicts).toEqual({ ...NO_VERDICTS, match: CELLS - 1, mismatch: 1 })
  expect({ mismatchedCount, mismatched }).toMatchObject({
    mismatchedCount: 1,
    mismatched: [{ name: 'LEVEL', cells: 1 }],
  })
  expect(warnings).toMatchObject([{ name: 'LEVEL', cells: 1 }])
})

it('what was marked as doubtful is compared at once, and nothing else', async () => {
  await verifier.pass(never)
  const { samples } = verifier.verified
  const [tag] = store.tags.list('sim')
  store.dirty.mark(tag!.tag.id, { from: FROM, until: ticks(FROM + HOUR) }, 'hint')
  await verifier.pass(never)
  expect(verifier.parity?.verdicts).toEqual({ ...NO_VERDICTS, match: CELLS })
  expect(verifier.verified.samples).toBe(samples + SAMPLES_PER_HOUR)
})

it('a tag that cannot be read is inconclusive, and leaves the turns to the others', async () => {
  simulator.historian.deletePoint('LEVEL')
  await verifier.pass(never)
  expect(verifier.parity?.verdicts).toEqual({ ...NO_VERDICTS, match: CELLS / 2, inconclusive: CELLS / 2 })
  const { requests } = verifier.verified
  await verifier.pass(never)
  expect(verifier.verified.requests).toBe(requests)
})

it('a pass that is cut off rejects, and what it proved stays', async () => {
  const stop = new AbortController()
  const pass = verifier.pass(stop.signal)
  stop.abort(new DOMException('stop', 'AbortError'))
  await expect(pass).rejects.toThrow('stop')
  await verifier.pass(never)
  expect(verifier.parity?.verdicts).toEqual({ ...NO_VERDICTS, match: CELLS })
})

it('finds an edit nobody told of by its summary, long before it would be compared again', SLOW, async () => {
  await verifier.pass(never)
  const { requests } = verifier.verified
  simulator.historian.edit('LEVEL', FROM, 0, -1)
  nowMs = SUMMARIES_MS
  await verifier.pass(never)
  expect(verifier.verified).toMatchObject({ summarisedCells: 2 * CELLS, summaryNotices: 1 })
  expect(verifier.verified.samples).toBe(CELLS * SAMPLES_PER_HOUR)
  // A call for each tag, or one for both.
  expect(verifier.verified.requests).toBeLessThanOrEqual(requests + TAGS.length)
  await verifier.pass(never)
  expect(verifier.parity).toMatchObject({
    verdicts: { ...NO_VERDICTS, match: CELLS - 1, mismatch: 1 },
    mismatched: [{ name: 'LEVEL', cells: 1 }],
  })
})

it('does not find two values that were swapped by their summary, but by comparing again', SLOW, async () => {
  await verifier.pass(never)
  simulator.historian.edit('LEVEL', FROM, 0, 1)
  simulator.historian.edit('LEVEL', ticks(FROM + HOUR / 4n), 0, 0)
  nowMs = SUMMARIES_MS
  await verifier.pass(never)
  await verifier.pass(never)
  expect(verifier.parity?.verdicts).toEqual({ ...NO_VERDICTS, match: CELLS })
  expect(verifier.verified.summaryNotices).toBe(0)
  nowMs = AGAIN_MS
  await verifier.pass(never)
  expect(verifier.parity?.verdicts).toEqual({ ...NO_VERDICTS, match: CELLS - 1, mismatch: 1 })
})

it('by sample, what is drawn needs to be compared, the rest is left to chance; what is compared all the same counts', async () => {
  const bridge = bridgeWith('parity: { policy: sample, sample: { every: 12 } }')
  const cellsOf = (windows: Coverage): number => Number(coveredTicks(windows) / HOUR)
  const { needs } = await surveyParity({ bridge, store, historian: 'sim' }, never)
  for (const { tag, unchecked, undrawn } of needs) {
    const drawn = drawnWithin({ every: 12, seed: 1 }, tag, [{ from: FROM, until: UNTIL }], HOUR)
    expect(drawn.length).toBeGreaterThan(0)
    // With what lies between two of them, which so few samples do that they are read together.
    expect(unchecked).toEqual([{ from: drawn[0]?.from, until: drawn.at(-1)?.until }])
    expect(cellsOf(undrawn)).toBe(CELLS / 2 - cellsOf(unchecked))
    expect(undrawn.some((window) => overlaps(unchecked, window))).toBe(false)
  }
  verifier = new VerifierService({ ...parts, bridge })
  await verifier.pass(never)
  // Of a site so small, what a pass may leave to chance is all of it.
  expect(verifier.parity?.verdicts).toEqual({ ...NO_VERDICTS, match: CELLS })
})
