/** How much disk a day of 10,000 living tags takes, told from two hours of theirs at sixty times real time. */
import Database from 'better-sqlite3'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NO_SWEEPS, Site } from './site.ts'
import { formatCount, formatMib, row } from './table.ts'

const TAGS = 10_000
/** Of the plant's clock: every tag sends every thousand seconds, so that none has an hour without samples. */
const SAMPLES_PER_SECOND = 10
const RATE = 60
const HOURS = 2
const HOUR_MS = 3_600_000
const DAY_HOURS = 24

export async function benchGrowth(): Promise<void> {
  const site = await Site.open({
    size: { tags: TAGS, historySamples: 1, historyEverySeconds: 1 },
    log: { kind: 'embedded' },
    sync: [NO_SWEEPS, 'hints: false', 'interval: 1s'],
  })
  try {
    await site.start()
    await site.plant({ do: 'live', perSecond: SAMPLES_PER_SECOND, rate: RATE })
    // What every tag has once, it has by then.
    await sleep(HOUR_MS / RATE)
    const before = sizesOf(site)
    await sleep((HOURS * HOUR_MS) / RATE)
    const after = sizesOf(site)
    const perDay = (of: 'store' | 'log'): string => formatMib(((after[of] - before[of]) * DAY_HOURS) / HOURS)
    const detail = `${formatCount(SAMPLES_PER_SECOND * 3_600 * DAY_HOURS)} samples a day`
    row(`${formatCount(TAGS)} tags: growth of the store per day`, perDay('store'), '', detail)
    row(`${formatCount(TAGS)} tags: growth of the embedded log per day`, perDay('log'), '', detail)
  } finally {
    await site.close()
  }
}

/** In bytes, what still stands in the write-ahead log included. */
function sizesOf(site: Site): { readonly store: number; readonly log: number } {
  return { store: sizeOf(join(site.bench.folder, 'banyan.db')), log: sizeOf(site.bench.logFile) }
}

function sizeOf(file: string): number {
  const db = new Database(file, { readonly: true })
  try {
    const pragma = (name: string): number => Number(db.pragma(name, { simple: true }))
    return pragma('page_count') * pragma('page_size')
  } finally {
    db.close()
  }
}
