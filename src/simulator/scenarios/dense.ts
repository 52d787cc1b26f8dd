/** Four Float32 tags of 250,000 samples each, times scale, about one per second: for measuring throughput. */
import { GRID_PER_SECOND, gridFromTicks } from '../grid.ts'
import { PRIMARY_SERVER, type Scenario } from './scenario.ts'

const TAGS = 4
const SAMPLES_PER_TAG = 250_000

export const dense: Scenario = (historian, { random, scale }) => {
  const server = historian.addServer(PRIMARY_SERVER)
  const now = historian.clock.now()
  const samples = Math.max(1, Math.round(SAMPLES_PER_TAG * scale))
  const start = gridFromTicks(now, 'floor') - (samples + 1) * GRID_PER_SECOND
  for (let tag = 0; tag < TAGS; tag++) {
    const spec = { name: `DENSE${String(tag + 1)}`, pointType: 'Float32', engineeringUnits: 'bar' } as const
    const { archive } = server.addPoint(spec, now)
    for (let i = 0; i < samples; i++) {
      const grid = start + i * GRID_PER_SECOND + random.below(GRID_PER_SECOND)
      archive.insert(grid, Math.fround(50 + 40 * Math.sin(i / 1000) + random.next()))
    }
  }
}
