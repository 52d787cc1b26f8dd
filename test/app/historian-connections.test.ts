/** A historian with a fallback, from its configuration to the first page: real adapters, simulated servers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { HistorianConnections } from '../../src/app/historian-connections.ts'
import { loadConfig } from '../../src/config/load.ts'
import { parseTicks, ticks } from '../../src/domain/ticks.ts'
import { window } from '../../src/domain/window.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { startOpcUa } from '../harness/opcua.ts'
import { startSimulator } from '../harness/simulator.ts'

async function open(): Promise<{
  readonly connections: HistorianConnections
  readonly simulator: Awaited<ReturnType<typeof startSimulator>>['simulator']
}> {
  const { simulator, url } = await startSimulator({ scenario: 'conformance', scale: 0.1 })
  const { server } = await startOpcUa({ historian: simulator.historian, dialect: 'capped' })
  const folder = mkdtempSync(join(tmpdir(), 'banyan-connections-'))
  const file = join(folder, 'banyan.yaml')
  writeFileSync(
    file,
    `bridge: test
historians:
  sim:
    piWebApi: { url: "${url}", dataServer: BANYANSIM, auth: { type: none } }
    opcua:
      endpoint: "${server.endpoint}"
      role: fallback
      security: { mode: None }
      identity: { type: anonymous }
      nodes: { pattern: "nsu=${server.namespaceUri};s={name}" }
      limits: { requestsPerSecond: 500 }
      failover: { after: 1s, back: 1h }
tags: [{ historian: sim, include: ["*"] }]
log: { embedded: { file: ./log.db } }
`,
  )
  const config = loadConfig({ file, environment: {}, workingDirectory: folder })
  const connections = new HistorianConnections(config.historians[0]!, {
    logger: silentLogger,
    remembered: () => Promise.resolve([]),
    recordSeam: () => Promise.resolve(),
  })
  onTestFinished(async () => {
    await connections.closeSources()
    connections.closeGovernors()
    rmSync(folder, { recursive: true })
  })
  return { connections, simulator }
}

it('the fallback takes over in time although PI asks everybody to wait for an hour', async () => {
  const { connections, simulator } = await open()
  const { source } = await connections.lane('backfill')
  const { signal } = new AbortController()
  const { tags } = await source.catalogue({ include: ['TYPE.FLOAT32'], exclude: [], names: [] }, signal)
  const whole = window(parseTicks('1970-01-01T00:00:00Z'), ticks((await source.probe(signal)).serverTime))
  // Longer than any test may take: without a fallback in time, this one would not end.
  simulator.changeSwitches({ outage: 503, retryAfterSeconds: 3_600 })
  const sources = new Set<string>()
  for await (const page of source.read(tags[0]!, whole, { pageSize: 10_000 }, signal)) sources.add(page.source)
  expect([...sources]).toEqual(['opcua'])
  expect(await source.probe(signal)).toMatchObject({ source: 'opcua' })
})
