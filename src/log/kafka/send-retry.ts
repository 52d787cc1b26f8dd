import type { RetryOptions } from 'kafkajs'

/**
 * Right after a commit the broker answers CONCURRENT_TRANSACTIONS for a few ms, and kafkajs then sleeps: with its
 * default of 300 ms small transactions come to a crawl. The number of tries is bounded by our own deadlines instead.
 */
export const SEND_RETRY: RetryOptions = {
  initialRetryTime: 5,
  multiplier: 1.5,
  maxRetryTime: 1_000,
  retries: Number.MAX_SAFE_INTEGER,
  factor: 0.2,
}
