/** 1,000 tags (times scale) of 100 samples each: what a plant of slow signals looks like. */
import { GRID_PER_SECOND, gridFromTicks } from '../grid.ts'
import { PRIMARY_SERVER, type Scenario } from './scenario.ts'

const TAGS = 1000
const SAMPLES_PER_TAG = 100
const STEP_SECONDS = 900

export const manySmall: Scenario = (historian, { random, scale }) => {
  const server = historian.addServer(PRIMARY_SERVER)
  const now = historian.clock.now()
  const start = gridFromTicks(now, 'floor') - SAMPLES_PER_TAG * STEP_SECONDS * GRID_PER_SECOND
  for (let tag = 0; tag < Math.max(1, Math.round(TAGS * scale)); tag++) {
    const spec = { name: `SLOW${String(tag + 1).padStart(5, '0')}`, pointType: 'Float32', pointSource: 'SLOW' } as const
    const { archive } = server.addPoint(spec, now)
    for (let i = 0; i < SAMPLES_PER_TAG; i++) {
      const grid = start + i * STEP_SECONDS * GRID_PER_SECOND + random.below(STEP_SECONDS * GRID_PER_SECOND)
      archive.insert(grid, Math.fround(tag + random.next()))
    }
  }
}
