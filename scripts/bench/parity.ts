/** Parity: what proving costs the historian, the log and whoever reads the report. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bridge } from '../../src/app/bridge.ts'
import { loadConfig } from '../../src/config/load.ts'
import { tagId } from '../../src/domain/tag-id.ts'
import { ticks } from '../../src/domain/ticks.ts'
import { project } from '../../src/project/projector.ts'
import { renderParityPage } from '../../src/report/html/parity-page.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { launchChromium } from '../../test/harness/chromium.ts'
import { reportFixture } from '../../test/harness/report-fixture.ts'
import type { LogChoice } from '../../test/harness/workbench.ts'
import { ReportPages } from '../../test/ui/open-page.ts'
import { measure, median, type Measured } from './measure.ts'
import { MAIN, NO_SWEEPS, Site } from './site.ts'
import { formatCount, formatMib, formatSeconds, row } from './table.ts'

const TAGS = 500
const EVERY_SECONDS = 60
const SAMPLES_PER_TAG = (24 * 3_600) / EVERY_SECONDS
const ROUNDS = 3
/** All that there is, and not the half century of empty cells that the site's configuration begins with. */
const LOOKED_BACK_MS = 2 * 86_400_000
const HOUR = 36_000_000_000n
/** Of the stored state: a month of hours. */
const STORED_TAGS = 1_000
const STORED_CELLS = 720
const REPORT = { seed: 3, tags: 1_000, columns: 400, doubtful: 200 }

const never = new AbortController().signal

export async function benchParity(brokers: string): Promise<void> {
  const log: LogChoice = { kind: 'kafka', brokers, topicPrefix: 'parity' }
  const size = { tags: TAGS, historySamples: SAMPLES_PER_TAG, historyEverySeconds: EVERY_SECONDS }
  const site = await Site.open({ size, log, sync: [NO_SWEEPS] })
  try {
    const banyan = (...args: string[]): Promise<Measured> =>
      measure(process.execPath, [MAIN, ...args, '--json', '--quiet', '--config', site.bench.configFile])
    await site.plant({ do: 'live', perSecond: 0, rate: 0 })
    await banyan('backfill')
    await benchCensus(site, banyan)
    await benchFold(site.bench.configFile)
  } finally {
    await site.close()
  }
  benchStoredState()
  await benchReport()
}

async function benchCensus(site: Site, banyan: (...args: string[]) => Promise<Measured>): Promise<void> {
  const before = await site.plant({ do: 'look' })
  const verified = await banyan('verify', '--from', new Date(Date.now() - LOOKED_BACK_MS).toISOString())
  const after = await site.plant({ do: 'look' })
  const { cells } = JSON.parse(verified.stdout) as { cells: number }
  const held = TAGS * SAMPLES_PER_TAG
  const rows = after.rows - before.rows
  row(
    `census of 24 h of ${formatCount(TAGS)} tags: rows read / held`,
    (rows / held).toFixed(4),
    '≤ 1',
    `${formatCount(rows)} of ${formatCount(held)}, ${after.requests - before.requests} requests, ${formatCount(cells)} cells, ${formatSeconds(verified.cpuSeconds)} CPU, ${formatMib(verified.peakBytes)} peak`,
  )
}

/** In turn: the log read and thrown away, the log read and folded into a store of its own. */
async function benchFold(file: string): Promise<void> {
  const bridge = new Bridge(loadConfig({ file, environment: {}, workingDirectory: tmpdir() }), silentLogger)
  const folder = mkdtempSync(join(tmpdir(), 'banyan-bench-fold-'))
  try {
    const log = await bridge.log()
    const [bare, folded]: [number[], number[]] = [[], []]
    for (let round = 0; round < ROUNDS; round++) {
      const begunMs = performance.now()
      let records = 0
      for await (const page of log.read(await log.begin(never), await log.end(never), never)) {
        records += page.records.length
      }
      const readMs = performance.now()
      bare.push(records / (readMs - begunMs))
      const store = openStore(join(folder, `${round}.db`))
      const result = await project(log, store, { cellWidth: HOUR }, never)
      folded.push(result.records / (performance.now() - readMs))
      store.close()
    }
    const [ours, theirs] = [median(folded), median(bare)]
    row(
      'folding the log / reading it',
      (ours / theirs).toFixed(2),
      '≥ 0.60, or 300 k/s',
      `${ours.toFixed(0)} k/s / ${theirs.toFixed(0)} k/s, Kafka, ${formatCount(TAGS * SAMPLES_PER_TAG)} records`,
    )
  } finally {
    await bridge.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function benchStoredState(): void {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-bench-state-'))
  const store = openStore(join(folder, 'store.db'))
  try {
    const window = { from: ticks(0n), until: ticks(BigInt(STORED_CELLS) * HOUR) }
    const tags = Array.from({ length: STORED_TAGS }, (_, i) => tagId('pi', i))
    proveEqual(store, tags, window)
    const times = Array.from({ length: ROUNDS }, () => {
      const begunMs = performance.now()
      const asked = tags.map((tag) => ({ tag, expected: window, covered: [window], settled: window.until }))
      let match = 0
      for (const { verdicts } of store.parity.read({ rules: 'rules', width: HOUR }, asked)) match += verdicts.match
      if (match !== STORED_TAGS * STORED_CELLS) throw new Error(`${match} cells are equal`)
      return (performance.now() - begunMs) / 1000
    })
    const cells = formatCount(STORED_TAGS * STORED_CELLS)
    row(
      `verdict of ${cells} unchanged cells from the store`,
      formatSeconds(median(times)),
      '< 2 s',
      `${STORED_TAGS} tags`,
    )
  } finally {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Every cell has records, and was found equal. */
function proveEqual(store: Store, tags: readonly ReturnType<typeof tagId>[], window: { from: bigint }): void {
  const cells = Array.from({ length: STORED_CELLS }, (_, i) => {
    const start = ticks(window.from + BigInt(i) * HOUR)
    const offsets = { first: BigInt(i * 60), last: BigInt(i * 60 + 59) }
    return { start, count: 60, sum: BigInt(i) << 100n, records: 60, offsets, minTicks: start, maxTicks: start }
  })
  store.write(() => {
    store.cells.reset(HOUR)
    store.cells.apply(tags.map((tag) => ({ tag, partition: 0, puts: STORED_CELLS * 60, cells, deletions: [] })))
  })
  const found = cells.map(({ start, sum }) => ({
    start,
    verdict: 'match' as const,
    seen: { epoch: 60, digest: { count: 60, sum } },
  }))
  const windows = [{ from: ticks(0n), until: ticks(BigInt(STORED_CELLS) * HOUR) }]
  const look = store.looks.begin('rules')
  store.verdicts.record(
    look,
    tags.map((tag) => ({ tag, windows, outcome: 'compared' as const, cells: found })),
    HOUR,
  )
}

async function benchReport(): Promise<void> {
  const report = reportFixture(REPORT)
  const name = `report of ${formatCount(REPORT.tags)} tags × ${REPORT.columns} days`
  const megabytes = Buffer.byteLength(renderParityPage(report)) / 1e6
  row(`${name}: size`, `${megabytes.toFixed(1)} MB`, '< 15 MB', 'one HTML file')
  const pages = new ReportPages(await launchChromium())
  try {
    const times: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const { page } = await pages.open(report)
      times.push(await page.evaluate<number>('performance.getEntriesByType("navigation")[0].loadEventEnd'))
      await page.close()
    }
    row(`${name}: opens in Chromium`, formatSeconds(median(times) / 1000), '< 3 s', 'until loaded')
  } finally {
    await pages.close()
  }
}
