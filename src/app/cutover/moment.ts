/**
 * Moment: when a move is asked for, in the clocks and counters of everything that takes part. Whatever was acknowledged
 * before it lies below the end of the log that is read after it, and no look that had begun by the time it is recorded
 * counts as one after it.
 */
import type { HistorianTime, PartitionEnd, RequestDetail } from '../../cutover/as-of-request.ts'
import { formatTicks, ticksFromMs, TICKS_PER_MS } from '../../domain/ticks.ts'
import type { Store } from '../../store/store.ts'
import type { Bridge } from '../bridge.ts'
import type { SelectedTag } from '../selection.ts'
import { askTimes, historiansOf } from './historian-facts.ts'
import { refuse, type Refused } from './outcome.ts'
import { expectedCells, scopeOf } from './scope.ts'

export interface Moment {
  /** By the bridge's clock, RFC 3339. */
  readonly at: string
  readonly historians: readonly HistorianTime[]
  readonly logEnd: readonly PartitionEnd[]
}

interface MomentParts {
  readonly bridge: Bridge
  readonly store: Store
  readonly tags: readonly SelectedTag[]
  readonly clock: () => number
}

/** Rejects when a historian cannot be asked for its time, or the log for its end. */
export async function momentNow({ bridge, store, tags, clock }: MomentParts, signal: AbortSignal): Promise<Moment> {
  const historians = await askTimes(bridge, store, historiansOf(tags), signal)
  const log = await bridge.log()
  const at = formatTicks(ticksFromMs(clock()))
  const logEnd = [...(await log.end(signal))]
    .sort(([a], [b]) => a - b)
    .map(([partition, end]) => ({ partition, offset: end.toString() }))
  return { at, historians, logEnd }
}

/** In the transaction that records it. */
export function requestAt(
  { bridge, store, tags }: MomentParts,
  { historians, logEnd }: Moment,
): RequestDetail | Refused {
  const expected = expectedCells(bridge, store, tags, undefined)
  const scope = scopeOf(expected, BigInt(bridge.config.parity.cellMs) * TICKS_PER_MS)
  if (scope === undefined) return refuse('nothing is expected of its tags', 'Copy its history first.')
  return { historians, lookFence: store.looks.latest(), logEnd, scope }
}

/** For asking whether a request would be taken at all. */
export const NO_REQUEST: RequestDetail = {
  historians: [],
  lookFence: 0,
  logEnd: [],
  scope: { tags: 0, cells: 0, from: '1970-01-01T00:00:00Z', until: '1970-01-01T00:00:00Z' },
}
