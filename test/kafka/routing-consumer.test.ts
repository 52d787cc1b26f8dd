/**
 * The consumer program of fixtures/routing-consumer, on a real broker, beside a real daemon and a historian that is
 * written to all the time: sent to the log and back, it consumes every sample exactly once.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Ledger } from '../../src/app/cutover/ledger.ts'
import type { Step } from '../../src/cutover/events.ts'
import { bucketOf } from '../../src/cutover/routing.ts'
import { nextStep, needsRequest } from '../../src/cutover/state.ts'
import { formatTicks, ticks, ticksFromMs } from '../../src/domain/ticks.ts'
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { Daemon, freeAddress } from '../harness/daemon.ts'
import { describeOnKafka, kafkaBrokers, newPrefix, removeTopics } from '../harness/kafka.ts'
import { Workbench } from '../harness/workbench.ts'

const PROGRAM = join(import.meta.dirname, '..', '..', 'fixtures', 'routing-consumer', 'consumer.ts')
const WORKLOAD = 'boiler'
const TAGS = ['FLOW', 'LEVEL', 'PRESSURE']
const SETTLE_MS = 1_000
/** Longer, so that the log is ahead of where the consumer stands when it comes, and the historian behind it when it goes. */
const CONSUMER_SETTLE_MS = 4_000
const FEED_EVERY_MS = 40
/** Every so many samples, two at one time. */
const TIED = 7
const LIMIT_MS = 90_000
const POLL_MS = 50
/** Served at canary 10 %. */
const CONSUMER = Array.from({ length: 1_000 }, (_, i) => `trend-${i}`).find((name) => bucketOf(name, WORKLOAD) < 10)!

interface Consumed {
  readonly tag: string
  readonly ts: string
  readonly value: number
  readonly side: 'historian' | 'log'
}

interface Told {
  readonly event: string
  readonly side?: string
  readonly version?: number | null
}

describeOnKafka('a consumer that follows the routing', () => {
  let prefix: string
  let simulator: Simulator
  let bench: Workbench
  let daemon: Daemon
  let store: Store
  let ledger: Ledger
  let consumer: ChildProcessByStdio<null, Readable, Readable>
  let output: { stdout: string; stderr: string }
  let feed: NodeJS.Timeout
  let fed: number

  beforeEach(async () => {
    prefix = newPrefix()
    simulator = createSimulator({ scenario: 'empty', clock: 'real' })
    for (const name of TAGS) simulator.historian.createPoint({ name, pointType: 'Int32' })
    const { url } = await simulator.listen()
    const from = new Date().toISOString()
    fed = 0
    feed = setInterval(() => feedOnce(), FEED_EVERY_MS)
    const listen = await freeAddress()
    bench = new Workbench({
      ...{ url, listen, from },
      log: { kind: 'kafka', brokers: kafkaBrokers, topicPrefix: prefix },
      sync: ['interval: 1s', `settle: ${SETTLE_MS}ms`, 'catalogue: 1h', 'sweeps: [{ every: 1h, lookBack: 2h }]'],
    })
    appendFileSync(
      bench.configFile,
      `workloads: { ${WORKLOAD}: { tags: ["*"], criticality: C, consumers: [{ name: ${CONSUMER}, staleness: 60s }] } }\n`,
    )
    daemon = Daemon.start(bench, listen)
    await daemon.ready()
    store = openStore(join(bench.folder, 'banyan.db'))
    ledger = new Ledger(store)
    consumer = startConsumer(url, from)
    output = gather(consumer)
  })

  afterEach(async () => {
    clearInterval(feed)
    consumer.kill('SIGKILL')
    if (!daemon.hasEnded) await daemon.kill()
    store.close()
    await simulator.close()
    bench.remove()
    await removeTopics(prefix)
  })

  function feedOnce(): void {
    const at = ticksFromMs(Date.now())
    for (let n = fed % TIED === 0 ? 2 : 1; n > 0; n--) {
      for (const name of TAGS) simulator.historian.insert(name, at, fed)
      fed += 1
    }
  }

  function startConsumer(url: string, from: string) {
    const flags = {
      workload: WORKLOAD,
      consumer: CONSUMER,
      ...{
        brokers: kafkaBrokers,
        prefix,
        url,
        from,
        server: 'BANYANSIM',
        historian: 'sim',
        settle: String(CONSUMER_SETTLE_MS),
      },
    }
    const args = [...Object.entries(flags), ...TAGS.map((tag) => ['tag', tag] as const)].map(
      ([name, value]) => `--${name}=${value}`,
    )
    return spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  }

  function consumed(): Consumed[] {
    return linesOf<Consumed>(output.stdout)
  }

  function told(): Told[] {
    return linesOf<Told>(output.stderr)
  }

  async function until(what: string, isSo: () => boolean): Promise<void> {
    const deadlineMs = performance.now() + LIMIT_MS
    while (!isSo()) {
      if (performance.now() > deadlineMs || consumer.exitCode !== null) {
        throw new Error(
          `not ${what}: ${output.stderr.slice(-2_000)}\n${JSON.stringify(consumed().at(-1))}\n${daemon.outcome.stderr.slice(-2_000)}`,
        )
      }
      await sleep(POLL_MS)
    }
  }

  /** More than so many samples come from the side. */
  async function consumesFrom(side: Consumed['side'], more: number): Promise<void> {
    const before = consumed().length
    const of = (): number =>
      consumed()
        .slice(before)
        .filter((sample) => sample.side === side).length
    await until(`consuming from the ${side}`, () => of() > more)
  }

  /** Steps forward, decided as if every gate had passed: what is decided is not what this is about. */
  function advanceTo({ phase, percent }: Step): number {
    for (;;) {
      const { state, policyHash } = ledger.account(WORKLOAD)
      if (state.phase === phase && state.percent === percent) return state.version
      const step = nextStep(state)!
      const at = formatTicks(ticksFromMs(Date.now()))
      const entry = { workload: WORKLOAD, at, actor: 'tester', policyHash: policyHash! }
      if (needsRequest(step.phase)) {
        const scope = { tags: 1, cells: 1, from: at, until: formatTicks(ticks(ticksFromMs(Date.now()) + 1n)) }
        const historian = { name: 'sim', serverTime: at, clockOffsetMs: 0 }
        ledger.record({
          ...entry,
          action: 'request',
          detail: () => ({ historians: [historian], lookFence: 0, logEnd: [{ partition: 0, offset: '0' }], scope }),
        })
      }
      const recorded = ledger.record({
        ...entry,
        action: 'advance',
        manifestHash: '0'.repeat(64),
        detail: ({ state: { epoch, request } }) => ({
          ...{ to: step.phase, percent: step.percent, epoch, requestId: request?.id ?? null },
          ...{ outcome: 'pass', gates: [{ gate: 'as-of', outcome: 'pass', reasons: [] }], now: at },
        }),
      })
      // The daemon may have taken the same step at the same time.
      if ('kind' in recorded && state.version === ledger.account(WORKLOAD).state.version)
        throw new Error(recorded.reason)
    }
  }

  function rollBack(): number {
    const { policyHash } = ledger.account(WORKLOAD)
    const at = formatTicks(ticksFromMs(Date.now()))
    const entry = { workload: WORKLOAD, at, actor: 'tester', policyHash: policyHash! }
    ledger.record({ ...entry, action: 'rollback', detail: () => ({ cause: 'operator' }) })
    return ledger.account(WORKLOAD).state.version
  }

  it('consumes every sample once, whichever side it is sent to and how often', { timeout: 300_000 }, async () => {
    await until('registered', () => ledger.workloads().includes(WORKLOAD))
    await consumesFrom('historian', 100)
    for (let round = 0; round < 2; round++) {
      const canary = advanceTo({ phase: 'canary', percent: 50 })
      await until('told of the canary', () => told().some((one) => one.event === 'routing' && one.version === canary))
      await consumesFrom('log', 100)
      const live = advanceTo({ phase: 'live', percent: 100 })
      await until('told that it is live', () => told().some(({ version }) => version === live))
      await consumesFrom('log', 50)
      const back = rollBack()
      await until('told of the way back', () => told().some(({ version }) => version === back))
      await consumesFrom('historian', 100)
    }
    clearInterval(feed)
    const total = fed
    await until('done', () => consumed().length >= total * TAGS.length)
    // Whatever is read twice is read soon.
    await sleep(2 * CONSUMER_SETTLE_MS)
    consumer.kill('SIGTERM')

    const everything = Array.from({ length: total }, (_, i) => i)
    for (const tag of TAGS) {
      expect(
        consumed()
          .filter((sample) => sample.tag === tag)
          .map(({ value }) => value),
      ).toEqual(everything)
    }
    const sides = told().flatMap(({ event, side }) => (event === 'side' ? [side] : []))
    expect(sides).toEqual(['historian', 'log', 'historian', 'log', 'historian'])
  })
})

function gather({ stdout, stderr }: ChildProcessByStdio<null, Readable, Readable>) {
  const output = { stdout: '', stderr: '' }
  stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  return output
}

/** Whole lines only: the last one may still be coming. */
function linesOf<T>(text: string): T[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as T)
}
