/**
 * `npm run bench`: what the README says about speed, measured. Every figure is a ratio or a count within one run; the
 * rounds of things that are compared are interleaved, so that a busy machine slows both.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { cpuOfNode, measure, median, type Measured } from './bench/measure.ts'
import { startKafka } from './kafka/broker.ts'

const ROOT = join(import.meta.dirname, '..')
const MAIN = join(ROOT, 'dist', 'cli', 'main.js')
const ROUNDS = 3
const PARTITIONS = 4
const ROWS: [string, string, string, string][] = []

interface Backfill extends Measured {
  readonly samples: number
  readonly seconds: number
  readonly requests: number
}

const kafka = await startKafka()
try {
  await throughput()
  await growth()
  await manySmallTags()
  await simulatorRate()
  await startup()
} finally {
  await kafka.stop()
}
print()

async function throughput(): Promise<void> {
  await withSimulator('dense', 0.4, async (url) => {
    const whole: number[] = []
    const bare: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const copied = await backfill(url, kafkaLog(`bench-${String(round)}`))
      whole.push(copied.samples / copied.seconds)
      const topic = `bench-${String(round)}.bare`
      const args = ['--import', 'tsx', join(ROOT, 'scripts/bench/bare-loop.ts'), kafka.brokers, topic]
      const loop = await measure(process.execPath, [...args, String(copied.samples), String(PARTITIONS)], ROOT)
      const { samples, seconds } = JSON.parse(loop.stdout) as { samples: number; seconds: number }
      bare.push(samples / seconds)
    }
    const rate = (values: readonly number[]): string => `${Math.round(median(values) / 1000).toString()} k/s`
    const ratio = median(whole) / median(bare)
    row(
      'whole path (historian → Kafka, transactional) / bare kafkajs loop',
      ratio.toFixed(2),
      '≥ 0.80',
      `${rate(whole)} / ${rate(bare)}`,
    )
  })
}

async function growth(): Promise<void> {
  const runs: Backfill[] = []
  for (const scale of [0.2, 2]) {
    await withSimulator('dense', scale, async (url) => {
      const rounds = [
        await backfill(url, kafkaLog(`grow-${String(scale)}-1`)),
        await backfill(url, kafkaLog(`grow-${String(scale)}-2`)),
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
    `${mib(small)} → ${mib(large)} peak`,
  )
  row(
    `time, ${size.toFixed(0)} times the history`,
    `${(large.seconds / small.seconds / size).toFixed(2)} × linear`,
    '≤ 1.15',
    `${small.seconds.toFixed(1)} s → ${large.seconds.toFixed(1)} s`,
  )
}

async function manySmallTags(): Promise<void> {
  await withSimulator('many-small', 1, async (url) => {
    const copied = await backfill(url, kafkaLog('small'))
    row(
      'requests for 1,000 tags of 100 samples',
      String(copied.requests),
      '< 100',
      `${copied.samples.toString()} samples`,
    )
  })
}

async function simulatorRate(): Promise<void> {
  await withSimulator('dense', 1, async (url) => {
    const points = (await (await fetch(`${url}/dataservers`)).json()) as { Items: { WebId: string }[] }
    const list = (await (await fetch(`${url}/dataservers/${points.Items[0]?.WebId ?? ''}/points`)).json()) as {
      Items: { WebId: string }[]
    }
    const rows = 100_000
    const span = `startTime=1970-01-01T00:00:00Z&endTime=*&maxCount=${rows.toString()}`
    const read = async (webId: string): Promise<string> => {
      const headers = { 'accept-encoding': 'identity' }
      return (await fetch(`${url}/streams/${webId}/recorded?${span}`, { headers })).text()
    }
    const webIds = list.Items.map(({ WebId }) => WebId)
    // Also warms up: the first answer renders cold.
    for (const webId of webIds) {
      const found = (await read(webId)).split('"Timestamp"').length - 1
      if (found !== rows) throw new Error(`expected ${rows.toString()} values, got ${found.toString()}`)
    }
    const startedMs = performance.now()
    for (let round = 0; round < ROUNDS; round++) for (const webId of webIds) await read(webId)
    const perSecond = (ROUNDS * webIds.length * rows) / ((performance.now() - startedMs) / 1000)
    row(
      'simulated historian, one client',
      `${Math.round(perSecond / 1000).toString()} k values/s`,
      '≥ 300 k/s',
      'so that it is not what is measured',
    )
  })
}

async function startup(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-bench-'))
  const config = writeConfig(folder, 'http://127.0.0.1:1/piwebapi', kafkaLog('none'))
  for (const args of [['--help'], ['config', 'check', '--config', config]]) {
    const seconds: number[] = []
    for (let round = 0; round < ROUNDS; round++) seconds.push(await cpuOfNode([MAIN, ...args]))
    row(
      `banyan ${args[0] === '--help' ? '--help' : 'config check'}, CPU`,
      `${median(seconds).toFixed(2)} s`,
      '< 0.5 s',
      'user and system',
    )
  }
  rmSync(folder, { recursive: true, force: true })
}

async function backfill(url: string, log: readonly string[]): Promise<Backfill> {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-bench-'))
  try {
    const config = writeConfig(folder, url, log)
    const measured = await measure(
      process.execPath,
      [MAIN, 'backfill', '--json', '--quiet', '--config', config],
      folder,
    )
    const { samples, seconds, requests } = JSON.parse(measured.stdout) as Backfill
    return { ...measured, samples, seconds, requests }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function kafkaLog(prefix: string): string[] {
  return [
    '  kafka:',
    `    brokers: ["${kafka.brokers}"]`,
    `    topicPrefix: ${prefix}`,
    `    partitions: ${String(PARTITIONS)}`,
    '    replicationFactor: 1',
    '    compression: none',
  ]
}

function writeConfig(folder: string, url: string, log: readonly string[]): string {
  const file = join(folder, 'banyan.yaml')
  const lines = [
    'bridge: bench',
    'store: ./banyan.db',
    'historians:',
    '  sim:',
    '    piWebApi:',
    `      url: ${url}`,
    '      dataServer: BANYANSIM',
    '      auth: { type: none }',
    '      limits: { requestsPerSecond: 500 }',
    'tags:',
    '  - { historian: sim, include: ["*"], backfill: { from: 1970-01-01 } }',
    'log:',
    ...log,
    '',
  ]
  writeFileSync(file, lines.join('\n'))
  return file
}

async function withSimulator(scenario: string, scale: number, body: (url: string) => Promise<void>): Promise<void> {
  const script = join(ROOT, 'scripts/bench/simulator-process.ts')
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

function mib({ peakBytes }: Measured): string {
  return `${(peakBytes / 1024 / 1024).toFixed(0)} MiB`
}

function row(what: string, measured: string, wanted: string, detail: string): void {
  ROWS.push([what, measured, wanted, detail])
  console.error(`${what}: ${measured} (wanted ${wanted}; ${detail})`)
}

function print(): void {
  const kernel = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim().split('-')[0] ?? ''
  const machine = `${availableParallelism().toString()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30).toString()} GiB, Linux ${kernel}, Node ${process.version}`
  console.log(`Measured ${new Date().toISOString().slice(0, 10)} with \`npm run bench\` on ${machine}.\n`)
  console.log('| what | measured | wanted | detail |')
  console.log('| --- | --- | --- | --- |')
  for (const cells of ROWS) console.log(`| ${cells.join(' | ')} |`)
}
