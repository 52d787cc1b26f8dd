/** What every route works on. */
import type { RequestCounters } from './counters.ts'
import type { Historian } from './historian.ts'
import type { LoopWatch } from './loop-watch.ts'
import type { MidwayChanges } from './midway.ts'
import type { Random } from './random.ts'
import type { Switches } from './switches.ts'

export interface ApiContext {
  readonly historian: Historian
  /** As they stand now: ask again in every request. */
  readonly switches: () => Switches
  readonly dice: Random
  readonly counters: RequestCounters
  readonly loop: LoopWatch
  readonly midway: MidwayChanges
  /** The server's clock, in ticks, with the offset it is switched to. */
  readonly now: () => bigint
}
