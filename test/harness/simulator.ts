/** A listening simulator for one test: closed when the test ends, whatever its outcome. */
import { onTestFinished } from 'vitest'
import { createSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts'

export interface RunningSimulator {
  readonly simulator: Simulator
  /** Base of the API, `http://127.0.0.1:<port>/piwebapi`. */
  readonly url: string
  readonly port: number
}

export async function startSimulator(options: SimulatorOptions = {}): Promise<RunningSimulator> {
  const simulator = createSimulator(options)
  const { url, port } = await simulator.listen()
  onTestFinished(() => simulator.close())
  return { simulator, url, port }
}
