/** Lanes: work on many items, a bounded number of them at a time. */
import { together } from '../util/abort.ts'

/**
 * Runs `body` for every item, at most `laneCount` at once, taken in order. When one rejects, the others are told to
 * stop and waited for, and its error is thrown.
 */
export async function inLanes<T>(
  items: Iterable<T>,
  laneCount: number,
  body: (item: T, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const waiting = items[Symbol.iterator]()
  const lane = async (shared: AbortSignal): Promise<void> => {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      shared.throwIfAborted()
      await body(next.value, shared)
    }
  }
  await together(
    Array.from({ length: laneCount }, () => lane),
    signal,
  )
}
