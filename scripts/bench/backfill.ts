/** Copying history: how close to a bare producer, how it grows with the history, what many small tags cost. */
import { spawn, type ChildProcess } from 'node:child_process'
import { Workbench, type LogChoice } from '../../test/harness/workbench.ts'
import { measure, median, type Measured } from './measure.ts'
import { MAIN, ROOT } from './site.ts'
import { formatMib, row } from './table.ts'

const ROUNDS = 3
const PARTITIONS = 4

interface Backfill extends Measured {
  readonly samples: number
  readonly seconds: number
  readonly requests: number
}

export async function benchBackfill(brokers: string): Promise<void> {
  await throughput(brokers)
  await growth(brokers)
  await manySmallTags(brokers)
  await simulatorRate()
}

async function throughput(brokers: string): Promise<void> {
  await withSimulator('dense', 0.4, async (url) => {
    const whole: number[] = []
    const bare: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const topicPrefix = `bench-${round}`
      const copied = await backfill(url, { kind: 'kafka', brokers, topicPrefix })
      whole.push(copied.samples / copied.seconds)
      const args = ['--import', 'tsx', `${ROOT}/scripts/bench/bare-loop.ts`, brokers, `${topicPrefix}.bare`]
      const loop = await measure(process.execPath, [...args, String(copied.samples), String(PARTITIONS)], ROOT)
      const { samples, seconds } = JSON.parse(loop.stdout) as { samples: number; seconds: number }
      bare.push(samples / seconds)
    }
    const rate = (values: readonly number[]): string => `${Math.round(median(values) / 1000)} k/s`
    row(
      'whole path (historian → Kafka, transactional) / bare kafkajs loop',
      (median(whole) / median(bare)).toFixed(2),
      '≥ 0.80',
      `${rate(whole)} / ${rate(bare)}`,
    )
  })
}

async function growth(brokers: string): Promise<void> {
  const runs: Backfill[] = []
  for (const [size, scale] of [
    ['small', 0.2],
    ['large', 2],
  ] as const) {
    await withSimulator('dense', scale, async (url) => {
      const rounds = [
        await backfill(url, { kind: 'kafka', brokers, topicPrefix: `grow-${size}-1` }),
        await backfill(url, { kind: 'kafka', brokers, topicPrefix: `grow-${size}-2` }),
      ]
      const best = rounds.toSorted((a, b) => a.seconds - b.seconds)[0]
      if (best !== undefined) runs.push(best)
    })
  }
  const [small, large] = runs
  if (small === undefined || large === undefined) return
  const size = large.samples / small.samples
  row(
    `memory, ${size.toFixed(0)} times the history`,
    (large.peakBytes / small.peakBytes).toFixed(2),
    '< 1.10',
    `${formatMib(small.peakBytes)} → ${formatMib(large.peakBytes)} peak`,
  )
  row(
    `time, ${size.toFixed(0)} times the history`,
    `${(large.seconds / small.seconds / size).toFixed(2)} × linear`,
    '≤ 1.15',
    `${small.seconds.toFixed(1)} s → ${large.seconds.toFixed(1)} s`,
  )
}

async function manySmallTags(brokers: string): Promise<void> {
  await withSimulator('many-small', 1, async (url) => {
    const copied = await backfill(url, { kind: 'kafka', brokers, topicPrefix: 'many-small' })
    row('requests for 1,000 tags of 100 samples', String(copied.requests), '< 100', `${copied.samples} samples`)
  })
}

async function simulatorRate(): Promise<void> {
  await withSimulator('dense', 1, async (url) => {
    const points = (await (await fetch(`${url}/dataservers`)).json()) as { Items: { WebId: string }[] }
    const list = (await (await fetch(`${url}/dataservers/${points.Items[0]?.WebId ?? ''}/points`)).json()) as {
      Items: { WebId: string }[]
    }
    const rows = 100_000
    const span = `startTime=1970-01-01T00:00:00Z&endTime=*&maxCount=${rows}`
    const read = async (webId: string): Promise<string> => {
      const headers = { 'accept-encoding': 'identity' }
      return (await fetch(`${url}/streams/${webId}/recorded?${span}`, { headers })).text()
    }
    const webIds = list.Items.map(({ WebId }) => WebId)
    // Also warms up: the first answer renders cold.
    for (const webId of webIds) {
      const found = (await read(webId)).split('"Timestamp"').length - 1
      if (found !== rows) throw new Error(`expected ${rows} values, got ${found}`)
    }
    const startedMs = performance.now()
    for (let round = 0; round < ROUNDS; round++) for (const webId of webIds) await read(webId)
    const perSecond = (ROUNDS * webIds.length * rows) / ((performance.now() - startedMs) / 1000)
    row(
      'simulated historian, one client',
      `${Math.round(perSecond / 1000)} k values/s`,
      '≥ 300 k/s',
      'so that it is not what is measured',
    )
  })
}

async function backfill(url: string, log: LogChoice): Promise<Backfill> {
  const bench = new Workbench({ url, log, pageSize: 10_000, concurrency: 8, logExtra: ['compression: none'] })
  try {
    const args = [MAIN, 'backfill', '--json', '--quiet', '--config', bench.configFile]
    const measured = await measure(process.execPath, args, bench.folder)
    const { samples, seconds, requests } = JSON.parse(measured.stdout) as Backfill
    return { ...measured, samples, seconds, requests }
  } finally {
    bench.remove()
  }
}

async function withSimulator(scenario: string, scale: number, body: (url: string) => Promise<void>): Promise<void> {
  const script = `${ROOT}/scripts/bench/simulator-process.ts`
  const child = spawn(process.execPath, ['--import', 'tsx', script, scenario, String(scale)], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await body(await firstLine(child))
  } finally {
    child.kill()
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\n')) resolve(text.trim())
    })
    child.on('exit', (code) => {
      reject(new Error(`the simulator ended with ${String(code)}`))
    })
  })
}
