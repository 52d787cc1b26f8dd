/** A sweep over what has not changed: what it reads, and that it writes nothing. */
import type { LogChoice } from '../../test/harness/workbench.ts'
import { openLogPosition } from './log-position.ts'
import { measure, type Measured } from './measure.ts'
import { MAIN, NO_SWEEPS, Site } from './site.ts'
import { formatCount, formatMib, formatSeconds, row } from './table.ts'

const TAGS = 1_000
const EVERY_SECONDS = 60
const SAMPLES_PER_TAG = (24 * 3_600) / EVERY_SECONDS

interface OnceReport {
  readonly sweptCells: number
  readonly revisions: Readonly<Record<string, number>>
}

export async function benchSweep(brokers: string): Promise<void> {
  const log: LogChoice = { kind: 'kafka', brokers, topicPrefix: 'sweep' }
  const size = { tags: TAGS, historySamples: SAMPLES_PER_TAG, historyEverySeconds: EVERY_SECONDS }
  const site = await Site.open({ size, log, sync: [NO_SWEEPS] })
  try {
    const banyan = (...args: string[]): Promise<Measured> =>
      measure(process.execPath, [MAIN, ...args, '--json', '--quiet', '--config', site.bench.configFile])
    // Standing still: nothing settles between the one sweep and the other.
    await site.plant({ do: 'live', perSecond: 0, rate: 0 })
    await banyan('backfill')
    // The tail's first entries are written here, not by what is measured.
    await banyan('sync', '--once', '--look-back', '1m')
    const position = await openLogPosition(site.bench, log)
    try {
      const [committed, before] = [await position.committed(), await site.plant({ do: 'look' })]
      const startedMs = performance.now()
      const swept = await banyan('sync', '--once', '--look-back', '24h')
      const seconds = (performance.now() - startedMs) / 1000
      const after = await site.plant({ do: 'look' })
      const held = TAGS * SAMPLES_PER_TAG
      const rows = after.rows - before.rows
      const { sweptCells } = JSON.parse(swept.stdout) as OnceReport
      const name = `sweep of 24 h of ${formatCount(TAGS)} unchanged tags`
      row(`${name}: rows read / held`, (rows / held).toFixed(4), '≤ 1', `${formatCount(rows)} of ${formatCount(held)}`)
      row(`${name}: written to the log`, String((await position.committed()) - committed), '0', 'records and markers')
      row(
        `${name}: CPU`,
        formatSeconds(swept.cpuSeconds),
        '',
        `${formatSeconds(seconds)} in all, ${after.requests - before.requests} requests, ${formatCount(sweptCells)} cells, ${formatMib(swept.peakBytes)} peak`,
      )
    } finally {
      await position.close()
    }
  } finally {
    await site.close()
  }
}
