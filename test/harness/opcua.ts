/** An OPC UA double for one test, in front of a historian of its own or of a simulator's: stopped when the test ends. */
import { onTestFinished } from 'vitest'
import type { Historian } from '../../src/simulator/historian.ts'
import { startOpcUaServer, type OpcUaServer, type OpcUaServerOptions } from '../../src/simulator/opcua/server.ts'
import { createSimulator, type SimulatorOptions } from '../../src/simulator/simulator.ts'
import { OpcUaProxy, type OpcUaProxyOptions } from './opcua-proxy.ts'

export interface OpcUaTestOptions extends Omit<OpcUaServerOptions, 'historian'> {
  /** Default: that of a new simulator. */
  readonly historian?: Historian
  /** For the new simulator; default `conformance`. */
  readonly scenario?: SimulatorOptions['scenario']
  readonly seed?: number
  readonly scale?: number
}

export interface RunningOpcUa {
  readonly historian: Historian
  readonly server: OpcUaServer
}

export async function startOpcUa({
  historian,
  scenario,
  seed,
  scale,
  ...options
}: OpcUaTestOptions = {}): Promise<RunningOpcUa> {
  const served =
    historian ?? createSimulator({ scenario: scenario ?? 'conformance', seed: seed ?? 1, scale: scale ?? 1 }).historian
  const server = await startOpcUaServer({ ...options, historian: served })
  onTestFinished(() => server.close())
  return { historian: served, server }
}

/** A proxy in front of a server, for one test: clients connect to `proxy.endpoint`. */
export async function startOpcUaProxy(server: OpcUaServer, options?: OpcUaProxyOptions): Promise<OpcUaProxy> {
  const proxy = await OpcUaProxy.start(server.port, options)
  onTestFinished(() => proxy.stop())
  return proxy
}
