/** A scenario fills a historian. The same seed, scale and time give the same history to the last bit. */
import type { Historian } from '../historian.ts'
import type { Random } from '../random.ts'

export interface ScenarioOptions {
  readonly random: Random
  /** Multiplies the number of samples (or tags, where a scenario is about tags); 1 is the documented size. */
  readonly scale: number
}

export type Scenario = (historian: Historian, options: ScenarioOptions) => void

export const PRIMARY_SERVER = { name: 'BANYANSIM', guid: '6f40df05-d9cd-44f7-8d4a-3cb826d0f97d' }
