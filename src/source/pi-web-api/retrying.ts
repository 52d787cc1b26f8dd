/** The adapter's retries: which failures of PI Web API pass, and how often a request is tried for them. */
import { messageOf } from '../../domain/errors.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { withRetry } from '../../util/retry.ts'
import { retryAfterOf, retryCost } from './errors.ts'
import { DEFAULT_MAX_ATTEMPTS, DEFAULT_RETRY_DELAY_MS, MAX_RETRY_DELAY_MS } from './options.ts'

export type Retrying = <T>(run: () => Promise<T>, signal: AbortSignal) => Promise<T>

export interface RetryingOptions {
  readonly maxAttempts?: number | undefined
  readonly retryDelayMs?: number | undefined
  readonly logger: Logger
}

/** An error that was given up once is final: retries around retries never multiply. */
export function createRetrying({ maxAttempts, retryDelayMs, logger }: RetryingOptions): Retrying {
  const attempts = maxAttempts ?? DEFAULT_MAX_ATTEMPTS
  const givenUp = new WeakSet<Error>()
  const policy = {
    costOf: (error: unknown) => (error instanceof Error && givenUp.has(error) ? 1 : retryCost(error, attempts)),
    waitAskedMs: retryAfterOf,
    firstDelayMs: retryDelayMs ?? DEFAULT_RETRY_DELAY_MS,
    maxDelayMs: MAX_RETRY_DELAY_MS,
    onRetry: (error: unknown, attempt: number, delayMs: number) =>
      logger.debug({ attempt, delayMs: Math.round(delayMs), error: messageOf(error) }, 'request failed, trying again'),
  }
  return async (run, signal) => {
    try {
      return await withRetry(policy, run, signal)
    } catch (error) {
      if (error instanceof Error) givenUp.add(error)
      throw error
    }
  }
}
