/**
 * Retry: the one place that decides how often and how long to wait between attempts.
 *
 * A call starts with a patience of 1 and every failure costs a part of it; when it is used up the last error is
 * thrown. Costs, unlike a count of attempts, let errors of different weight mix: two cut connections do not use up
 * the three attempts a strange page deserves.
 */
import { ConstantBackoff, handleWhen, retry } from 'cockatiel'
import { reasonOf, sleep } from './abort.ts'

export interface RetryPolicy {
  /** The part of the call's patience this failure costs: 1 or more is never retried, 1/8 allows eight attempts. */
  readonly costOf: (error: unknown) => number
  /** How long the peer asked us to stay away, in milliseconds; 0 when it did not say. */
  readonly waitAskedMs: (error: unknown) => number
  /** Wait before the second attempt; doubles from there, half of it random so that callers spread out. */
  readonly firstDelayMs: number
  /** The longest wait that is ours to choose. */
  readonly maxDelayMs: number
  readonly onRetry: (error: unknown, attempt: number, delayMs: number) => void
}

// Thirds do not add up to 1 exactly.
const PATIENCE = 1 - 1e-9

/** Runs until it succeeds, patience ends or the signal aborts; while waiting, an abort rejects at once. */
export async function withRetry<T>(policy: RetryPolicy, run: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  let spent = 0
  let attempt = 0
  let waitMs = 0
  const worthAnother = handleWhen((error) => {
    if (signal.aborted) return false
    spent += policy.costOf(error)
    if (spent >= PATIENCE) return false
    attempt += 1
    const own = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (attempt - 1))
    waitMs = Math.max((own * (1 + Math.random())) / 2, policy.waitAskedMs(error))
    policy.onRetry(error, attempt, waitMs)
    return true
  })
  // Cockatiel's own back-off cannot be interrupted and would keep the process alive: the wait is ours.
  const attempts = retry(worthAnother, { maxAttempts: Number.POSITIVE_INFINITY, backoff: new ConstantBackoff(0) })
  try {
    return await attempts.execute(async () => {
      if (attempt > 0) await sleep(waitMs, signal)
      return run()
    }, signal)
  } catch (error) {
    throw signal.aborted ? reasonOf(signal) : error
  }
}
