/** Holding the lease while something runs: taken before, kept alive during, given back after. */
import { isBanyanError, messageOf } from '../domain/errors.ts'
import { LEASE_HEARTBEAT_MS, type Lease } from '../store/lease.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'

/**
 * Runs `body` under the lease. Its signal aborts with BANYAN_LEASE_LOST when another process took the lease over, and
 * with the outer signal's reason. A heartbeat that cannot be written (disk full) is no loss: nobody else can write
 * either.
 */
export async function withLease<T>(
  store: Store,
  holder: string,
  logger: Logger,
  signal: AbortSignal,
  body: (lease: Lease, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lease = store.lease.acquire(holder)
  const lost = new AbortController()
  const heartbeat = setInterval(() => {
    try {
      lease.heartbeat()
    } catch (error) {
      if (isBanyanError(error, 'BANYAN_LEASE_LOST')) lost.abort(error)
      else logger.warn({ component: 'lease', error: messageOf(error) }, 'heartbeat could not be written')
    }
  }, LEASE_HEARTBEAT_MS)
  try {
    return await body(lease, AbortSignal.any([signal, lost.signal]))
  } finally {
    clearInterval(heartbeat)
    try {
      lease.release()
    } catch (error) {
      logger.warn({ component: 'lease', error: messageOf(error) }, 'lease could not be released; it lapses by itself')
    }
  }
}
