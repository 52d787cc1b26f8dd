/** IntervalLoop: the beat of a service. */
import { sleep } from '../util/abort.ts'

/**
 * Runs `body` now and then every `intervalMs`, counted from start to start, until the signal aborts: then it rejects
 * with the signal's reason, at once when it was waiting. Never overlaps. A run that took longer is followed at once by
 * the next; beats missed meanwhile, or while the process was stopped, are not made up for. Rejects with what `body`
 * rejects with.
 */
export async function everyInterval(
  intervalMs: number,
  body: () => Promise<void>,
  signal: AbortSignal,
  monotonicMs: () => number = () => performance.now(),
): Promise<never> {
  let dueMs = monotonicMs()
  for (;;) {
    signal.throwIfAborted()
    await body()
    const nowMs = monotonicMs()
    dueMs = Math.max(dueMs + intervalMs, nowMs)
    if (dueMs > nowMs) await sleep(dueMs - nowMs, signal)
  }
}
