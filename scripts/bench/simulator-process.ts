/** A simulated historian in a process of its own, so that it does not share a core with what is measured. */
import { createSimulator } from '../../src/simulator/simulator.ts'
import type { ScenarioName } from '../../src/simulator/scenarios/named.ts'

const [scenario, scale] = process.argv.slice(2)
const simulator = createSimulator({ scenario: scenario as ScenarioName, scale: Number(scale) })
const { url } = await simulator.listen()
console.log(url)
