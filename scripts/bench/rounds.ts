/** What following 10,000 tags costs, when one in a hundred has news in a round, and when none has. */
import type { LogChoice } from '../../test/harness/workbench.ts'
import { openLogPosition } from './log-position.ts'
import { cpuOfNode, median } from './measure.ts'
import { MAIN, NO_SWEEPS, Site, type Stretch } from './site.ts'
import { formatCount, formatSeconds, row } from './table.ts'

const TAGS = 10_000
const INTERVAL_SECONDS = 10
const ROUNDS = 6
/** A hundred tags of ten thousand in an interval of ten seconds. */
const NEWS_PER_SECOND = (TAGS * 0.01) / INTERVAL_SECONDS
/** Ten thousand tags are copied within the first few, on a busy machine too. */
const LOOKS_FOR_REST = 15
/** Until what was sent has settled (30 s) and been read. */
const CALM_SECONDS = 60

export async function benchRounds(brokers: string): Promise<void> {
  await roundsWith({ kind: 'embedded' })
  await roundsWith({ kind: 'kafka', brokers, topicPrefix: 'rounds' })
}

async function roundsWith(log: LogChoice): Promise<void> {
  const site = await Site.open({
    size: { tags: TAGS, historySamples: 1, historyEverySeconds: 1 },
    log,
    sync: [NO_SWEEPS, 'hints: false'],
  })
  try {
    const name = `${formatCount(TAGS)} tags, ${log.kind}`
    const start = await site.start()
    row(
      `${name}: start, CPU`,
      formatSeconds(start.cpuSeconds),
      '',
      `all read once after ${formatSeconds(start.seconds)} and ${start.requests} requests`,
    )
    const position = await openLogPosition(site.bench, log)
    try {
      await idleRounds(site, name, () => position.committed())
    } finally {
      await position.close()
    }
    await busyRounds(site, name)
    await statusOf(site, name)
  } finally {
    await site.close()
  }
}

async function idleRounds(site: Site, name: string, committed: () => Promise<bigint>): Promise<void> {
  const before = await committedAtRest(site, committed)
  const idle = await site.watch(ROUNDS * INTERVAL_SECONDS)
  row(
    `${name}: written to the log by ${idle.rounds} idle rounds`,
    String((await committed()) - before),
    '0',
    'records and transactions',
  )
  rowsOf(idle, `${name}: idle round`)
}

/** The backfill that new tags begin with has to be over first. Who writes in every round never comes to rest. */
async function committedAtRest(site: Site, committed: () => Promise<bigint>): Promise<bigint> {
  for (let look = 0; look < LOOKS_FOR_REST; look++) {
    const before = await committed()
    await site.watch(2 * INTERVAL_SECONDS)
    if ((await committed()) === before) return before
  }
  throw new Error('something is written to the log although nothing happens')
}

async function busyRounds(site: Site, name: string): Promise<void> {
  await site.plant({ do: 'live', perSecond: NEWS_PER_SECOND, rate: 1 })
  await site.watch(CALM_SECONDS)
  rowsOf(await site.watch(ROUNDS * INTERVAL_SECONDS), `${name}: round with news of 1 %`)
}

function rowsOf({ rounds, requests, cpuSeconds, byRoute }: Stretch, name: string): void {
  const routes = Object.entries(byRoute).map(([route, count]) => `${(count / rounds).toFixed(1)} ${route}`)
  row(`${name}, requests`, (requests / rounds).toFixed(1), '≤ 60', routes.join(', '))
  row(`${name}, CPU`, formatSeconds(cpuSeconds / rounds), '≤ 5 s', `all the daemon does in ${INTERVAL_SECONDS} s`)
}

async function statusOf(site: Site, name: string): Promise<void> {
  const cpu: number[] = []
  for (let i = 0; i < 3; i++) cpu.push(await cpuOfNode([MAIN, 'status', '--json', '--config', site.bench.configFile]))
  row(`${name}: banyan status, CPU`, formatSeconds(median(cpu)), '', 'beside the running daemon')
  for (const path of ['/api/status', '/metrics', '/readyz']) {
    const times: number[] = []
    for (let i = 0; i < 5; i++) {
      const startedMs = performance.now()
      await site.daemon.get(path)
      times.push(performance.now() - startedMs)
    }
    row(`${name}: ${path}`, `${median(times).toFixed(0)} ms`, '', 'until answered')
  }
}
