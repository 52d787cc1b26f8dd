/** A plant that sends 5,000 samples a second, on and on: does the bridge keep up, and does its memory stay? */
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogChoice } from '../../test/harness/workbench.ts'
import { costOf, median } from './measure.ts'
import { NO_SWEEPS, Site } from './site.ts'
import { formatCount, formatMib, formatSeconds, row } from './table.ts'

const TAGS = 5_000
const SAMPLES_PER_SECOND = 5_000
const SETTLE_SECONDS = 30
const INTERVAL_SECONDS = 10
const LAG_LIMIT_SECONDS = SETTLE_SECONDS + 2 * INTERVAL_SECONDS
/** Not so often that looking is part of the load. */
const LOOK_EVERY_MS = 2_000
const MINUTE_MS = 60_000
/** Until the last samples have settled and been read. */
const REST_LIMIT_MS = 180_000
/** Below this there is no second minute to compare the last one with. */
const MEMORY_FROM_MINUTES = 3

interface Look {
  readonly atMs: number
  readonly residentBytes: number
  readonly lagP99Ms: number
}

export async function benchSteady(brokers: string, minutes: number): Promise<void> {
  await steadyWith({ kind: 'embedded' }, minutes)
  await steadyWith({ kind: 'kafka', brokers, topicPrefix: 'steady' }, minutes)
}

async function steadyWith(log: LogChoice, minutes: number): Promise<void> {
  const size = { tags: TAGS, historySamples: 1, historyEverySeconds: 1 }
  const site = await Site.open({
    size,
    log,
    sync: [NO_SWEEPS, `settle: ${SETTLE_SECONDS}s`, `interval: ${INTERVAL_SECONDS}s`],
  })
  try {
    await site.start()
    const { pid } = await site.daemon.status()
    await site.plant({ do: 'live', perSecond: SAMPLES_PER_SECOND, rate: 1 })
    const cpuBefore = costOf(pid).cpuSeconds
    const looks = await lookFor(site, pid, minutes * MINUTE_MS)
    const cpuSeconds = costOf(pid).cpuSeconds - cpuBefore
    const { sent } = await site.plant({ do: 'live', perSecond: 0, rate: 1 })
    await site.daemon.until('complete', async () => (await samplesOf(site)) === sent, REST_LIMIT_MS)
    const name = `${formatCount(SAMPLES_PER_SECOND)} samples/s for ${minutes} min, ${log.kind}`
    lagRow(name, looks)
    if (minutes >= MEMORY_FROM_MINUTES) memoryRow(name, looks, minutes)
    row(
      `${name}: CPU`,
      `${((100 * cpuSeconds) / (minutes * 60)).toFixed(0)} % of a core`,
      '',
      `all ${formatCount(sent)} samples of ${formatCount(TAGS)} tags copied`,
    )
  } finally {
    await site.close()
  }
}

async function lookFor(site: Site, pid: number, forMs: number): Promise<Look[]> {
  const looks: Look[] = []
  const startedMs = performance.now()
  for (let atMs = 0; atMs < forMs; atMs = performance.now() - startedMs) {
    const lag = (await site.daemon.status()).historians[0]?.lag
    looks.push({ atMs, residentBytes: costOf(pid).residentBytes, lagP99Ms: lag?.p99Ms ?? Infinity })
    await sleep(LOOK_EVERY_MS)
  }
  return looks
}

async function samplesOf(site: Site): Promise<number> {
  return (await site.daemon.status()).historians[0]?.samples ?? 0
}

/** The worst of all looks: each is the lag that one tag in a hundred exceeds at that moment. */
function lagRow(name: string, looks: readonly Look[]): void {
  const lags = looks.map(({ lagP99Ms }) => lagP99Ms / 1000)
  const worst = lags.reduce((a, b) => Math.max(a, b))
  const bound = `≤ ${LAG_LIMIT_SECONDS} s`
  row(`${name}: lag p99, worst`, formatSeconds(worst), bound, `median ${formatSeconds(median(lags))}`)
}

function memoryRow(name: string, looks: readonly Look[], minutes: number): void {
  const inMinute = (minute: number): number =>
    median(looks.flatMap(({ atMs, residentBytes }) => (Math.floor(atMs / MINUTE_MS) === minute ? [residentBytes] : [])))
  const second = inMinute(1)
  const last = inMinute(Math.ceil(minutes) - 1)
  const detail = `${formatMib(second)} → ${formatMib(last)} resident`
  row(`${name}: memory, last minute / second`, (last / second).toFixed(2), '≤ 1.10', detail)
}
