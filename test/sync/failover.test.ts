/**
 * PI Web API taken away and given back, at random, with an OPC UA server that stands in for it. In the end the log says
 * what PI says, sample by sample, every sample once and every correction a revision; and not only because PI was back in
 * time: OPC UA has served.
 *
 * OPC UA says some things differently: a system state has no value there, and a Float16 is a Float.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, type TestContext } from 'vitest'
import { startOpcUaServer, type OpcUaServer } from '../../src/simulator/opcua/server.ts'
import { Random } from '../../src/simulator/random.ts'
import { createSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts'
import { truthOf } from '../../src/simulator/truth.ts'
import { readCurrentTruth, type CurrentTruth } from '../harness/current-truth.ts'
import { Daemon, freeAddress } from '../harness/daemon.ts'
import { compareKeys, keyOfTruth, type Comparison } from '../harness/expected.ts'
import { Workbench, type WorkbenchOptions } from '../harness/workbench.ts'

const LIMIT_MS = 240_000
/** Calls of HistoryRead in an outage. */
const SERVED_AT_LEAST = 10
const SOURCES = ['pi-web-api', 'opcua']

interface Site {
  readonly simulator: Simulator
  readonly opcua: OpcUaServer
  readonly bench: Workbench
  compare(): Promise<{ readonly truth: CurrentTruth; readonly comparison: Comparison; readonly fromOpcUa: number }>
}

async function openSite(
  context: TestContext,
  simulated: SimulatorOptions,
  options: Partial<WorkbenchOptions> = {},
): Promise<Site> {
  const simulator = createSimulator(simulated)
  const { url } = await simulator.listen()
  // The dialect that gives all samples of one time, as PI does.
  const opcua = await startOpcUaServer({ historian: simulator.historian, dialect: 'capped' })
  const bench = new Workbench({
    url,
    log: { kind: 'embedded' },
    pageSize: 100,
    opcua: [
      `endpoint: ${opcua.endpoint}`,
      'role: fallback',
      'security: { mode: None }',
      'identity: { type: anonymous }',
      `nodes: { pattern: 'nsu=${opcua.namespaceUri};s={name}' }`,
      'pageSize: 100',
      'timeout: 5s',
      'limits: { concurrency: 4, requestsPerSecond: 500 }',
      'failover: { after: 1s, back: 1s, overlap: 1s }',
    ],
    ...options,
    piExtra: ['timeout: 5s', ...(options.piExtra ?? [])],
  })
  context.onTestFinished(async () => {
    await Promise.all([simulator.close(), opcua.close()])
    bench.remove()
  })
  const compare: Site['compare'] = async () => {
    const texts = await bench.readLog()
    const truth = readCurrentTruth(texts, SOURCES)
    const rows = truthOf(simulator.historian, { snapshots: true })
    const wanted = Array.from(rows, (row) => keyOfTruth('sim', row, { ord: false }))
    const fromOpcUa = texts.filter((text) => (JSON.parse(text) as { src: string }).src === 'opcua').length
    return { truth, comparison: compareKeys(wanted, truth.keys), fromOpcUa }
  }
  return { simulator, opcua, bench, compare }
}

/** Takes PI away, each time until OPC UA has served for it, and gives it back, until told to stop; then it is there. */
async function weather({ simulator, opcua }: Site, random: Random, signal: AbortSignal): Promise<void> {
  const pause = (ms: number): Promise<void> => sleep(random.below(ms), undefined, { signal })
  try {
    for (;;) {
      simulator.changeSwitches({ outage: random.chance(0.5) ? 503 : 'reset' })
      const served = opcua.counters().historyReads + SERVED_AT_LEAST
      while (opcua.counters().historyReads < served) await sleep(50, undefined, { signal })
      await pause(2_000)
      simulator.changeSwitches({ outage: 0 })
      await pause(3_000)
    }
  } catch (error) {
    if (!signal.aborted) throw error
    simulator.changeSwitches({ outage: 0 })
  }
}

async function untilCopying({ bench }: Site): Promise<void> {
  const hasCopied = async (): Promise<boolean> => (await bench.readLog()).length > 0
  while (!(await hasCopied().catch(() => false))) await sleep(20)
}

it('a backfill ends with the truth of PI, whoever read it', { timeout: LIMIT_MS }, async (context) => {
  const site = await openSite(context, { scenario: 'conformance', seed: 3, scale: 0.2, switches: { latencyMs: 80 } })
  site.opcua.changeSwitches({ latencyMs: 20 })
  const stop = new AbortController()
  const running = site.bench.run(['backfill', '--quiet', '--json', '--log-level', 'error'])
  // A first start needs the catalogue, which is PI's alone.
  await untilCopying(site)
  const living = weather(site, new Random(11), stop.signal)
  const outcome = await running
  stop.abort()
  await living
  expect(outcome.code, outcome.stderr).toBe(0)
  const copied = await site.compare()
  expect(copied.truth.violations).toEqual([])
  expect(copied.fromOpcUa).toBeGreaterThan(100)
  // What OPC UA says differently is corrected by the next sweep, which looks where OPC UA has served.
  const swept = await site.bench.run(['sync', '--once', '--look-back', '1m', '--json', '--log-level', 'error'])
  expect(swept.code, swept.stderr + swept.stdout).toBe(0)
  const { truth, comparison } = await site.compare()
  expect(comparison).toMatchObject({ missing: 0, extra: 0, examples: [] })
  expect(truth.violations).toEqual([])
})

it('a live day ends with the truth of PI, and every seam is closed', { timeout: LIMIT_MS }, async (context) => {
  const listen = await freeAddress()
  const site = await openSite(
    context,
    { scenario: 'empty', seed: 5 },
    {
      listen,
      // No sweep but of what is doubtful: the seams alone have to make the log right.
      sync: ['interval: 1s', 'settle: 1s', "sweeps: [{ cron: '0 0 1 1 *', lookBack: 1h }]", 'hints: false'],
    },
  )
  const { simulator, bench } = site
  const random = new Random(17)
  const { historian } = simulator
  const names = ['FIC101', 'FIC102', 'TIC201', 'SLOW', 'MODE']
  const digitalSet = historian.primary.addEnumerationSet('Modes', ['Off', 'On'])
  for (const name of names) {
    historian.createPoint(name === 'MODE' ? { name, pointType: 'Digital', digitalSet } : { name, pointType: 'Float32' })
  }
  historian.clock.run(1)
  const daemon = Daemon.start(bench, listen, {}, ['--log-level', 'info'])
  context.onTestFinished(async () => {
    if (!daemon.hasEnded) await daemon.kill()
  })
  await daemon.ready()
  const stop = new AbortController()
  const living = weather(site, new Random(23), stop.signal)
  const seen = new Set<string>()
  for (let beat = 0; beat < 80; beat++) {
    for (const name of names) {
      if (name === 'SLOW' && beat % 20 !== 0) continue
      const at = historian.clock.now()
      if (random.chance(0.05)) historian.write(name, at, { system: 254 })
      else historian.write(name, at, name === 'MODE' ? random.below(2) : random.next() * 100)
    }
    await sleep(250)
    const { historians, degraded } = await daemon.status()
    seen.add(historians[0]!.source)
    if (historians[0]!.source === 'opcua') expect(degraded.map(({ reason }) => reason)).toEqual(['on-fallback'])
  }
  stop.abort()
  await living
  expect([...seen].toSorted()).toEqual(['opcua', 'pi-web-api'])
  await daemon.until(
    'through with every seam',
    async () => {
      const [live] = (await daemon.status()).historians
      return (
        live?.source === 'pi-web-api' && live.fallback?.seams === 0 && (await site.compare()).comparison.missing === 0
      )
    },
    120_000,
  )
  expect(await daemon.stop()).toMatchObject({ code: 0, signal: null })
  const { truth, comparison, fromOpcUa } = await site.compare()
  expect(comparison).toMatchObject({ missing: 0, extra: 0, examples: [] })
  expect(truth.violations).toEqual([])
  expect(fromOpcUa).toBeGreaterThan(20)
})
